namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>What a campaign does and when it ends.</summary>
public sealed record FuzzOptions
{
    /// <summary>All randomness.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Runs at most, from the start of this process; those that shrink findings come on top.</summary>
    public long ExecutionsMax { get; init; } = long.MaxValue;

    /// <summary>Time at most.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.MaxValue;

    /// <summary>Threads a process: 1 makes sequential programs, 2 adds second threads and races.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Different findings that are shrunk and stored; later ones are counted only.</summary>
    public int FindingsMax { get; init; } = 200;

    /// <summary>A run that takes longer is a hang.</summary>
    public TimeSpan HangAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Ends the process of a run that does not end, whose input is saved by then, with an exit code: nothing in the process can stop such a run.
    /// </summary>
    public Action<int> EndProcess { get; init; } = Environment.Exit;

    /// <summary>How often <c>fuzzer_stats</c> is written.</summary>
    public TimeSpan StatisticsPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the other processes' queues are looked at, and a line goes to <c>plot_data</c>.</summary>
    public TimeSpan SharingPeriod { get; init; } = TimeSpan.FromSeconds(5);
}
