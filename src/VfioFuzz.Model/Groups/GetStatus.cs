using VfioFuzz.Programs;

namespace VfioFuzz.Model.Groups;

/// <summary>VFIO_GROUP_GET_STATUS (type1-semantics 7.1).</summary>
internal static class GetStatus
{
    private const uint Least = 8;

    private const ulong Viable = 1;
    private const ulong ViableInContainer = 3;

    /// <summary>
    /// A group of this machine is viable always: its one device is bound to a vfio driver, and nobody else claims the DMA of the group.
    /// </summary>
    public static Outcome Run(in Step step)
    {
        var argument = step.Operation.Argument;
        if (!argument.IsReadable)
            return Outcome.Fails(Errno.EFAULT, RuleId.ArgumentFault);
        if (argument.Size < Least)
            return Outcome.Fails(Errno.EINVAL, RuleId.ArgumentSize);
        ref var device = ref step.State.Devices[step.State.Files[step.Call.File - 1].Target];
        if (GroupLock.IsTaken(step, device))
            return Outcome.Waits(RuleId.GroupLockWaits);
        if (!argument.IsWritable)
            return Outcome.Fails(Errno.EFAULT, RuleId.GroupStatusCopy);
        return Outcome.Ok(RuleId.GroupStatus, device.ContainerPlusOne == 0 ? Viable : ViableInContainer);
    }
}
