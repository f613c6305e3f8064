using System.Numerics;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Judging;

/// <summary>
/// Explains one window: depth first over all orders in which its lines may begin and all pending calls may run their critical sections,
/// until nothing can run; an order explains the window when exactly the observed answers came out (design decision 1).
/// </summary>
/// <remarks>
/// What bounds the orders: a thread's lines begin in their order; a line begins after the lines that were answered before it was
/// called; a call that the contract lets run on does run on, so that a wake that did not come is a disagreement.
/// </remarks>
internal sealed class Search(Contract contract, RuleUses uses)
{
    /// <summary>Sections tried for one window.</summary>
    private const int StepsMax = 200_000;

    /// <summary>States that a window may leave possible.</summary>
    private const int StatesMax = 256;

    private readonly StateRow path = new();
    private readonly HashSet<(ulong, ulong, ulong, ulong)> seen = [];
    private readonly HashSet<(ulong, ulong)> ends = [];
    private readonly RuleId[] rules = new RuleId[Limits.LinesMax];
    private readonly StateBox scratch = new();
    private Observations observed = new();
    private StateRow results = new();
    private int steps;

    public Alternatives Alternatives { get; } = new();

    /// <summary>The line in which an explanation had the kernel BUG, or -1.</summary>
    public int CrashLine { get; private set; } = -1;

    /// <summary>The bound that was reached, or null.</summary>
    public string? Bound { get; private set; }

    /// <summary>Nothing of an earlier history is left.</summary>
    public void Forget() => CrashLine = -1;

    public void Start(Observations window, StateRow into)
    {
        observed = window;
        contract.LinesKilled = window.Killed;
        results = into;
        results.Count = 0;
        seen.Clear();
        ends.Clear();
        steps = 0;
        CrashLine = -1;
        Bound = null;
        Alternatives.Start();
    }

    /// <summary>Adds to the results every state that the window can have left behind, coming from <paramref name="start"/>.</summary>
    public void From(in ModelState start)
    {
        start.CopyTo(ref path[0]);
        Visit(0, observed.Called, 0);
    }

    private void Visit(int depth, ulong toBegin, ulong returned)
    {
        if (Bound is not null)
            return;
        // Where a window starts nothing was before; a way back to it would be known from its second visit on.
        if (depth > 0 && CanMeetAgain(toBegin, path[depth]))
        {
            var (high, low) = path[depth].Fingerprint();
            if (!seen.Add((high, low, toBegin, returned)))
                return;
        }
        var moved = false;
        for (var rest = toBegin; rest != 0; rest &= rest - 1)
        {
            var line = BitOperations.TrailingZeroCount(rest);
            if (MayBegin(line, toBegin, returned, path[depth]))
                moved |= Try(depth, line, task: -1, toBegin & ~(1UL << line), returned);
        }
        for (int active = path[depth].ActiveCalls, task = 0; active != 0; active >>= 1, task++)
            if ((active & 1) != 0)
                moved |= Try(depth, line: -1, task, toBegin, returned);
        if (!moved)
            End(depth, toBegin, returned);
    }

    /// <summary>Whether another order may come to the same point: not with a single call and nothing beside it.</summary>
    private static bool CanMeetAgain(ulong toBegin, in ModelState state) =>
        BitOperations.PopCount(toBegin) + BitOperations.PopCount(state.ActiveCalls) > 1;

    /// <summary>
    /// The first of its thread's lines that has not begun, when that thread is free and everything that history puts before it is over.
    /// A line that was seen busy began while its thread was not free.
    /// </summary>
    private bool MayBegin(int line, ulong toBegin, ulong returned, in ModelState state)
    {
        var task = contract.OperationOf(line).Task.Value;
        for (var earlier = toBegin & ((1UL << line) - 1); earlier != 0; earlier &= earlier - 1)
            if (contract.OperationOf(BitOperations.TrailingZeroCount(earlier)).Task.Value == task)
                return false;
        if ((observed.Before(line) & ~returned) != 0)
            return false;
        var isAlone = BitOperations.PopCount(observed.Called) == 1;
        return isAlone || task >= Limits.UserTasksMax || !state.Calls[task].Active
            || observed.Of(line).Kind is AnswerKind.Busy or AnswerKind.NotRun;
    }

    /// <summary>
    /// Begins a line or advances a task, once for each combination of choices that the section leaves open. Whether anything could be
    /// done, explained or not.
    /// </summary>
    private bool Try(int depth, int line, int task, ulong toBegin, ulong returned)
    {
        var moved = false;
        contract.StartChoices();
        do
        {
            if (++steps > StepsMax)
            {
                Bound = $"interleavings: {StepsMax} sections of one window";
                return true;
            }
            path[depth].CopyTo(ref path[depth + 1]);
            ref var next = ref path[depth + 1];
            var by = task >= 0 ? next.Calls[task].Line : line;
            var outcome = task >= 0 ? Dispatcher.Advance(contract, ref next, task) : Dispatcher.Begin(contract, ref next, line);
            moved |= outcome.Status != OutcomeStatus.Waits;
            // The choices belong to this section; deeper visits make their own.
            var choices = contract.SaveChoices();
            Follow(depth, by, outcome, toBegin, returned);
            contract.RestoreChoices(choices);
        }
        while (contract.NextChoices());
        return moved;
    }

    private void Follow(int depth, int line, in Outcome outcome, ulong toBegin, ulong returned)
    {
        switch (outcome.Status)
        {
            case OutcomeStatus.More or OutcomeStatus.Handed:
                Visit(depth + 1, toBegin, returned);
                break;
            case OutcomeStatus.Returned:
                if (observed.Matches(line, contract.OperationOf(line), outcome.Answer) || IsMidCharge(path[depth + 1], line))
                {
                    rules[line] = outcome.Rule;
                    Visit(depth + 1, toBegin, returned | 1UL << line);
                }
                else
                    Alternatives.Add(line, outcome.Answer, outcome.Rule, returned);
                break;
            case OutcomeStatus.Crashed when !observed.IsAnswered(line) || observed.Of(line).Kind == AnswerKind.Killed:
                if (CrashLine < 0)
                    uses.Add(outcome.Rule, outcome.Answer);
                CrashLine = line;
                break;
            case OutcomeStatus.Crashed:
                Alternatives.Add(line, outcome.Answer, outcome.Rule, returned);
                break;
            case OutcomeStatus.Undecided:
                Bound = contract.Exceeded ?? "capacity";
                break;
        }
    }

    /// <summary>
    /// VmLck is read without the lock that a charge is made under: while a call is under way it shows a part of what the call charges, run by
    /// run of pages (read in vfio_pin_map_dma), and of what a failing one takes back.
    /// </summary>
    private bool IsMidCharge(in ModelState state, int line)
    {
        ref readonly var operation = ref contract.OperationOf(line);
        if (operation.Kind != OperationKind.Observe || !observed.IsAnswered(line) || !observed.Of(line).IsOk)
            return false;
        var space = state.Processes[operation.Task.Process].AddressSpace;
        var shown = Signed(observed.Of(line).Value - state.AddressSpaces[space].Locked);
        for (int active = state.ActiveCalls, task = 0; active != 0; active >>= 1, task++)
        {
            if ((active & 1) == 0)
                continue;
            if (shown > 0 && shown <= (long)Charging.TransientMax(contract, state, task))
                return true;
            state.CopyTo(ref scratch.State);
            contract.StartChoices();
            Dispatcher.Advance(contract, ref scratch.State, task);
            var charged = Signed(scratch.State.AddressSpaces[space].Locked - state.AddressSpaces[space].Locked);
            if (Math.Sign(shown) == Math.Sign(charged) && Math.Abs(shown) <= Math.Abs(charged))
                return true;
        }
        return false;
    }

    /// <summary>A difference of page counts that are told in kilobytes: the two highest bits are not known.</summary>
    private static long Signed(ulong pages) => (long)(pages << 2) >> 2;

    /// <summary>Nothing can run: the window is explained when what was answered has returned, and what was not still sleeps.</summary>
    private void End(int depth, ulong toBegin, ulong returned)
    {
        ref var state = ref path[depth];
        if (contract.Exceeded is { } exceeded)
            Bound = exceeded;
        if (toBegin != 0 && !OnlyUnreached(toBegin, state))
            return;
        var missing = observed.Answered & ~returned;
        if (missing != 0)
        {
            var line = BitOperations.TrailingZeroCount(missing);
            Alternatives.Add(line, Answer.Blocked, RuleOfWait(state, line), returned);
            return;
        }
        if (LockInversion.Holds(contract, state))
            return;
        if (IsKnownEnd(state))
            return;
        if (results.Count == StatesMax)
        {
            Bound = $"possible states: {StatesMax}";
            return;
        }
        if (results.Count == 0 && uses.IsOn)
            CountRules(state);
        state.CopyTo(ref results[results.Count]);
        results.Count++;
    }

    /// <summary>The rules of this explanation: of every answer, and of what the lines wait for that have none.</summary>
    private void CountRules(in ModelState state)
    {
        for (var lines = observed.Answered; lines != 0; lines &= lines - 1)
        {
            var line = BitOperations.TrailingZeroCount(lines);
            uses.Add(rules[line], observed.Of(line));
        }
        for (var lines = observed.Called & ~observed.Answered; lines != 0; lines &= lines - 1)
            if (RuleOfWait(state, BitOperations.TrailingZeroCount(lines)) is not RuleId.None and var rule)
                uses.Add(rule, Answer.Blocked);
    }

    /// <summary>Fingerprints are taken from the second end on: most windows have one.</summary>
    private bool IsKnownEnd(in ModelState state)
    {
        if (results.Count == 0)
            return false;
        if (results.Count == 1)
            ends.Add(results[0].Fingerprint());
        return !ends.Add(state.Fingerprint());
    }

    /// <summary>Lines of a block behind a call of their thread that never returned: the harness starts them never.</summary>
    private bool OnlyUnreached(ulong toBegin, in ModelState state)
    {
        for (; toBegin != 0; toBegin &= toBegin - 1)
        {
            var line = BitOperations.TrailingZeroCount(toBegin);
            if (observed.IsAnswered(line) || !state.Calls[contract.OperationOf(line).Task.Value].Active)
                return false;
        }
        return true;
    }

    /// <summary>Why the line's call waits in a state where nothing can run.</summary>
    private RuleId RuleOfWait(in ModelState state, int line)
    {
        for (int active = state.ActiveCalls, task = 0; active != 0; active >>= 1, task++)
        {
            if ((active & 1) == 0 || state.Calls[task].Line != line)
                continue;
            state.CopyTo(ref scratch.State);
            return Dispatcher.Advance(contract, ref scratch.State, task).Rule;
        }
        return RuleId.None;
    }
}
