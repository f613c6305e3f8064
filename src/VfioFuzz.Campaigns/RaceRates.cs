using System.Collections.Immutable;
using System.Diagnostics;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>How often races fail on a target that is not reproducible, and which variant of a program fails most often.</summary>
internal sealed class RaceRates(Reproducer reproducer, RunRequest request)
{
    /// <summary>Failures from which a rate is taken: one may be luck.</summary>
    private const int FailuresWanted = 3;

    /// <summary>The same where each failure costs a guest.</summary>
    private const int DearFailuresWanted = 2;

    /// <summary>A program that fails once in so many runs is good enough to shrink.</summary>
    private const int FrequentEnough = 25;

    /// <summary>Runs of a variant at most, when the program itself has a rate to compare with.</summary>
    private const int VariantRunsMax = 200;

    /// <summary>
    /// The program, or the variant of it that fails most often, with its rate; null when none of them failed in the given time.
    /// </summary>
    public (Program Program, MeasuredRate Rate)? MostFrequent(
        Program program, ImmutableArray<Answer> answers, FindingKey key, TimeSpan timeMax, CancellationToken stop)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(stop);
        time.CancelAfter(timeMax / 2);
        var best = (Program: program, Rate: Measure(program, key, ReproductionPolicy.TriesMax, time.Token));
        if (best.Rate is { Failures: > 0, RunsPerFailure: <= FrequentEnough })
            return best;
        var clock = Stopwatch.StartNew();
        foreach (var variant in Amplification.Of(program, answers))
        {
            if (clock.Elapsed > timeMax / 2 || stop.IsCancellationRequested)
                break;
            var rate = Measure(variant, key, VariantRunsMax, stop);
            if (rate.Failures > 0 && (best.Rate.Failures == 0 || rate.RunsPerFailure < best.Rate.RunsPerFailure))
                best = (variant, rate);
            if (best.Rate is { Failures: > 0, RunsPerFailure: <= FrequentEnough })
                break;
        }
        return best.Rate.Failures == 0 ? null : best;
    }

    /// <summary>Whether the machine does not survive such a failure: calls that never return, and complaints of the kernel.</summary>
    private static bool CostsGuests(FindingKey key) => key.Rule == RuleBook.Stuck.Name || key.Rule == RuleBook.Deadlock.Name
        || key.Rule == RuleBook.KernelBug.Name || key.Rule == RuleBook.ConsoleClean.Name;

    private MeasuredRate Measure(Program program, FindingKey key, int runsMax, CancellationToken stop) =>
        reproducer.Measure(program, key, request, CostsGuests(key) ? DearFailuresWanted : FailuresWanted, runsMax, stop);
}
