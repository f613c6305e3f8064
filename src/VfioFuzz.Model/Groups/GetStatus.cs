using VfioFuzz.Programs;

namespace VfioFuzz.Model.Groups;

/// <summary>VFIO_GROUP_GET_STATUS (type1-semantics 7.1).</summary>
internal static class GetStatus
{
    private const ulong Viable = 1;
    private const ulong ContainerSet = 2;

    /// <summary>
    /// A group of this machine is viable always: its one device is bound to a vfio driver, and nobody else claims the DMA of the group.
    /// </summary>
    public static Outcome Run(in Step step)
    {
        ref var device = ref step.State.Devices[step.State.Files[step.Call.File - 1].Target];
        if (device.LockOwner != 0)
            return Outcome.Waits(RuleId.GroupLockWaits);
        return Outcome.Ok(RuleId.GroupStatus, device.ContainerPlusOne == 0 ? Viable : Viable | ContainerSet);
    }
}
