using VfioFuzz.Model.Files;
using VfioFuzz.Model.Processes;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Judging;

/// <summary>The harness's tear-down: every other process dies, p0 drops its files and unlocks its own memory; then nothing refers to anything.</summary>
internal static class Teardown
{
    private const int SectionsMax = 4096;

    /// <summary>What p0 has locked afterwards. False when the state cannot be torn down: a call is stuck, or p0 is gone.</summary>
    public static bool Run(Contract contract, ref ModelState state, out ulong locked)
    {
        locked = 0;
        if (state.ActiveCalls != 0 || state.Processes[0].Life != Life.Alive)
            return false;
        for (var process = 1; process < Limits.ProcessesMax; process++)
        {
            if (state.Processes[process].Life != Life.Alive)
                continue;
            state.Processes[process].Life = Life.Dying;
            ExitKill.StartDying(ref state, process);
            if (!Finish(contract, ref state))
                return false;
        }
        DropFiles(ref state);
        if (!Finish(contract, ref state))
            return false;
        ref readonly var space = ref state.AddressSpaces[state.Processes[0].AddressSpace];
        locked = space.Locked - space.Own;
        return true;
    }

    private static void DropFiles(ref ModelState state)
    {
        ref var call = ref state.Calls[0];
        call = new Call { Active = true, Line = Call.NoLine, Phase = Phase.Releasing };
        state.ActiveCalls |= 1;
        for (var slot = 0; slot < Limits.SlotsMax; slot++)
            if (state.Processes[0].Slots[slot] != 0)
                FileTable.Clear(ref state, ref state.Processes[0], slot, ref call);
        for (var process = 0; process < Limits.ProcessesMax; process++)
            while (state.Processes[process].MailCount > 0)
                FileTable.Put(ref state, state.Processes[process].Mail[--state.Processes[process].MailCount] - 1, ref call);
    }

    private static bool Finish(Contract contract, ref ModelState state)
    {
        for (var section = 0; section < SectionsMax; section++)
        {
            if (state.ActiveCalls == 0)
                return true;
            var task = System.Numerics.BitOperations.TrailingZeroCount(state.ActiveCalls);
            if (Dispatcher.Advance(contract, ref state, task).Status is not OutcomeStatus.More)
                return state.ActiveCalls == 0;
        }
        return false;
    }
}
