namespace VfioFuzz.Programs;

/// <summary>
/// How a simulated target chooses among tasks that can run when no schedule says so: each time at random, or by probabilistic concurrency
/// testing (Burckhardt and others, ASPLOS 2010). There every task has a random priority, the highest goes, and at so many random choices the
/// one that would go falls below all others: a defect that needs d orderings shows with a probability of at least 1 / (n k^(d-1)) for n tasks
/// and k choices, whatever else the schedule does.
/// </summary>
public readonly record struct SchedulePolicy
{
    /// <summary>Deepest defect that can be asked for.</summary>
    public const int DepthMax = 8;

    /// <summary>Each choice at random.</summary>
    public static SchedulePolicy Random => default;

    /// <summary>d of the guarantee, one more than the priority changes of a run; 0: not by priorities.</summary>
    public int Depth { get; private init; }

    /// <param name="depth">1 to <see cref="DepthMax"/>.</param>
    public static SchedulePolicy Pct(int depth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, DepthMax);
        return new SchedulePolicy { Depth = depth };
    }

    /// <summary>As on the command line: <c>random</c> or <c>pct:D</c>; null when the words are neither.</summary>
    public static SchedulePolicy? Parse(string words) => words.Split(':') switch
    {
        ["random"] => Random,
        ["pct", var depth] when int.TryParse(depth, out var d) && d is >= 1 and <= DepthMax => Pct(d),
        _ => null,
    };

    public override string ToString() => Depth == 0 ? "random" : $"pct:{Depth}";
}
