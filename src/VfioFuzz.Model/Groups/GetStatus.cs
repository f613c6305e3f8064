using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Groups;

/// <summary>VFIO_GROUP_GET_STATUS (type1-semantics 7.1).</summary>
internal static class GetStatus
{
    private const uint Least = 8;

    private const ulong Viable = 1;
    private const ulong InContainer = 2;

    /// <summary>A group is viable unless a driver of the host is beside the one of vfio.</summary>
    public static Outcome Run(in Step step)
    {
        var argument = step.Operation.Argument;
        if (!argument.IsReadable)
            return Outcome.Fails(Errno.EFAULT, RuleId.GroupStatusCopyIn);
        if (argument.Size < Least)
            return Outcome.Fails(Errno.EINVAL, RuleId.GroupStatusArgsz);
        ref var device = ref step.State.Devices[step.State.Files[step.Call.File - 1].Target];
        if (GroupLock.IsTaken(step, device))
            return Outcome.Waits(RuleId.GroupLockWaits);
        if (device.Leaving >= Leaving.Gone)
            return Outcome.Fails(Errno.ENODEV, RuleId.GroupGone);
        if (!argument.IsWritable)
            return Outcome.Fails(Errno.EFAULT, RuleId.GroupStatusCopy);
        var container = device.ContainerPlusOne == 0 ? 0 : InContainer;
        return device.HasBoundSibling
            ? Outcome.Ok(RuleId.GroupStatusNotViable, container)
            : Outcome.Ok(RuleId.GroupStatus, Viable | container);
    }
}
