using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>The smallest failing program that a minimizer came to.</summary>
/// <param name="Program">The program.</param>
/// <param name="Reproduction">A run of it that fails.</param>
/// <param name="Schedule">The simplest schedule found that makes it fail; empty where the target takes none.</param>
/// <param name="IsOneMinimal">Whether no simpler candidate fails under the tried schedules; false when the bound was reached.</param>
/// <param name="Runs">What it cost.</param>
public sealed record Minimized(Program Program, Reproduction Reproduction, Schedule Schedule, bool IsOneMinimal, int Runs);

/// <summary>
/// Shrinks a failing program and keeps rule, grade and place: takes the first simpler candidate that still fails, until none does (and
/// none of the detours, where runs are cheap); then simplifies the schedule. Deterministic for deterministic targets.
/// </summary>
/// <param name="reproducer">Runs candidates.</param>
/// <param name="policy">When a candidate counts as failing.</param>
/// <param name="simplerThan">The ordered simpler candidates of a program.</param>
public sealed class Minimizer(
    Reproducer reproducer, ReproductionPolicy policy, Func<Program, IEnumerable<Program>> simplerThan)
{
    /// <summary>Runs a minimization may cost unless told otherwise.</summary>
    public const int RunsMaxDefault = 20_000;

    private int lastRun;

    /// <summary>The bound of one minimization, in runs.</summary>
    public int RunsMax { get; init; } = RunsMaxDefault;

    /// <summary>
    /// Shrinks <paramref name="program"/>, seen failing with <paramref name="key"/> under <paramref name="found"/>. Null when it does not fail
    /// again: then it was no property of program and schedule alone.
    /// </summary>
    /// <param name="program">What to shrink.</param>
    /// <param name="key">The way of failing that is kept.</param>
    /// <param name="found">How it was seen.</param>
    /// <param name="again">A run on which it failed again, when there has been one; else it is run first.</param>
    /// <param name="stop">Ends the search with the best program so far.</param>
    public Minimized? Minimize(
        Program program, FindingKey key, RunRequest found, Reproduction? again = null, CancellationToken stop = default)
    {
        var first = reproducer.Runs;
        lastRun = first + RunsMax;
        if ((again ?? Failing(program, key, found, stop)) is not { } failing)
            return null;
        (program, failing) = policy.Scheduled
            ? FromTheBoldest(program, key, failing, stop)
            : InPasses(program, key, failing, stop);
        var complete = !IsOver(stop);
        var schedule = Schedule.Empty;
        if (policy.Scheduled)
            (schedule, failing) = new ScheduleShrinker(reproducer, lastRun).Shrink(program, key, failing);
        return new Minimized(program, failing, schedule, complete, reproducer.Runs - first);
    }

    private bool IsOver(CancellationToken stop) => reproducer.Runs >= lastRun || stop.IsCancellationRequested;

    /// <summary>Where runs are cheap: after each step the boldest candidates come first again, and detours at the end.</summary>
    private (Program, Reproduction) FromTheBoldest(Program program, FindingKey key, Reproduction failing, CancellationToken stop)
    {
        while (FirstSimpler(program, key, failing.Request, stop) is { } simpler)
            (program, failing) = simpler;
        return (program, failing);
    }

    private (Program, Reproduction)? FirstSimpler(Program program, FindingKey key, RunRequest found, CancellationToken stop)
    {
        foreach (var candidate in simplerThan(program).Concat(Detours.From(program)))
        {
            if (IsOver(stop))
                return null;
            if (Failing(candidate, key, found, stop) is { } failing)
                return (candidate, failing);
        }
        return null;
    }

    /// <summary>
    /// Where runs are dear: what did nothing in the failing run goes first; after a step the next candidates are those behind it, and those
    /// before it are tried again at the end. No candidate is tried twice.
    /// </summary>
    private (Program, Reproduction) InPasses(Program program, FindingKey key, Reproduction failing, CancellationToken stop)
    {
        var tried = new HashSet<Program>();
        for (var (from, until) = (0, int.MaxValue); ;)
        {
            var step = Step(program, key, failing, tried, from..until, stop);
            if (step is var (simpler, again, number))
                (program, failing, from, until) = (simpler, again, number, int.MaxValue);
            else if (from == 0 || IsOver(stop))
                return (program, failing);
            else
                (from, until) = (0, from);
        }
    }

    private (Program, Reproduction, int)? Step(
        Program program, FindingKey key, Reproduction failing, HashSet<Program> tried, Range among, CancellationToken stop)
    {
        var number = 0;
        foreach (var candidate in IdleLines.LeftOut(program, failing.Answers).Concat(simplerThan(program)))
        {
            if (IsOver(stop) || number == among.End.Value)
                return null;
            if (number++ < among.Start.Value || !tried.Add(candidate))
                continue;
            if (Failing(candidate, key, failing.Request, stop) is { } again)
                return (candidate, again, number - 1);
        }
        return null;
    }

    /// <summary>The run that makes the program count as failing under the policy, or null.</summary>
    private Reproduction? Failing(Program program, FindingKey key, RunRequest found, CancellationToken stop)
    {
        var tries = Math.Min(policy.TriesFor(program), lastRun - reproducer.Runs);
        if (!policy.Scheduled)
            return reproducer.Try(program, key, found, tries, policy.Stream, stop);
        for (var attempt = 0; attempt < tries; attempt++)
        {
            if (reproducer.Try(program, key, RequestFor(attempt, found)) is { } failing)
                return failing;
        }
        return null;
    }

    /// <summary>The found request first, then the schedule without choices, then fresh seeds derived from the found one.</summary>
    private static RunRequest RequestFor(int attempt, RunRequest found) => attempt switch
    {
        0 => found,
        1 => found with { Replay = Schedule.Empty },
        _ => found with { Replay = null, ScheduleSeed = found.ScheduleSeed + (ulong)attempt - 1 },
    };
}
