using VfioFuzz.Model.Files;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Groups;

/// <summary>open of a group, and UNSET_CONTAINER.</summary>
internal static class GroupCalls
{
    /// <summary>vfio_group_fops_open: one opener (type1-semantics 7.1).</summary>
    public static Outcome Open(in Step step)
    {
        ref var state = ref step.State;
        var number = (int)step.Operation.A;
        ref var device = ref state.Devices[number];
        // Who has found the node that an unbind is about to take away comes to a group without drivers.
        if (device.Leaving is Leaving.Unlisted or Leaving.Unnamed && step.Contract.Either())
            return Outcome.Fails(Errno.ENODEV, RuleId.NoDevice);
        if (step.Contract.World.Device(number).Kind == DeviceKind.Absent || device.Leaving >= Leaving.Unnamed)
            return Outcome.Fails(Errno.ENOENT, RuleId.NoDevice);
        if (GroupLock.IsTaken(step, device))
            return Outcome.Waits(RuleId.GroupLockWaits);
        // Devices that outlive their group's file keep its container (7.2, up to v5.15), and the group stays in use.
        if (device.OpenedFile != 0 || device.ContainerPlusOne != 0)
            return Outcome.Fails(Errno.EBUSY, RuleId.GroupOpen);
        var file = FileTable.Open(ref state, FileKind.Group, number);
        device.OpenedFile = (byte)(file + 1);
        FileTable.Install(ref state, ref step.Process, step.Operation.At, file, step.Operation.CloseOnExec);
        return Outcome.Ok(RuleId.GroupOpen);
    }

    /// <summary>VFIO_GROUP_UNSET_CONTAINER (7.1): refused while a device is open.</summary>
    public static Outcome Unset(in Step step)
    {
        ref var call = ref step.Call;
        var number = step.State.Files[call.File - 1].Target;
        ref var device = ref step.State.Devices[number];
        if (call.Phase == Phase.Start)
        {
            if (GroupLock.IsTaken(step, device))
                return Outcome.Waits(RuleId.GroupLockWaits);
            // Without a container there is no user either; and none is left while another call takes the group out of it.
            if (device.Users == 0)
                return Outcome.Fails(Errno.EINVAL, RuleId.DetachState);
            if (device.Users != 1)
                return Outcome.Fails(Errno.EBUSY, RuleId.DetachState);
            device.Users = 0;
            GroupLock.Take(step, ref device);
            call.Phase = Phase.Locked;
            return WithGroupLock(step, number).AfterProgress();
        }
        return WithGroupLock(step, number);
    }

    private static Outcome WithGroupLock(in Step step, int number)
    {
        if (!Attachment.CanDetach(ref step.State, number, out var reason))
            return Outcome.Waits(reason);
        Attachment.Detach(step.Contract, ref step.State, number);
        GroupLock.Drop(step, ref step.State.Devices[number]);
        return Outcome.Ok(RuleId.Detach);
    }
}
