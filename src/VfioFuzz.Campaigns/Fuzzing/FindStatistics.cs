namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>What many trials of one method on one bug come to. A trial that did not find counts as its bound: medians are then lower bounds.</summary>
public sealed class FindStatistics
{
    private readonly long[] executions;

    public FindStatistics(IReadOnlyCollection<FindResult> trials)
    {
        executions = [.. trials.Select(trial => trial.Executions).Order()];
        Found = trials.Count(trial => trial.IsFound);
        Trials = trials.Count;
        SecondsMedian = trials.Select(trial => trial.Seconds).Order().ElementAt(trials.Count / 2);
    }

    public int Trials { get; }

    /// <summary>Trials that found the bug.</summary>
    public int Found { get; }

    /// <summary>Whether the median is a find, and no mere bound.</summary>
    public bool MedianIsFind => Found > Trials / 2;

    public long Median => executions[executions.Length / 2];

    public long Quartile => executions[executions.Length / 4];

    public long ThirdQuartile => executions[executions.Length * 3 / 4];

    public double SecondsMedian { get; }

    /// <summary>
    /// The confidence interval of the median, of 95 % or a little more: the order statistics between which the median lies by the binomial
    /// distribution, whatever the distribution of the trials (Conover, "Practical Nonparametric Statistics", 3.2).
    /// </summary>
    public (long Low, long High) Interval
    {
        get
        {
            var n = executions.Length;
            var (below, tail, term) = (0, 0.0, Math.Pow(0.5, n));
            // The largest rank r for which both tails together stay below 5 %.
            while (below < n / 2 && 2 * (tail + term) <= 0.05)
            {
                tail += term;
                term *= (double)(n - below) / (below + 1);
                below++;
            }
            var rank = Math.Max(0, below - 1);
            return (executions[rank], executions[n - 1 - rank]);
        }
    }
}
