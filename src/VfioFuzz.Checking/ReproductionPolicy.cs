using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// When a program counts as failing. A simulated run is decided by its schedule, so one failing schedule out of a few is a proof. A real
/// kernel's parallel block fails at some rate, so it gets as many runs as that rate asks for.
/// </summary>
/// <param name="Tries">Runs (under different schedules, where there are any) that a program with a <c>par</c> block gets to fail once.</param>
/// <param name="SequentialTries">Runs that a program without one gets.</param>
/// <param name="Scheduled">Whether the target obeys schedules, so that the found one is worth trying first.</param>
public readonly record struct ReproductionPolicy(int Tries, int SequentialTries, bool Scheduled)
{
    /// <summary>Failing runs expected of a racing candidate that fails as often as the program it came from: one in twenty is lost.</summary>
    private const int Expected = 3;

    /// <summary>Runs that a racing program gets at most: more would not end.</summary>
    public const int TriesMax = 4000;

    /// <summary>For simulated designs: what runs beside what is open in a <c>par</c> block; elsewhere only a worker may run beside a line.</summary>
    public static ReproductionPolicy Simulated { get; } = new(8, 2, true);

    /// <summary>For real kernels: sequential programs must answer the same each time.</summary>
    public static ReproductionPolicy Real { get; } = new(20, 1, false);

    /// <summary>What fits a target.</summary>
    public static ReproductionPolicy For(string target) =>
        target.StartsWith("sim/", StringComparison.Ordinal) ? Simulated : Real;

    /// <summary>Runs to ask a target for at once, at first: so many that half of the programs that fail as often as told do so in them.</summary>
    public int Stream { get; private init; } = 1;

    /// <summary>This policy for a race that was seen to fail once in so many runs.</summary>
    public ReproductionPolicy AtRate(int runsPerFailure) => Scheduled
        ? this
        : this with
        {
            Tries = Math.Clamp(Expected * runsPerFailure, Tries, TriesMax),
            Stream = Math.Clamp(runsPerFailure / 2, 1, TriesMax),
        };

    public int TriesFor(Program program) => Races(program) ? Tries : SequentialTries;

    /// <summary>Whether a program's answers depend on an order that it does not say.</summary>
    public static bool Races(Program program) => program.Lines.Any(line => line.IsParallel);
}
