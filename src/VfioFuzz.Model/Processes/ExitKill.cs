using VfioFuzz.Model.Files;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Processes;

/// <summary>
/// The end of a process (type1-semantics 6.4): every thread leaves the kernel, the address space goes, then the files in task-work order,
/// highest fd first.
/// </summary>
internal static class ExitKill
{
    /// <summary>exit_group by the calling thread, which does the work itself.</summary>
    public static Outcome Exit(in Step step)
    {
        if (step.Call.Phase == Phase.Start)
        {
            // do_group_exit: a thread that an exec or a kill has doomed already only leaves.
            if (step.Call.Fatal)
                return Outcome.Ok(RuleId.Exit);
            step.Process.Life = Life.Dying;
            KillSiblings(step);
            step.Call.Phase = Phase.WaitingForThreads;
            return Die(step).AfterProgress();
        }
        return Die(step);
    }

    /// <summary>The work of a killed process, in the call slot of its first thread.</summary>
    public static Outcome Die(in Step step)
    {
        if (step.Call.Phase == Phase.Releasing)
        {
            step.Process.Life = Life.Dead;
            return Outcome.Ok(RuleId.Exit);
        }
        if (HasActiveSibling(step))
            return Outcome.Waits(RuleId.ThreadsWait);
        ref var state = ref step.State;
        ref var process = ref step.Process;
        state.AddressSpaces[process.AddressSpace].Die();
        process.Window = default;
        for (var slot = 0; slot < Limits.SlotsMax; slot++)
            if (process.Slots[slot] != 0)
                FileTable.Clear(ref state, ref process, slot, ref step.Call);
        step.Call.Phase = Phase.Releasing;
        return Outcome.More;
    }

    public static Outcome Kill(in Step step)
    {
        ref var state = ref step.State;
        var number = (int)step.Operation.A;
        if (number == step.ProcessNumber)
            return Exit(step);
        if (step.Call.Phase == Phase.Start)
        {
            if (number >= Limits.ProcessesMax || state.Processes[number].Life is Life.None or Life.Dead)
                return Outcome.Fails(Errno.ESRCH, RuleId.Kill);
            if (state.Processes[number].Life == Life.Alive)
            {
                state.Processes[number].Life = Life.Dying;
                for (var thread = 0; thread < Limits.ThreadsPerProcess; thread++)
                    state.Calls[TaskId.Of(number, thread).Value].Fatal |=
                        state.Calls[TaskId.Of(number, thread).Value].Active;
                StartDying(ref state, number);
            }
            step.Call.Phase = Phase.Joining;
            return Outcome.More;
        }
        return state.Processes[number].Life == Life.Dead || step.Call.Fatal
            ? Outcome.Ok(RuleId.Kill)
            : Outcome.Waits(RuleId.ThreadsWait);
    }

    /// <summary>Gives a killed process its last call once its threads have left the kernel; each of them comes here when it does.</summary>
    public static void StartDying(ref ModelState state, int number)
    {
        var task = TaskId.Of(number, 0).Value;
        if (state.Processes[number].Life != Life.Dying || state.Calls[task].Active)
            return;
        for (var thread = 1; thread < Limits.ThreadsPerProcess; thread++)
            if (state.Calls[task + thread].Active)
                return;
        state.Calls[task] = new Call { Active = true, Line = Call.NoLine, Phase = Phase.WaitingForThreads };
        state.ActiveCalls |= (ushort)(1 << task);
    }

    public static void KillSiblings(in Step step)
    {
        for (var thread = 0; thread < Limits.ThreadsPerProcess; thread++)
        {
            ref var sibling = ref step.State.Calls[TaskId.Of(step.ProcessNumber, thread).Value];
            if (thread != step.Task % Limits.ThreadsPerProcess && sibling.Active)
                sibling.Fatal = true;
        }
    }

    public static bool HasActiveSibling(in Step step)
    {
        for (var thread = 0; thread < Limits.ThreadsPerProcess; thread++)
            if (thread != step.Task % Limits.ThreadsPerProcess
                && step.State.Calls[TaskId.Of(step.ProcessNumber, thread).Value].Active)
                return true;
        return false;
    }
}
