using System.Numerics;
using VfioFuzz.Model.Judging;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>
/// Says whether a history is one that the contract allows, by following it with every state that the answers so far leave possible.
/// One instance judges one history at a time and is to be reused: nothing is allocated for a history that is accepted.
/// </summary>
public sealed class Acceptor
{
    /// <summary>Ways to tear one state down that are tried: twelve pins between two mappings each.</summary>
    private const int TeardownsMax = 4096;

    private readonly Contract contract;
    private readonly Observations observed = new();
    private readonly Search search;
    private readonly RuleUses uses;
    private readonly ModelTrail? trail;
    private StateRow possible = new();
    private StateRow following = new();
    private Acceptance? decision;

    /// <param name="dialect">What the kernel promises.</param>
    /// <param name="platform">What the machine is (<see cref="History.Platform"/>).</param>
    /// <param name="planted">A wrong rule, for tests that must see the oracle alive.</param>
    /// <param name="uses">Where it is counted which rule explained each answer.</param>
    /// <param name="trail">Where it is written which states the model came through, or null.</param>
    public Acceptor(
        Dialect dialect, Platform platform, PlantedError planted = PlantedError.None, RuleUses? uses = null, ModelTrail? trail = null)
    {
        this.trail = trail;
        this.uses = uses ?? new RuleUses();
        contract = new Contract(dialect, platform, planted);
        search = new Search(contract, this.uses);
    }

    public Dialect Dialect => contract.Dialect;

    public Acceptance Accept(Program program, History history)
    {
        contract.Start(program);
        search.Forget();
        possible[0].Reset(contract.Platform);
        possible.Count = 1;
        decision = null;
        observed.Start();
        trail?.Start();
        ulong called = 0;
        var isOpen = false;
        var events = history.Events;
        for (var i = 0; i < events.Length && decision is null; i++)
        {
            ref readonly var happened = ref events[i];
            switch (happened.Kind)
            {
                case EventKind.Called:
                case EventKind.Answered:
                    isOpen = true;
                    observed.Add(happened);
                    break;
                case EventKind.Settled when isOpen:
                    called |= observed.Called;
                    Settle();
                    observed.Start();
                    isOpen = false;
                    break;
                case EventKind.LockedAtEnd:
                    JudgeLocked(happened.Line, happened.Value, program.Lines.Length);
                    break;
                case EventKind.LockedAfterTeardown:
                    JudgeAfterTeardown(happened.Value, program.Lines.Length);
                    break;
            }
        }
        return decision ?? Ending(history, called, isOpen, program.Lines.Length);
    }

    /// <summary>A history that stops early was lost with its target: the last window may have been the kernel's BUG.</summary>
    private Acceptance Ending(History history, ulong called, bool isOpen, int lines)
    {
        if (isOpen)
        {
            Settle();
            if (decision is Acceptance.KernelCrashExpected)
                return decision;
            if (search.CrashLine >= 0)
                return new Acceptance.KernelCrashExpected(search.CrashLine);
            return new Acceptance.Undecided(history.Incomplete ?? "the history ends before its lines have settled");
        }
        if (history.Incomplete is { } reason)
            return new Acceptance.Undecided(reason);
        return BitOperations.PopCount(called) == lines
            ? Acceptance.Accepted.Instance
            : new Acceptance.Undecided("the history lacks lines of the program");
    }

    private void Settle()
    {
        if (IsSimple(out var line))
            SettleAlone(line);
        else
            SettleBySearch();
        if (trail is not null && possible.Count > 0)
            Follow(trail);
    }

    /// <summary>Of several possible states the first stands for all.</summary>
    private void Follow(ModelTrail into)
    {
        for (var lines = observed.Called | observed.Answered; lines != 0; lines &= lines - 1)
        {
            var line = BitOperations.TrailingZeroCount(lines);
            if (line < contract.Program!.Lines.Length)
                into.Add(possible[0], contract.OperationOf(line), observed.Of(line), line);
        }
    }

    /// <summary>One line, one possible state, no call pending, and no choice that the contract leaves open: no search is needed.</summary>
    private bool IsSimple(out int line)
    {
        line = BitOperations.TrailingZeroCount(observed.Called);
        return possible.Count == 1 && BitOperations.IsPow2(observed.Called) && (observed.Answered & ~observed.Called) == 0
            && line < contract.Program!.Lines.Length && possible[0].ActiveCalls == 0
            && Freedom.IsFixed(contract.Dialect, contract.OperationOf(line), possible[0]);
    }

    private void SettleAlone(int line)
    {
        ref var state = ref possible[0];
        contract.LinesKilled = 0;
        var outcome = Run.Line(contract, ref state, line);
        switch (outcome.Status)
        {
            case OutcomeStatus.Returned when observed.Matches(line, contract.OperationOf(line), outcome.Answer):
            case OutcomeStatus.Waits when !observed.IsAnswered(line):
                uses.Add(outcome.Rule, outcome.Answer);
                break;
            case OutcomeStatus.Crashed when !observed.IsAnswered(line) || observed.Of(line).Kind == AnswerKind.Killed:
                uses.Add(outcome.Rule, outcome.Answer);
                decision = new Acceptance.KernelCrashExpected(line);
                break;
            case OutcomeStatus.Undecided:
                decision = new Acceptance.Undecided(contract.Exceeded ?? "capacity");
                break;
            default:
                var answer = outcome.Status == OutcomeStatus.Waits ? Answer.Blocked : outcome.Answer;
                decision = new Acceptance.Disagrees(
                    line, observed.Of(line), [new AllowedAnswer(answer, Rules.Of(outcome.Rule).Name)], "");
                break;
        }
    }

    private void SettleBySearch()
    {
        search.Start(observed, following);
        for (var i = 0; i < possible.Count; i++)
            search.From(possible[i]);
        (possible, following) = (following, possible);
        if (search.Bound is { } bound)
            decision = new Acceptance.Undecided(bound);
        else if (possible.Count == 0)
            decision = search.CrashLine >= 0
                ? new Acceptance.KernelCrashExpected(search.CrashLine)
                : search.Alternatives.Disagreement(observed, "");
    }

    /// <summary>Keeps the states in which the process has locked so much (type1-semantics 2.3 I7).</summary>
    private void JudgeLocked(int process, ulong pages, int line)
    {
        if (process >= Limits.ProcessesMax)
            return;
        ulong allowed = 0;
        var kept = 0;
        for (var i = 0; i < possible.Count; i++)
        {
            ref var state = ref possible[i];
            ref var judged = ref state.Processes[process];
            allowed = state.AddressSpaces[judged.AddressSpace].Locked;
            if (judged.Life == Life.Alive && !Observations.SamePages(pages, allowed))
                continue;
            if (kept != i)
                state.CopyTo(ref possible[kept]);
            kept++;
        }
        uses.Add(RuleId.LockedAtEnd, Answer.Ok());
        if (kept == 0)
            decision = Locked(line, pages, allowed, RuleId.LockedAtEnd, $"VmLck of p{process} at the end, in pages");
        possible.Count = kept;
    }

    /// <summary>
    /// Only a run without a stuck call is torn down to nothing. Which of two mappings gives an unaligned pin back is open (L11), so every way is
    /// tried before the charge is called wrong.
    /// </summary>
    private void JudgeAfterTeardown(ulong pages, int line)
    {
        ulong allowed = 0;
        for (var i = 0; i < possible.Count; i++)
        {
            contract.StartChoices();
            var ways = 0;
            do
            {
                possible[i].CopyTo(ref following[0]);
                if (!Teardown.Run(contract, ref following[0], out allowed) || Observations.SamePages(pages, allowed))
                {
                    uses.Add(RuleId.LockedAfterTeardown, Answer.Ok());
                    return;
                }
            }
            while (possible[i].HasUnalignedPin && ++ways < TeardownsMax && contract.NextChoices());
        }
        decision = Locked(line, pages, allowed, RuleId.LockedAfterTeardown, "VmLck of p0 after tear-down, in pages");
    }

    private static Acceptance.Disagrees Locked(int line, ulong observed, ulong allowed, RuleId rule, string note) =>
        new(line, Answer.Ok(observed), [new AllowedAnswer(Answer.Ok(allowed), Rules.Of(rule).Name)], note);
}
