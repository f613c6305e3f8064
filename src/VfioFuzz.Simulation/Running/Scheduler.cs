using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Running;

/// <summary>
/// An oracle with one question: which of several runnable tasks goes first. It is asked only when there is a choice, and what it says is
/// the schedule that replays the run (design decision 7).
/// </summary>
internal struct Scheduler
{
    /// <summary>
    /// k of probabilistic concurrency testing: the choices, of all tasks, among which priorities change. Most par blocks ask for fewer than
    /// so many a line.
    /// </summary>
    private const int ChoicesOfALine = 4;

    private readonly ImmutableArray<byte> replayed;
    private readonly List<byte>? record;
    private readonly Policy policy;
    private Priorities priorities;
    private Changes changes;
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
        Pct,
    }

    /// <summary>Always the lowest task: frozen runs and tear-downs.</summary>
    public static Scheduler LowestFirst => new(Policy.LowestFirst, 0, [], null);

    /// <param name="policy">How it chooses.</param>
    /// <param name="seed">All its randomness.</param>
    /// <param name="lines">Lines of the program that will run.</param>
    /// <param name="record">Where what it says goes; null: nowhere.</param>
    public static Scheduler Seeded(SchedulePolicy policy, ulong seed, int lines, List<byte>? record)
    {
        var scheduler = new Scheduler(policy.Depth == 0 ? Policy.Random : Policy.Pct, seed, [], record);
        if (policy.Depth != 0)
            scheduler.DrawPriorities(policy.Depth, (uint)Math.Max(1, lines * ChoicesOfALine));
        return scheduler;
    }

    public static Scheduler Replaying(Schedule schedule, List<byte>? record) =>
        new(Policy.Replay, 0, schedule.Choices, record);

    /// <summary>Takes the choices of a schedule first, then draws.</summary>
    public static Scheduler GoingOn(Schedule schedule, ulong seed, List<byte>? record) =>
        new(Policy.Random, seed, schedule.Choices, record);

    /// <summary>The task to run, out of a bit for each that can.</summary>
    public int Choose(uint runnable)
    {
        if ((runnable & (runnable - 1)) == 0)
            return BitOperations.TrailingZeroCount(runnable);
        var choice = policy switch
        {
            Policy.Random when asked >= replayed.Length => randomness.Below((uint)BitOperations.PopCount(runnable)),
            Policy.Replay or Policy.Random when asked < replayed.Length && replayed[asked] < BitOperations.PopCount(runnable) => replayed[asked],
            Policy.Pct => ByPriority(runnable),
            _ => 0u,
        };
        asked++;
        record?.Add((byte)choice);
        for (var skipped = choice; skipped > 0; skipped--)
            runnable &= runnable - 1;
        return BitOperations.TrailingZeroCount(runnable);
    }

    /// <summary>A random order of tasks above all that priorities will fall to, and d - 1 choices at which one does.</summary>
    private void DrawPriorities(int depth, uint choices)
    {
        for (var task = 0; task < Limits.TasksMax; task++)
        {
            var other = (int)randomness.Below((uint)task + 1);
            priorities[task] = priorities[other];
            priorities[other] = (byte)(depth + task);
        }
        for (var change = 0; change < depth - 1; change++)
            changes[change] = (ushort)(1 + randomness.Below(choices));
    }

    /// <summary>How many runnable tasks are below the one of highest priority.</summary>
    private uint ByPriority(uint runnable)
    {
        var highest = Highest(runnable);
        for (var change = 0; change < SchedulePolicy.DepthMax - 1; change++)
        {
            if (changes[change] != asked + 1)
                continue;
            // The i-th change gives the i-th lowest priority, which no task has.
            priorities[highest] = (byte)change;
            highest = Highest(runnable);
        }
        return (uint)BitOperations.PopCount(runnable & (1u << highest) - 1);
    }

    private readonly int Highest(uint runnable)
    {
        var highest = BitOperations.TrailingZeroCount(runnable);
        for (var rest = runnable; rest != 0; rest &= rest - 1)
        {
            var task = BitOperations.TrailingZeroCount(rest);
            if (priorities[task] > priorities[highest])
                highest = task;
        }
        return highest;
    }

    [InlineArray(Limits.TasksMax)]
    private struct Priorities
    {
        private byte first;
    }

    /// <summary>Numbers of choices from 1; 0: no change.</summary>
    [InlineArray(SchedulePolicy.DepthMax - 1)]
    private struct Changes
    {
        private ushort first;
    }
}
