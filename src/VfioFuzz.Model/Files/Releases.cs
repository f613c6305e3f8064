using VfioFuzz.Model.Groups;
using VfioFuzz.Model.Pinning;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Files;

/// <summary>
/// What the last reference of a file sets off, one critical section at a time, in the call that dropped it (type1-semantics 7.2,
/// 5.6). The order of several files is <see cref="ReleaseQueue"/>'s.
/// </summary>
internal static class Releases
{
    /// <summary>One section of the release under way; <see cref="OutcomeStatus.Waits"/> when it cannot go on now.</summary>
    public static Outcome Advance(in Step step)
    {
        ref var call = ref step.Call;
        var file = call.Releases.Current();
        ref readonly var released = ref step.State.Files[file];
        var outcome = released.Kind switch
        {
            FileKind.Container => ReleaseContainer(step, released.Target),
            FileKind.Group => ReleaseGroup(step, released.Target),
            _ => ReleaseDevice(step, released.Target),
        };
        if (outcome.Status == OutcomeStatus.Returned)
        {
            call.ReleasePhase = Phase.Start;
            call.Releases.RemoveCurrent();
            return Outcome.More;
        }
        return outcome;
    }

    /// <summary>vfio_fops_release: tells the instance, which lives on while groups are attached.</summary>
    private static Outcome ReleaseContainer(in Step step, int number)
    {
        var plusOne = step.State.Containers[number].InstancePlusOne;
        if (plusOne == 0)
            return Outcome.Ok(RuleId.Close);
        ref var instance = ref step.State.Instances[plusOne - 1];
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        instance.ContainerOpen = false;
        VaddrWait.WakeAll(ref step.State, plusOne - 1);
        return Outcome.Ok(RuleId.Close);
    }

    /// <summary>vfio_group_fops_release: no device of it is open any more.</summary>
    private static Outcome ReleaseGroup(in Step step, int number)
    {
        ref var device = ref step.State.Devices[number];
        if (step.Call.ReleasePhase == Phase.Start)
        {
            if (device.LockOwner != 0)
                return Outcome.Waits(RuleId.GroupLockWaits);
            if (device.ContainerPlusOne != 0 && !Attachment.CanDetach(ref step.State, number, out _))
            {
                device.LockOwner = step.Owner;
                step.Call.ReleasePhase = Phase.Locked;
                return Outcome.More;
            }
        }
        if (device.ContainerPlusOne != 0)
        {
            if (!Attachment.CanDetach(ref step.State, number, out var reason))
                return Outcome.Waits(reason);
            Attachment.Detach(step.Contract, ref step.State, number);
            device.LockOwner = 0;
        }
        device.OpenedFile = 0;
        return Outcome.Ok(RuleId.Close);
    }

    /// <summary>
    /// vfio_device_fops_release under the group's lock: the driver stops its worker, drops its pins, and only then is the device
    /// unregistered (5.6).
    /// </summary>
    private static Outcome ReleaseDevice(in Step step, int number)
    {
        ref var state = ref step.State;
        ref var device = ref state.Devices[number];
        ref var phase = ref step.Call.ReleasePhase;
        switch (phase)
        {
            case Phase.Start:
                if (device.LockOwner != 0)
                    return Outcome.Waits(RuleId.GroupLockWaits);
                device.LockOwner = step.Owner;
                if (device.OpenCount > 1 || !Attachment.IsEmulated(step.Contract, number))
                    return Closed(step, number);
                StopWorker(step, number);
                phase = Phase.StoppingWorker;
                return Outcome.More;
            case Phase.StoppingWorker:
                if (state.Calls[Limits.UserTasksMax + number].Active)
                    return Outcome.Waits(RuleId.CloseWaits);
                device.IsDriverOpen = device.Stopping = false;
                phase = Phase.DroppingPins;
                return Outcome.More;
            case Phase.DroppingPins:
                if (!Driver.CanUnpin(ref state, number) || !Driver.TryLock(step, number))
                    return Outcome.Waits(RuleId.CloseWaits);
                Driver.DropAll(step, number);
                Driver.Unlock(step, number);
                phase = Phase.Registering;
                return Outcome.More;
            case Phase.Unassigning:
                return Unassign(step, number);
            default:
                var outcome = Registration.Change(step, number, registers: false);
                return outcome.HasReturned ? Closed(step, number) : outcome;
        }
    }

    /// <summary>
    /// A kthread is told to stop and woken once (kthread_stop); a kworker is only waited for (flush_work). The driver takes no more work
    /// from here on; while its worker is busy it may say that in place of being closed.
    /// </summary>
    private static void StopWorker(in Step step, int number)
    {
        ref var device = ref step.State.Devices[number];
        ref var work = ref step.State.Calls[Limits.UserTasksMax + number];
        device.IsDriverOpen = device.Stopping = work.Active;
        if (work.Active && step.Contract.World.Device(number).By == DriverContext.Kthread)
            work.Woken = true;
    }

    /// <summary>The group's lock is dropped, and taken once more to end the device's use of the group.</summary>
    private static Outcome Closed(in Step step, int number)
    {
        ref var device = ref step.State.Devices[number];
        device.OpenCount--;
        device.LockOwner = 0;
        step.Call.ReleasePhase = Phase.Unassigning;
        return Outcome.More;
    }

    /// <summary>vfio_device_unassign_container, and with it goes the reference that kept the group's file.</summary>
    private static Outcome Unassign(in Step step, int number)
    {
        ref var device = ref step.State.Devices[number];
        if (device.LockOwner != 0)
            return Outcome.Waits(RuleId.GroupLockWaits);
        device.Users--;
        FileTable.Put(ref step.State, device.OpenedFile - 1, ref step.Call);
        return Outcome.Ok(RuleId.Close);
    }
}
