using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// When a program counts as failing. A simulated run is decided by its schedule, so one failing schedule out of a few is a proof. A real
/// kernel's parallel block fails at some rate, so it must fail <paramref name="Needed"/> times within <paramref name="Tries"/> runs.
/// </summary>
/// <param name="Needed">Failing runs that make a candidate count.</param>
/// <param name="Tries">Runs allowed for that.</param>
/// <param name="Scheduled">Whether the target obeys schedules, so that the found one is worth trying first.</param>
public readonly record struct ReproductionPolicy(int Needed, int Tries, bool Scheduled)
{
    /// <summary>For simulated designs: what runs beside what is open only in a <c>par</c> block.</summary>
    public static ReproductionPolicy Simulated { get; } = new(1, 8, true);

    /// <summary>For simulated designs, sequential programs: only a worker may run beside a line.</summary>
    public static ReproductionPolicy SimulatedSequential { get; } = new(1, 2, true);

    /// <summary>For real kernels, sequential programs: they must answer the same each time.</summary>
    public static ReproductionPolicy Sequential { get; } = new(1, 1, false);

    /// <summary>For real kernels, programs with a <c>par</c> block.</summary>
    public static ReproductionPolicy Racing { get; } = new(1, 20, false);

    /// <summary>What fits a target and a program.</summary>
    public static ReproductionPolicy For(string target, Program program)
    {
        var races = program.Lines.Any(line => line.IsParallel);
        if (target.StartsWith("sim/", StringComparison.Ordinal))
            return races ? Simulated : SimulatedSequential;
        return races ? Racing : Sequential;
    }
}
