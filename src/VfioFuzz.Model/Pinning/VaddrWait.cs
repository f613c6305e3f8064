using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Pinning;

/// <summary>vfio_wait of the blocking dialects (type1-semantics 5.5): asleep without the mutex, everything else still held.</summary>
internal static class VaddrWait
{
    /// <summary>
    /// Goes to sleep, whatever happened before: the exit conditions are tested only after waking, but for what
    /// <see cref="Dialect.CloseEndsWaits"/> says.
    /// </summary>
    public static Outcome Sleep(in Step step, int instance)
    {
        ref var call = ref step.Call;
        if (step.Dialect.CloseEndsWaits && (IsStopping(step) || !step.State.Instances[instance].ContainerOpen))
            return Outcome.Fails(Errno.EFAULT, RuleId.PinWoken);
        call.CloseFlagged = false;
        call.Phase = Phase.WaitingForVaddr;
        call.WaitInstance = (byte)instance;
        call.Woken = false;
        return Outcome.More;
    }

    /// <summary>
    /// Whether the sleeper may run: woken, or killed (TASK_KILLABLE; kernel threads get no signals), with the mutex to be had.
    /// </summary>
    public static bool MayWake(in Step step)
    {
        ref var call = ref step.Call;
        return (call.Woken || call.Fatal) && step.State.Instances[call.WaitInstance].MutexOwner == 0;
    }

    /// <summary>The three exit conditions, evaluated by the one that woke: EFAULT.</summary>
    public static bool GivesUp(in Step step) =>
        step.Call.Fatal || step.Call.CloseFlagged || !step.State.Instances[step.Call.WaitInstance].ContainerOpen || IsStopping(step);

    /// <summary>MAP+VADDR, removal of an invalid mapping, last close of the container file: wake_up_all.</summary>
    public static void WakeAll(ref ModelState state, int instance)
    {
        foreach (ref var call in (Span<Call>)state.Calls)
            if (call.Phase == Phase.WaitingForVaddr && call.WaitInstance == instance)
                call.Woken = true;
    }

    /// <summary>A device file goes: whoever sleeps for the device is flagged and woken; who comes later is not.</summary>
    public static void FlagWaitersOf(ref ModelState state, int device)
    {
        for (var task = 0; task < Limits.TasksMax; task++)
        {
            ref var call = ref state.Calls[task];
            if (call.Phase == Phase.WaitingForVaddr && IsFor(state, task, device))
                call.CloseFlagged = call.Woken = true;
        }
    }

    private static bool IsFor(in ModelState state, int task, int device)
    {
        if (task >= Limits.UserTasksMax)
            return task - Limits.UserTasksMax == device;
        ref readonly var file = ref state.Files[state.Calls[task].File - 1];
        return file.Kind == FileKind.Device && file.Target == device;
    }

    /// <summary>kthread_should_stop: only a driver's own thread can be stopped; a kworker never is (deadlocks F4).</summary>
    private static bool IsStopping(in Step step)
    {
        if (!step.IsWorker)
            return false;
        var device = step.Task - Limits.UserTasksMax;
        return step.State.Devices[device].Stopping
            && (step.Dialect.CloseEndsWaits || step.Contract.World.Device(device).By == DriverContext.Kthread);
    }
}
