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
            if (GroupLock.IsTaken(step, device))
                return Outcome.Waits(RuleId.GroupLockWaits);
            if (DropsLastUser(step, ref device))
                GroupLock.Take(step, ref device);
            if (!TryDissolve(step, number, out _))
                return Outcome.More;
        }
        else if (!TryDissolve(step, number, out var reason))
        {
            return Outcome.Waits(reason);
        }
        device.OpenedFile = 0;
        return Outcome.Ok(RuleId.Close);
    }

    /// <summary>
    /// vfio_group_try_dissolve_container: one user of the container less. The last one of a group dissolves the link; while devices keep
    /// the group's file there is one at most when that is released.
    /// </summary>
    private static bool DropsLastUser(in Step step, ref Device device)
    {
        if (device.Users == 0 || --device.Users != 0)
            return false;
        step.Call.ReleasePhase = Phase.Locked;
        return true;
    }

    /// <summary>False while a lock that the detach needs is taken; nothing to do when the container has users left.</summary>
    private static bool TryDissolve(in Step step, int number, out RuleId reason)
    {
        ref var device = ref step.State.Devices[number];
        reason = RuleId.None;
        if (step.Call.ReleasePhase != Phase.Locked)
            return true;
        if (!Attachment.CanDetach(ref step.State, number, out reason))
            return false;
        Attachment.Detach(step.Contract, ref step.State, number);
        GroupLock.Drop(step, ref device);
        return true;
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
            case Phase.Start when step.Dialect.CloseWakesWaiters && Attachment.IsEmulated(step.Contract, number):
                var instance = Driver.InstanceOf(ref state, number);
                if (state.Instances[instance].MutexOwner != 0)
                    return Outcome.Waits(RuleId.MutexWaits);
                VaddrWait.FlagWaitersOf(ref state, number);
                phase = Phase.Notified;
                return Outcome.More;
            case Phase.Start or Phase.Notified:
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
            case Phase.Locked:
                return TryDissolve(step, number, out var reason) ? Outcome.Ok(RuleId.Close) : Outcome.Waits(reason);
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
        if (work.Active && (step.Dialect.CloseEndsWaits || step.Contract.World.Device(number).By == DriverContext.Kthread))
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

    /// <summary>vfio_device_unassign_container, and with it goes the reference that kept the group's file, or the container.</summary>
    private static Outcome Unassign(in Step step, int number)
    {
        ref var device = ref step.State.Devices[number];
        if (step.Dialect.DeviceKeepsGroupFile)
            return PutGroupFile(step, ref device);
        return !DropsLastUser(step, ref device) || TryDissolve(step, number, out _) ? Outcome.Ok(RuleId.Close) : Outcome.More;
    }

    private static Outcome PutGroupFile(in Step step, ref Device device)
    {
        if (GroupLock.IsTaken(step, device))
            return Outcome.Waits(RuleId.GroupLockWaits);
        device.Users--;
        FileTable.Put(ref step.State, device.OpenedFile - 1, ref step.Call);
        return Outcome.Ok(RuleId.Close);
    }
}
