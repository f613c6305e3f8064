using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Groups;

/// <summary>
/// The unbind of a device from its driver: vfio_unregister_group_dev (type1-semantics 7.2). It waits for the device's last close, interruptible
/// once, so that who is killed in it does not die of it; then the device goes, and with it the group, that has no other.
/// </summary>
internal static class Unbinding
{
    public static Outcome Run(in Step step)
    {
        var number = (int)step.Operation.A;
        ref var device = ref step.State.Devices[number];
        ref var phase = ref step.Call.Phase;
        if (phase == Phase.Start)
            return Start(step, ref device, number);
        if (phase == Phase.Joining)
            return device.Leaving == Leaving.Unbound ? Outcome.Ok(RuleId.Unbind) : Outcome.Waits(RuleId.UnbindWaits);
        switch (device.Leaving)
        {
            case Leaving.Waiting when device.Users > 1:
                return Outcome.Waits(RuleId.UnbindWaits);
            case Leaving.Waiting or Leaving.Unlisted:
                device.Leaving++;
                return Outcome.More;
            case Leaving.Gone:
                device.Leaving = Leaving.Unbound;
                return Outcome.Ok(RuleId.Unbind);
            default:
                return RemoveGroup(step, ref device, number);
        }
    }

    /// <summary>
    /// Whether GET_DEVICE_FD finds the device by its name. Where it stays listed while the unbind waits, who finds it open already opens it once more.
    /// </summary>
    public static bool IsListed(in Step step, in Device device) =>
        device.Leaving == Leaving.None
        || device.Leaving == Leaving.Waiting && device.Users > 1 && !step.Dialect.UnlistsFirst
            && (step.Dialect.ListsWhileUnbinding || !step.Contract.Either());

    /// <summary>device_driver_detach: who finds the device bound waits for its lock, and succeeds although there is nothing left to do.</summary>
    private static Outcome Start(in Step step, ref Device device, int number)
    {
        if (step.Contract.World.Device(number).Kind == DeviceKind.Absent || device.Leaving == Leaving.Unbound)
            return Outcome.Fails(Errno.ENODEV, RuleId.Unbind);
        if (!step.Dialect.LocksGroups)
        {
            step.Contract.Exceed("unbind: how releases to v5.19 take a group apart is not modelled");
            return Outcome.Undecided;
        }
        step.Call.Phase = device.Leaving == Leaving.None ? Phase.Locked : Phase.Joining;
        if (device.Leaving == Leaving.None)
            device.Leaving = Leaving.Waiting;
        return Outcome.More;
    }

    /// <summary>vfio_device_remove_group: a container that the group has is left as by UNSET_CONTAINER.</summary>
    private static Outcome RemoveGroup(in Step step, ref Device device, int number)
    {
        if (step.Call.Phase == Phase.Locked)
        {
            if (GroupLock.IsTaken(step, device))
                return Outcome.Waits(RuleId.GroupLockWaits);
            GroupLock.Take(step, ref device);
            step.Call.Phase = Phase.ContainerLocked;
            return Outcome.More;
        }
        if (device.ContainerPlusOne != 0)
        {
            if (!Attachment.CanDetach(ref step.State, number, out var reason))
                return Outcome.Waits(reason);
            Attachment.Detach(step.Contract, ref step.State, number);
        }
        GroupLock.Drop(step, ref device);
        device.Leaving = Leaving.Gone;
        return Outcome.More;
    }
}
