using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>What a target promises and what machine it is.</summary>
public sealed record Side(Dialect Dialect, Platform Platform);

/// <summary>
/// Says why two targets answered one program differently. When each is right by its own dialect and platform, the reason is
/// looked for among what they differ in: the first one's model takes over the second one's promises and facts, and each is
/// given back unless the second one's answers are then wrong. What stays is what they depend on.
/// </summary>
public sealed class Comparer
{
    private readonly Side first;
    private readonly Side second;
    private readonly Judge ofFirst;
    private readonly Judge ofSecond;
    private readonly ImmutableArray<Promise> promises;
    private readonly ImmutableArray<PlatformFact> facts;
    private readonly Dictionary<ulong, ModelAnswers> mixtures = [];
    private readonly List<Violation> broken = [];
    private readonly List<Violation> brokenBySecond = [];

    /// <summary>Whether both tell of each mode of a frozen run; a real kernel tells of the kills only.</summary>
    private readonly bool bothFreeze;

    public Comparer(Side first, Side second)
    {
        (this.first, this.second) = (first, second);
        ofFirst = new Judge(new ModelAnswers(first.Dialect, first.Platform));
        ofSecond = new Judge(new ModelAnswers(second.Dialect, second.Platform));
        bothFreeze = first.Platform.IsSimulated && second.Platform.IsSimulated;
        promises = [.. Promises.All.Select(row => row.Promise)
            .Where(promise => first.Dialect.Keeps(promise) != second.Dialect.Keeps(promise))];
        facts = [.. PlatformFact.All.Where(fact => fact.Differs(first.Platform, second.Platform))];
    }

    /// <summary>Promises and facts in which the two differ, by name.</summary>
    public IEnumerable<string> Differences => Enumerable.Range(0, promises.Length + facts.Length).Select(NameOf);

    public Comparison Compare(Program program, History one, History other)
    {
        if (PartingOf(program, one, other) is not { } parting)
            return Comparison.Alike.Instance;
        broken.Clear();
        brokenBySecond.Clear();
        var bound = ofFirst.Violations(program, one, broken);
        var boundOfSecond = ofSecond.Violations(program, other, brokenBySecond);
        // What a run shows that the other was not carried far enough to show, or not judged for, says nothing of either.
        if (boundOfSecond is null && broken.Find(violation => !IsIn(brokenBySecond, violation)) is { } wrong)
            return new Comparison.Broken(parting, false, wrong);
        if (bound is null && brokenBySecond.Find(violation => !IsIn(broken, violation)) is { } wrongSecond)
            return new Comparison.Broken(parting, true, wrongSecond);
        if ((bound ?? boundOfSecond) is { } reached)
            return new Comparison.Undecided(reached);
        if (broken.Count > 0)
            return new Comparison.Broken(parting, false, broken[0]);
        return new Comparison.Explained(parting, Causes(program, other));
    }

    private static bool IsIn(List<Violation> violations, Violation violation) =>
        violations.Exists(other => other.Key == violation.Key);

    private ImmutableArray<string> Causes(Program program, History other)
    {
        var all = promises.Length + facts.Length;
        var needed = (1UL << all) - 1;
        for (var cause = 0; cause < all; cause++)
            if (Mixture(needed & ~(1UL << cause)).Judge(program, other) is Pass)
                needed &= ~(1UL << cause);
        return [.. Enumerable.Range(0, all).Where(cause => (needed >> cause & 1) != 0).Select(NameOf)];
    }

    /// <summary>The model of the first with those promises and facts of the second.</summary>
    private ModelAnswers Mixture(ulong taken)
    {
        if (mixtures.TryGetValue(taken, out var known))
            return known;
        var dialect = first.Dialect.With(promises.Where((_, index) => (taken >> index & 1) != 0), second.Dialect);
        var platform = first.Platform;
        for (var index = 0; index < facts.Length; index++)
            if ((taken >> (promises.Length + index) & 1) != 0)
                platform = facts[index].Taking(platform, second.Platform);
        return mixtures[taken] = new ModelAnswers(dialect, platform);
    }

    private string NameOf(int cause) =>
        cause < promises.Length ? promises[cause].ToString() : facts[cause - promises.Length].Name;

    /// <summary>Where the two part, or null when they do not: answers first, then what was observed.</summary>
    private Parting? PartingOf(Program program, History one, History other)
    {
        var lines = program.Lines.Length;
        var answers = RunRecord.Answers(one, lines);
        var others = RunRecord.Answers(other, lines);
        for (var line = 0; line < lines; line++)
            if (answers[line] != others[line])
                return new Parting(
                    line, OperationForm.Of(program.Lines[line].Operation.Kind).Mnemonic, answers[line].ToString(),
                    others[line].ToString());
        var observed = Observed(program, one);
        var observedByOther = Observed(program, other);
        for (var index = 0; index < Math.Max(observed.Count, observedByOther.Count); index++)
        {
            var (name, value) = index < observed.Count ? observed[index] : ("nothing more", "");
            var (otherName, otherValue) = index < observedByOther.Count ? observedByOther[index] : ("nothing more", "");
            if (name != otherName)
                return new Parting(-1, "observed", name, otherName);
            if (value != otherValue)
                return new Parting(-1, name, value, otherValue);
        }
        return null;
    }

    /// <summary>What is known of a run beside its answers.</summary>
    private List<(string Name, string Value)> Observed(Program program, History history)
    {
        var observed = new List<(string, string)>();
        var grade = history.Freezes.Count == 0 ? StuckCalls.GradeOf(history) : Deadlocks.GradeOf(program, history);
        foreach (ref readonly var happened in history.Events)
        {
            var process = happened.Line.ToString(CultureInfo.InvariantCulture);
            var value = ((long)happened.Value).ToString(CultureInfo.InvariantCulture);
            if (happened.Kind == EventKind.LockedAtEnd)
                observed.Add(($"VmLck of p{process} at the end", value));
            else if (happened.Kind == EventKind.LockedAfterTeardown)
                observed.Add(("VmLck of p0 after tear-down", value));
            else if (happened.Kind == EventKind.PinBalance)
                observed.Add(("pins not returned", value));
            else if (happened.Kind == EventKind.ResetFailed && happened.ResetReason != ResetReason.MailDoesNotEnd && grade == Grade.None)
                observed.Add(("reset failed", value));
        }
        if (KernelText.IsSplat(history.Console))
            observed.Add(("console", KernelText.PlaceOfSplat(history.Console)));
        if (history.Incomplete is { } reason)
            observed.Add(("not carried to its end", reason));
        foreach (var violation in history.StateViolations)
            observed.Add((violation.Rule, violation.Evidence));
        if (grade != Grade.None)
            observed.Add(("survives a kill", grade.ToString()));
        foreach (var freeze in bothFreeze ? history.Freezes : [])
            observed.Add(($"frozen, {freeze.Mode}", string.Join(", ", freeze.Stuck.Select(task => task.ToString()))));
        return observed;
    }
}
