using VfioFuzz.Model.Containers;
using VfioFuzz.Model.Files;
using VfioFuzz.Model.Groups;
using VfioFuzz.Model.Mappings;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.Pinning;
using VfioFuzz.Model.Processes;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>
/// Begins calls, advances them by one critical section, and ends them: the transition relation over (state, pending calls). What a call
/// does is said by the file of its kind.
/// </summary>
internal static class Dispatcher
{
    /// <summary>
    /// Starts <paramref name="line"/>. What the harness or the fd table refuses is answered at once; every other call becomes pending
    /// (<see cref="OutcomeStatus.More"/>).
    /// </summary>
    public static Outcome Begin(Contract contract, ref ModelState state, int line)
    {
        ref readonly var operation = ref contract.OperationOf(line);
        if (operation.Task.Value >= Limits.UserTasksMax)
            return Outcome.NotRun;
        var step = new Step(contract, ref state, operation.Task.Value, operation);
        ref var process = ref step.Process;
        ref var call = ref step.Call;
        if (call.Active)
            return process.Life == Life.Alive || contract.Either() ? Outcome.Busy : Outcome.NotRun;
        if (process.Life != Life.Alive || (process.GoneThreads >> operation.Task.Thread & 1) != 0)
            return Outcome.NotRun;
        var refused = Addressed(step, ref call);
        // Refused at once; but a slot that was to be filled is kept for as long as that takes, and the thread may be killed before it answers.
        var isSeen = refused.Answer.Kind == AnswerKind.Returned && FileTable.Fills(operation.Kind) || (contract.LinesKilled >> line & 1) != 0;
        if (refused.HasReturned && !isSeen)
            return refused;
        call.Line = (byte)line;
        if (refused.HasReturned)
        {
            call.Phase = Phase.Refused;
            Keep(ref call, refused);
        }
        call.Active = true;
        call.IsExit = operation.Kind == OperationKind.Exit
            || (operation.Kind == OperationKind.Kill && operation.A == step.ProcessNumber);
        state.ActiveCalls |= (ushort)(1 << step.Task);
        return Outcome.More;
    }

    /// <summary>One critical section of the task's call, its releases included; the last one ends the call.</summary>
    public static Outcome Advance(Contract contract, ref ModelState state, int task)
    {
        ref var call = ref state.Calls[task];
        if (call.Line == Call.NoLine)
            return AdvanceDying(new Step(contract, ref state, task, default));
        var step = new Step(contract, ref state, task, contract.OperationOf(call.Line));
        if (call.Phase == Phase.Returning)
            return call.Fatal ? End(step, Outcome.Ok(RuleId.Killed)) : Outcome.Waits(RuleId.Killed);
        if (!call.Releases.IsEmpty)
        {
            var released = Releases.Advance(step);
            if (released.Status != OutcomeStatus.More || !call.Releases.IsEmpty || !call.HasResult)
                return released;
            return End(step, Kept(call));
        }
        if (call.Phase == Phase.Refused)
            return End(step, Kept(call));
        if (task >= Limits.UserTasksMax)
        {
            var worked = DriverCalls.Work(step);
            return worked.HasReturned ? End(step, worked) : worked;
        }
        if (IsKilledBefore(step))
            return Return(step, Outcome.Ok(RuleId.Killed));
        var outcome = Run(step);
        if (outcome.Status == OutcomeStatus.Handed)
            Forget(step);
        return outcome.HasReturned ? Return(step, outcome) : outcome;
    }

    /// <summary>A thread that is killed in a line may not have come to its call, or the call may have looked for signals first.</summary>
    private static bool IsKilledBefore(in Step step) =>
        step.Call.Fatal && step.Call.Phase == Phase.Start && step.Contract.Either();

    private static void Forget(in Step step)
    {
        step.Call = default;
        step.State.ActiveCalls &= (ushort)~(1 << step.Task);
    }

    /// <summary>The call is done but for the files it held: a last reference is released before the call returns.</summary>
    private static Outcome Return(in Step step, Outcome outcome)
    {
        ref var call = ref step.Call;
        if (call.File != 0)
            FileTable.Put(ref step.State, call.File - 1, ref call);
        if (call.OtherFile != 0)
            FileTable.Put(ref step.State, call.OtherFile - 1, ref call);
        call.File = call.OtherFile = 0;
        if (call.Releases.IsEmpty)
            return End(step, outcome);
        Keep(ref call, outcome);
        return Outcome.More;
    }

    private static void Keep(ref Call call, in Outcome outcome)
    {
        call.HasResult = true;
        call.ResultKind = outcome.Answer.Kind;
        call.Result = outcome.Answer.Errno;
        call.Value = outcome.Answer.Value;
        call.ResultRule = (byte)outcome.Rule;
    }

    private static Outcome Kept(in Call call) => new(OutcomeStatus.Returned, (RuleId)call.ResultRule, Result(call));

    private static Answer Result(in Call call) => new(call.ResultKind, call.Result, call.Value);

    private static Outcome End(in Step step, Outcome outcome)
    {
        if ((step.Contract.LinesKilled >> step.Call.Line & 1) != 0 && !step.Call.Fatal && !step.IsWorker)
        {
            step.Call.Phase = Phase.Returning;
            return Outcome.More;
        }
        var (isFatal, isExit) = (step.Call.Fatal, step.Call.IsExit);
        Forget(step);
        if (!isFatal)
            return outcome;
        ExitKill.StartDying(ref step.State, step.ProcessNumber);
        return isExit ? outcome : new Outcome(OutcomeStatus.Returned, RuleId.Killed, Answer.Killed);
    }

    private static Outcome AdvanceDying(in Step step)
    {
        if (!step.Call.Releases.IsEmpty)
            return Releases.Advance(step);
        var outcome = ExitKill.Die(step);
        if (!outcome.HasReturned)
            return outcome;
        Forget(step);
        return Outcome.More;
    }

    /// <summary>
    /// Looks the call's files up and refers to them (fdget), as its kind says; answers what an empty slot, an occupied target or a
    /// file of another type answers.
    /// </summary>
    private static Outcome Addressed(in Step step, ref Call call)
    {
        ref readonly var operation = ref step.Operation;
        if (FileTable.Fills(operation.Kind) && !FileTable.IsFree(step) || operation.Kind == OperationKind.Fork && ForkExec.IsUnderway(step))
            return Outcome.NotRun;
        var wanted = Target.Of(operation.Kind, step.Dialect);
        if (wanted == TargetKind.None)
            return Outcome.More;
        var file = FileTable.At(step.Process, operation.Slot);
        if (file < 0)
            return Outcome.Fails(Errno.EBADF, RuleId.EmptySlot);
        ref readonly var found = ref step.State.Files[file];
        var refused = Target.Refusal(step, wanted, found);
        if (refused.HasReturned)
            return refused;
        // What these two do before they take a lock is done with the files at hand.
        var begun = operation.Kind switch
        {
            OperationKind.Attach => SetContainer.Begin(step, found.Target),
            OperationKind.GetDevice => GetDevice.Begin(step),
            _ => Outcome.More,
        };
        if (begun.HasReturned)
            return begun;
        call.File = (byte)(file + 1);
        step.State.Files[file].References++;
        return Outcome.More;
    }

    private static Outcome Run(in Step step) => step.Operation.Kind switch
    {
        OperationKind.OpenContainer => FileCalls.OpenContainer(step),
        OperationKind.OpenGroup => GroupCalls.Open(step),
        OperationKind.GetDevice => GetDevice.Run(step),
        OperationKind.Close => FileCalls.Close(step),
        OperationKind.Dup => FileCalls.Dup(step),
        OperationKind.FileCall => FileCalls.Access(step),
        OperationKind.Attach => SetContainer.Run(step),
        OperationKind.Detach => GroupCalls.Unset(step),
        OperationKind.SetIommu => SetIommu.Run(step),
        OperationKind.CheckExtension => CheckExtension.Run(step),
        OperationKind.GetInfo => GetInfo.Run(step),
        OperationKind.DirtyPages => DirtyPages.Run(step),
        OperationKind.GetApiVersion => GetApiVersion.Run(),
        OperationKind.GroupStatus => GetStatus.Run(step),
        OperationKind.Map => MapDma.Run(step),
        OperationKind.Unmap => UnmapDma.Run(step),
        OperationKind.Pin or OperationKind.Unpin or OperationKind.DmaRw =>
            DriverCalls.Run(step, step.State.Files[step.Call.File - 1].Target),
        OperationKind.SubmitPin or OperationKind.SubmitUnpin or OperationKind.SubmitDmaRw => DriverCalls.Submit(step),
        OperationKind.JoinWorker => DriverCalls.Join(step),
        OperationKind.Dma => DeviceDma.Run(step),
        OperationKind.WritePage => Window.Write(step),
        OperationKind.ReadPage => Window.Read(step),
        OperationKind.Mmap => Window.Map(step),
        OperationKind.Munmap => Window.Unmap(step),
        OperationKind.Observe => Attributes.Observe(step),
        OperationKind.SetLimit => Attributes.SetLimit(step),
        OperationKind.EntryLimit => SetIommu.Limit(step),
        OperationKind.UnsafeInterrupts => Attachment.SetUnsafeInterrupts(step),
        OperationKind.Mlock => Attributes.Mlock(step),
        OperationKind.Munlock => Attributes.Munlock(step),
        OperationKind.Sibling => Siblings.Run(step),
        OperationKind.Unbind when !step.Contract.Platform.IsSimulated => Unbinding.Run(step),
        OperationKind.DeviceMemory => Window.SetDeviceMemory(step),
        OperationKind.SetCapability => Attributes.SetCapability(step),
        OperationKind.Fork => ForkExec.Fork(step),
        OperationKind.Exec => ForkExec.Exec(step),
        OperationKind.Exit => ExitKill.Exit(step),
        OperationKind.Kill => ExitKill.Kill(step),
        OperationKind.SendFd => FileCalls.Send(step),
        OperationKind.ReceiveFd => FileCalls.Receive(step),
        OperationKind.None => Outcome.NotRun,
        OperationKind.MapFile when step.Dialect.KnowsMapFile => MapDma.RunOfFile(step),
        OperationKind.Truncate when step.Dialect.KnowsMapFile => WorldFile.Truncate(step),
        OperationKind.PunchHole when step.Dialect.KnowsMapFile => WorldFile.PunchHole(step),
        OperationKind.ChangeMm when step.Dialect.KnowsChangeMm => ChangeOwner.Run(step),
        OperationKind.ChangeProcess when step.Dialect.KnowsChangeProcess => ChangeOwner.Run(step),
        _ => Outcome.Fails(Errno.ENOTTY, RuleId.Reserved),
    };
}
