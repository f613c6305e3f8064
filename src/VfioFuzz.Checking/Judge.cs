using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Judges histories: every rule of <see cref="RuleBook"/> on the facts of one run. Works on stored histories as on fresh ones; knows
/// nothing of how they were made.
/// </summary>
public sealed class Judge(IAnswerRule answers)
{
    private static readonly Pass Clean = new();

    /// <summary>The place of a charge that stays when everything is torn down.</summary>
    internal const string AfterTeardown = "after tear-down";

    private readonly List<Violation> violations = [];

    /// <summary>The first violation in the order of <see cref="RuleBook.All"/>, else inconclusive, else a pass.</summary>
    public Verdict JudgeRun(Program program, History history)
    {
        violations.Clear();
        var bound = Violations(program, history, violations);
        if (violations.Count > 0)
            return violations[0];
        if (bound is not null)
            return new Inconclusive(bound);
        var note = history.Freezes.Count == 0 ? "" : Deadlocks.Note(history);
        return note.Length == 0 ? Clean : new Pass(note);
    }

    /// <summary>
    /// Adds every violation of the run to <paramref name="into"/>, in the order of <see cref="RuleBook.All"/>. The result is
    /// null, or the named bound that kept part of the run from being judged.
    /// </summary>
    public string? Violations(Program program, History history, List<Violation> into)
    {
        var start = into.Count;
        var cutShort = false;
        if (KernelText.IsSplat(history.Console))
        {
            into.Add(OfConsole(history.Console));
            cutShort = KernelText.IsFatal(history.Console);
        }
        if (history.StateViolations.Count > 0)
        {
            OfState(history, into);
            cutShort |= into.Exists(violation => violation.Key.Rule == RuleBook.KernelBug.Name);
        }
        if (history.Freezes.Count > 0 && history.Incomplete is null && !cutShort)
            Deadlocks.Find(history, into);
        if (into.Count == start && StuckCalls.Find(program, history) is { } stuck)
        {
            into.Add(stuck);
            cutShort = true;
        }
        // After an oops, a stuck call or a named bound the rest of the run and its tear-down are consequences, not findings of their own.
        if (cutShort || history.Incomplete is not null)
            return history.Incomplete;
        string? bound = null;
        switch (answers.Judge(program, history))
        {
            case Violation wrong when !IsOfDeadlock(wrong, into):
                into.Add(wrong);
                break;
            case Inconclusive { Bound: var reached }:
                bound = reached;
                break;
        }
        OfTeardown(history, into);
        return bound;
    }

    /// <summary>That a line of a deadlocked run never answers is the deadlock seen twice.</summary>
    private static bool IsOfDeadlock(Violation wrong, List<Violation> found) =>
        wrong.Key.Rule == RuleBook.AnswerAllowed.Name
        && wrong.Key.Place.Contains(": observed blocked,", StringComparison.Ordinal)
        && found.Exists(violation => violation.Key.Rule == RuleBook.Deadlock.Name || violation.Key.Rule == RuleBook.Livelock.Name);

    private static Violation OfConsole(string console)
    {
        var rule = KernelText.IsFatal(console) ? RuleBook.KernelBug : RuleBook.ConsoleClean;
        return new Violation(new FindingKey(rule.Name, Grade.None, KernelText.PlaceOfSplat(console)), -1, console.TrimEnd());
    }

    /// <summary>What is seen broken after the kernel's own BUG is its consequence.</summary>
    private static void OfState(History history, List<Violation> into)
    {
        foreach (var broken in history.StateViolations)
        {
            var key = new FindingKey(broken.Rule, Grade.None, KernelText.WithoutNumbers(broken.Evidence));
            if (!into.Exists(violation => violation.Key == key))
                into.Add(new Violation(key, broken.Line, broken.Evidence));
            if (broken.Rule == RuleBook.KernelBug.Name)
                break;
        }
    }

    private static void OfTeardown(History history, List<Violation> into)
    {
        foreach (ref readonly var happened in history.Events)
        {
            var value = (long)happened.Value;
            switch (happened.Kind)
            {
                // A charge that the model does not expect either has been reported with the model's word.
                case EventKind.LockedAfterTeardown when value != 0 && !into.Exists(found => found.Key.Rule == RuleBook.LockedVm.Name):
                    Add(RuleBook.LockedVm, AfterTeardown, $"p0 still has {value} locked pages after tear-down", into, value);
                    break;
                case EventKind.PinBalance when value != 0:
                    Add(
                        RuleBook.PinBalance, value > 0 ? "leaked" : "released twice", $"pins taken minus returned: {value}", into, value);
                    break;
                case EventKind.ResetFailed when happened.ResetReason != ResetReason.MailDoesNotEnd:
                    Add(RuleBook.Reset, $"reason {value}", $"tear-down failed with the target's reason {value}", into);
                    break;
            }
        }
    }

    private static void Add(Rule rule, string place, string evidence, List<Violation> into, long? pages = null) =>
        into.Add(new Violation(new FindingKey(rule.Name, Grade.None, place), -1, evidence)
        {
            Deviation = pages is { } wrong ? Deviation.OfPages((ulong)wrong) : null,
        });
}
