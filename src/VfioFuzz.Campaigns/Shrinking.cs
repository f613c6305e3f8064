using System.Globalization;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>Shrinks findings on the target they were seen on and says how sure the result is.</summary>
public sealed class Shrinking(ITarget target, Judge judge, Func<Program, IEnumerable<Program>> simplerThan)
{
    /// <summary>Runs that one minimization may cost.</summary>
    public int RunsMax { get; init; } = Minimizer.RunsMaxDefault;

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
        var policy = ReproductionPolicy.For(target.Name, seen.Program);
        var found = policy.Scheduled ? request with { Replay = seen.Schedule } : request;
        var reproducer = new Reproducer(target, judge);
        var minimizer = new Minimizer(reproducer, policy, simplerThan) { RunsMax = RunsMax };
        if (minimizer.Minimize(seen.Program, seen.Key, found, stop) is not { } minimized)
            return seen with { Remarks = [Counted("did not fail again in", policy.Tries, "runs: not shrunk")] };
        var sure = minimized.IsOneMinimal
            ? Counted("1-minimal: no simpler candidate fails in the same way;", minimized.Runs, "runs")
            : Counted("not 1-minimal: the search ended at its bound of", RunsMax, "runs");
        return seen with
        {
            Program = minimized.Program,
            Schedule = minimized.Schedule,
            Evidence = minimized.Reproduction.Violation.Evidence,
            Answers = [.. minimized.Reproduction.Answers.Select(answer => answer.ToString())],
            Remarks = policy.Scheduled ? [sure] : [sure, Rate(reproducer, minimized, seen.Key, request, stop)],
        };
    }

    private string Rate(
        Reproducer reproducer, Minimized minimized, FindingKey key, RunRequest request, CancellationToken stop)
    {
        var (runs, failures) = (0, 0);
        while (runs < RateRuns && !stop.IsCancellationRequested)
        {
            failures += reproducer.Try(minimized.Program, key, request) is null ? 0 : 1;
            runs++;
        }
        return string.Create(CultureInfo.InvariantCulture, $"fails in {failures} of {runs} runs");
    }

    private static string Counted(string before, int count, string after) =>
        string.Create(CultureInfo.InvariantCulture, $"{before} {count} {after}");
}
