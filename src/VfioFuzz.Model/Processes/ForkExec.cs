using System.Numerics;
using VfioFuzz.Model.Files;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Processes;

/// <summary>fork and exec (type1-semantics 6.2, 6.3).</summary>
internal static class ForkExec
{
    /// <summary>Whether another thread is about to make the same process: of two, the harness lets one try.</summary>
    public static bool IsUnderway(in Step step)
    {
        foreach (ref readonly var call in (ReadOnlySpan<Call>)step.State.Calls)
        {
            if (!call.Active || call.Line == Call.NoLine)
                continue;
            ref readonly var operation = ref step.Contract.OperationOf(call.Line);
            if (operation.Kind == OperationKind.Fork && operation.A == step.Operation.A)
                return true;
        }
        return false;
    }

    public static Outcome Fork(in Step step)
    {
        ref var state = ref step.State;
        var number = (int)step.Operation.A;
        if (number >= Limits.ProcessesMax || state.Processes[number].Life != Life.None)
            return Outcome.NotRun;
        ref var parent = ref step.Process;
        ref var child = ref state.Processes[number];
        child = default;
        child.Life = Life.Alive;
        child.Limit = parent.Limit;
        child.LockCaps = step.HasLockCap ? (byte)0xff : (byte)0;
        child.CloseOnExec = parent.CloseOnExec;
        child.Slots = parent.Slots;
        for (var slot = 0; slot < Limits.SlotsMax; slot++)
            if (child.Slots[slot] != 0)
                state.Files[child.Slots[slot] - 1].References++;
        child.AddressSpace = NewAddressSpace(ref state, number);
        Window.Copy(ref state, parent, ref child);
        return Outcome.Ok(RuleId.Fork);
    }

    /// <summary>
    /// The sibling dies first (an uninterruptible one holds exec up, deadlocks DL-10), then the address space is replaced, then the
    /// close-on-exec files go, released as the call returns.
    /// </summary>
    public static Outcome Exec(in Step step)
    {
        ref var call = ref step.Call;
        if (call.Phase == Phase.Start)
        {
            // de_thread: the first of two threads that exec or exit wins, the other one dies.
            if (call.Fatal)
                return Outcome.Ok(RuleId.Exec);
            ExitKill.KillSiblings(step);
            call.Phase = Phase.WaitingForThreads;
            return Replace(step).AfterProgress();
        }
        return Replace(step);
    }

    private static Outcome Replace(in Step step)
    {
        ref var state = ref step.State;
        if (step.Call.Fatal)
            return Outcome.Ok(RuleId.Exec);
        if (ExitKill.HasActiveSibling(step))
            return Outcome.Waits(RuleId.ThreadsWait);
        ref var process = ref step.Process;
        var thread = step.Task % Limits.ThreadsPerProcess;
        process.GoneThreads = (byte)~(1 << thread);
        process.LockCaps = 0xff;
        // de_thread: an exec from another thread takes the leader's place; the old leader's task keeps no address space.
        state.AddressSpaces[process.AddressSpace].Die();
        process.AddressSpace = NewAddressSpace(ref state, step.ProcessNumber);
        if (thread != process.LeaderThread)
            process.Leader = process.AddressSpace;
        process.LeaderThread = (byte)thread;
        Window.Renew(ref state, ref process);
        for (int slots = process.CloseOnExec; slots != 0; slots &= slots - 1)
            FileTable.Clear(ref state, ref process, BitOperations.TrailingZeroCount(slots), ref step.Call);
        return Outcome.Ok(RuleId.Exec);
    }

    private static byte NewAddressSpace(ref ModelState state, int process)
    {
        var space = state.AddressSpaceCount++;
        state.AddressSpaces[space] = new AddressSpace { UserPlusOne = (byte)(process + 1) };
        return space;
    }
}
