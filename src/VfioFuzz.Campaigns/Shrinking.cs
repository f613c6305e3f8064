using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>Shrinks findings on the target they were seen on and says how sure the result is.</summary>
public sealed class Shrinking(ITarget target, Judge judge, Func<Program, IEnumerable<Program>> simplerThan)
{
    /// <summary>Runs that one minimization may cost.</summary>
    public int RunsMax { get; init; } = Minimizer.RunsMaxDefault;

    /// <summary>Time that one minimization may take; the best program so far is kept.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The same for a race on a target that is not reproducible, where each failing run may cost a guest.</summary>
    public TimeSpan RaceTimeMax { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Runs of a race's minimization; its time is over long before.</summary>
    private const int RaceRunsMax = 1_000_000;

    /// <summary>Runs from which the rate is told where the target takes no schedule.</summary>
    public int RateRuns { get; init; } = 20;

    /// <summary>
    /// The finding with the smallest program that still fails in the same way; with the program it came with, and a remark, when that does
    /// not fail again.
    /// </summary>
    /// <param name="seen">The finding.</param>
    /// <param name="answers">What the lines answered when it was seen.</param>
    /// <param name="request">How it was seen; its own schedule is tried first.</param>
    /// <param name="stop">Ends the search early; the best program so far is kept.</param>
    public Finding Shrink(Finding seen, ImmutableArray<Answer> answers, RunRequest request, CancellationToken stop)
    {
        try
        {
            var policy = ReproductionPolicy.For(target.Name);
            return !policy.Scheduled && ReproductionPolicy.Races(seen.Program)
                ? Raced(seen, answers, request, policy, stop)
                : Shrunk(seen, request, policy, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return seen with { Remarks = ["shrinking was stopped"] };
        }
    }

    private Finding Shrunk(Finding seen, RunRequest request, ReproductionPolicy policy, CancellationToken stop)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(stop);
        time.CancelAfter(TimeMax);
        var found = policy.Scheduled ? request with { Replay = seen.Schedule } : request;
        var reproducer = new Reproducer(target, judge);
        var minimizer = new Minimizer(reproducer, policy, simplerThan) { RunsMax = RunsMax };
        if (minimizer.Minimize(seen.Program, seen.Key, found, stop: time.Token) is not { } minimized)
            return NotAgain(seen, reproducer.Runs);
        ImmutableArray<string> remarks = [Sureness(minimized, time.IsCancellationRequested)];
        return Result(seen, minimized, policy.Scheduled ? remarks : remarks.Add(Rate(reproducer, minimized.Program, seen.Key, request, stop)));
    }

    /// <summary>
    /// A race of a real kernel: how often it fails tells how many runs each candidate needs; one that is rare is made more frequent first.
    /// </summary>
    private Finding Raced(
        Finding seen, ImmutableArray<Answer> answers, RunRequest request, ReproductionPolicy policy, CancellationToken stop)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(stop);
        time.CancelAfter(RaceTimeMax);
        var reproducer = new Reproducer(target, judge);
        var races = new RaceRates(reproducer, request);
        if (races.MostFrequent(seen.Program, answers, seen.Key, RaceTimeMax / 2, time.Token) is not (var program, { First: { } again } rate))
            return NotAgain(seen, reproducer.Runs);
        var minimizer = new Minimizer(reproducer, policy.AtRate(rate.RunsPerFailure), simplerThan) { RunsMax = RaceRunsMax };
        var minimized = minimizer.Minimize(program, seen.Key, request, again, time.Token)!;
        return Result(
            seen,
            minimized,
            [
                Sureness(minimized, time.IsCancellationRequested),
                Text($"a race: {(program == seen.Program ? "as found" : "repeated or enlarged")} it failed in {rate.Failures} of {rate.Runs} runs"),
                Rate(reproducer, minimized.Program, seen.Key, request, stop),
            ]);
    }

    private static Finding Result(Finding seen, Minimized minimized, ImmutableArray<string> remarks) => seen with
    {
        Program = minimized.Program,
        Schedule = minimized.Schedule,
        Evidence = minimized.Reproduction.Violation.Evidence,
        Answers = [.. minimized.Reproduction.Answers.Select(answer => answer.ToString())],
        Results = minimized.Reproduction.Answers,
        Deviation = minimized.Reproduction.Violation.Deviation,
        Remarks = remarks,
    };

    private string Sureness(Minimized minimized, bool outOfTime)
    {
        if (minimized.IsOneMinimal)
            return Counted("1-minimal: no simpler candidate fails in the same way;", minimized.Runs, "runs");
        return outOfTime
            ? Counted("not 1-minimal: its time was over after", minimized.Runs, "runs")
            : Counted("not 1-minimal: the search ended at its bound of", RunsMax, "runs");
    }

    private static Finding NotAgain(Finding seen, int runs) =>
        seen with { Remarks = [Counted("did not fail again in", runs, "runs: not shrunk")] };

    private string Rate(Reproducer reproducer, Program program, FindingKey key, RunRequest request, CancellationToken stop)
    {
        var rate = reproducer.Measure(program, key, request, RateRuns + 1, RateRuns, stop);
        return Text($"fails in {rate.Failures} of {rate.Runs} runs");
    }

    private static string Counted(string before, int count, string after) => Text($"{before} {count} {after}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
