using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Pinning;

/// <summary>The driver's ioctls on a device fd, the work of its worker, and the device's own accesses.</summary>
internal static class DriverCalls
{
    /// <summary>pin, unpin or dma_rw by the calling thread or, on a worker's task, by the worker.</summary>
    public static Outcome Run(in Step step, int device) => step.Operation.Kind switch
    {
        OperationKind.Pin or OperationKind.SubmitPin => PinPages.Run(step, device),
        OperationKind.Unpin or OperationKind.SubmitUnpin => UnpinPages.Run(step, device),
        _ => DmaRw.Run(step, device),
    };

    /// <summary>Hands the line to the worker, which will answer it.</summary>
    public static Outcome Submit(in Step step)
    {
        ref var state = ref step.State;
        var device = (int)step.Operation.A;
        if (!TakesWork(step, device))
            return Outcome.Fails(Errno.ENODEV, RuleId.SubmitState);
        var worker = Limits.UserTasksMax + device;
        if (state.Calls[worker].Active)
            return Outcome.Fails(Errno.EBUSY, RuleId.SubmitState);
        state.Calls[worker] = new Call { Active = true, Line = step.Call.Line };
        state.ActiveCalls |= (ushort)(1 << worker);
        return Outcome.Handed;
    }

    /// <summary>The worker's step: on EFAULT its driver may say to try again (DriverOnFault).</summary>
    public static Outcome Work(in Step step)
    {
        var device = step.Task - Limits.UserTasksMax;
        var outcome = Run(step, device);
        if (!outcome.HasReturned || outcome.Answer.Errno != Errno.EFAULT)
            return outcome;
        var spec = step.Contract.World.Device(device);
        ref var call = ref step.Call;
        if (spec.OnFault != DriverOnFault.Retry || call.Progress >= spec.RetryCount)
            return outcome;
        call = new Call { Active = true, Line = call.Line, Progress = (byte)(call.Progress + 1) };
        return Outcome.More;
    }

    public static Outcome Join(in Step step)
    {
        var device = (int)step.Operation.A;
        if (step.Call.Phase == Phase.Start && !TakesWork(step, device))
            return Outcome.Fails(Errno.ENODEV, RuleId.SubmitState);
        if (!step.State.Calls[Limits.UserTasksMax + device].Active || step.Call.Fatal)
            return Outcome.Ok(RuleId.Join);
        if (step.Call.Phase == Phase.Joining)
            return Outcome.Waits(RuleId.Join);
        step.Call.Phase = Phase.Joining;
        return Outcome.More;
    }

    /// <summary>
    /// A driver that is being closed takes no more work. While its worker is still busy it may say either that or that it is busy.
    /// </summary>
    private static bool TakesWork(in Step step, int device) =>
        HasWorker(step, device) && !(step.State.Devices[device].Stopping && step.Contract.Either());

    private static bool HasWorker(in Step step, int device)
    {
        var spec = step.Contract.World.Device(device);
        return spec.Kind == DeviceKind.Mdev && spec.By != DriverContext.Caller && step.State.Devices[device].IsDriverOpen;
    }
}
