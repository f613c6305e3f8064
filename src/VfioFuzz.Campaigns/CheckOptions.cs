using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>What a check campaign does and when it ends.</summary>
public sealed record CheckOptions
{
    /// <summary>All randomness of the campaign.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How a simulated target chooses among tasks that can run.</summary>
    public SchedulePolicy Schedule { get; init; }

    /// <summary>Programs drawn at most.</summary>
    public int ProgramsMax { get; init; } = int.MaxValue;

    /// <summary>Time in which programs are drawn; shrinking what was found comes on top.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.MaxValue;

    /// <summary>Whether programs that can reach a known defect of the target's kernel are left out (and counted).</summary>
    public bool AvoidKnown { get; init; }

    /// <summary>Whether findings are shrunk; else they are stored as they were seen.</summary>
    public bool Shrinks { get; init; } = true;

    /// <summary>Different findings that are shrunk and stored; later ones are counted only.</summary>
    public int FindingsMax { get; init; } = 40;

    /// <summary>One judged history in so many is judged again with a planted wrong answer.</summary>
    public int CanaryPeriod { get; init; } = 64;

    /// <summary>Runs that one minimization may cost.</summary>
    public int MinimizerRunsMax { get; init; } = Minimizer.RunsMaxDefault;

    /// <summary>Runs from which the rate of a finding on a target without schedules is told.</summary>
    public int RateRuns { get; init; } = 20;
}
