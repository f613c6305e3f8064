using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Judging;

/// <summary>Runs one line in place, when nothing else is pending and no choice is open.</summary>
internal static class Run
{
    /// <summary>Sections of one call: 64 slots and messages to release, a dozen notifications for each of 64 mappings.</summary>
    private const int SectionsMax = 4096;

    /// <summary>
    /// Begins the line and advances its call (or the worker's, for work that was submitted) until it returns, waits or crashes.
    /// </summary>
    public static Outcome Line(Contract contract, ref ModelState state, int line)
    {
        contract.StartChoices();
        var outcome = Dispatcher.Begin(contract, ref state, line);
        if (outcome.Status != OutcomeStatus.More)
            return outcome;
        var task = contract.OperationOf(line).Task.Value;
        for (var section = 0; section < SectionsMax; section++)
        {
            outcome = Dispatcher.Advance(contract, ref state, task);
            if (outcome.Status == OutcomeStatus.Handed)
                task = (byte)(Limits.UserTasksMax + contract.OperationOf(line).A);
            else if (outcome.Status == OutcomeStatus.Waits && OthersRan(contract, ref state, task))
                continue;
            else if (outcome.Status != OutcomeStatus.More)
                return outcome;
        }
        contract.Exceed($"sections of one call: {SectionsMax}");
        return Outcome.Undecided;
    }

    /// <summary>What a call waits for may be work that it set off itself: the end of a killed process.</summary>
    private static bool OthersRan(Contract contract, ref ModelState state, int waiter)
    {
        var ran = false;
        for (int active = state.ActiveCalls, task = 0; active != 0; active >>= 1, task++)
            if ((active & 1) != 0 && task != waiter)
                ran |= Dispatcher.Advance(contract, ref state, task).Status != OutcomeStatus.Waits;
        return ran;
    }
}
