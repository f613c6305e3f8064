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

    /// <summary>Runs from which the rate is told where the target takes no schedule.</summary>
    public int RateRuns { get; init; } = 20;

    /// <summary>
    /// The finding with the smallest program that still fails in the same way; with the program it came with, and a remark, when that does
    /// not fail again.
    /// </summary>
    /// <param name="seen">The finding.</param>
    /// <param name="request">How it was seen; its own schedule is tried first.</param>
    /// <param name="stop">Ends the search early; the best program so far is kept.</param>
    public Finding Shrink(Finding seen, RunRequest request, CancellationToken stop)
    {
        try
        {
            return Shrunk(seen, request, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return seen with { Remarks = ["shrinking was stopped"] };
        }
    }

    private Finding Shrunk(Finding seen, RunRequest request, CancellationToken stop)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(stop);
        time.CancelAfter(TimeMax);
        var policy = ReproductionPolicy.For(target.Name);
        var found = policy.Scheduled ? request with { Replay = seen.Schedule } : request;
        var reproducer = new Reproducer(target, judge);
        if (!policy.Scheduled && policy.TriesFor(seen.Program) > policy.SequentialTries)
        {
            if (reproducer.Try(seen.Program, seen.Key, request, ReproductionPolicy.TriesMax) is null)
                return NotAgain(seen, reproducer.Runs);
            policy = policy.AtRate(reproducer.Runs);
        }
        var minimizer = new Minimizer(reproducer, policy, simplerThan) { RunsMax = RunsMax };
        if (minimizer.Minimize(seen.Program, seen.Key, found, time.Token) is not { } minimized)
            return NotAgain(seen, reproducer.Runs);
        return seen with
        {
            Program = minimized.Program,
            Schedule = minimized.Schedule,
            Evidence = minimized.Reproduction.Violation.Evidence,
            Answers = [.. minimized.Reproduction.Answers.Select(answer => answer.ToString())],
            Remarks = policy.Scheduled
                ? [Sureness(minimized, time.IsCancellationRequested)]
                : [Sureness(minimized, time.IsCancellationRequested), Rate(reproducer, minimized.Program, seen.Key, request, stop)],
        };
    }

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
        var failures = reproducer.Count(program, key, request, RateRuns, stop);
        return string.Create(CultureInfo.InvariantCulture, $"fails in {failures} of {RateRuns} runs");
    }

    private static string Counted(string before, int count, string after) =>
        string.Create(CultureInfo.InvariantCulture, $"{before} {count} {after}");
}
