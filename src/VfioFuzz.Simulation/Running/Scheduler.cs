using System.Collections.Immutable;
using System.Numerics;
using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Running;

/// <summary>
/// An oracle with one question: which of several runnable tasks goes first. It is asked only when there is a choice, and what it says is
/// the schedule that replays the run (design decision 7).
/// </summary>
internal struct Scheduler
{
    private readonly ImmutableArray<byte> replayed;
    private readonly List<byte>? record;
    private readonly Policy policy;
    private Randomness randomness;
    private int asked;

    private Scheduler(Policy policy, ulong seed, ImmutableArray<byte> replayed, List<byte>? record)
    {
        this.policy = policy;
        this.replayed = replayed;
        this.record = record;
        randomness = new Randomness(seed);
    }

    private enum Policy : byte
    {
        LowestFirst,
        Random,
        Replay,
    }

    /// <summary>Always the lowest task: frozen runs and tear-downs.</summary>
    public static Scheduler LowestFirst => new(Policy.LowestFirst, 0, [], null);

    public static Scheduler Seeded(ulong seed, List<byte>? record) => new(Policy.Random, seed, [], record);

    public static Scheduler Replaying(Schedule schedule, List<byte>? record) =>
        new(Policy.Replay, 0, schedule.Choices, record);

    /// <summary>The task to run, out of a bit for each that can.</summary>
    public int Choose(uint runnable)
    {
        if ((runnable & (runnable - 1)) == 0)
            return BitOperations.TrailingZeroCount(runnable);
        var choice = policy switch
        {
            Policy.Random => randomness.Below((uint)BitOperations.PopCount(runnable)),
            Policy.Replay when asked < replayed.Length && replayed[asked] < BitOperations.PopCount(runnable) => replayed[asked],
            _ => 0u,
        };
        asked++;
        record?.Add((byte)choice);
        for (var skipped = choice; skipped > 0; skipped--)
            runnable &= runnable - 1;
        return BitOperations.TrailingZeroCount(runnable);
    }
}
