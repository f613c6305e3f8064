using System.Collections.Immutable;
using VfioFuzz.Programs;
using VfioFuzz.Programs.Mutation;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>
/// Makes the next input: from nothing, from one entry, or from two. A stretch of inputs is made from one entry under one swarm mask, the kinds of
/// operations that may be inserted: with half of the kinds left out, what remains meets more often.
/// </summary>
/// <param name="queue">What inputs are made from.</param>
/// <param name="kinds">Kinds of operations that inputs may hold.</param>
/// <param name="threads">Threads a process: 1 makes sequential programs, 2 adds second threads and races.</param>
/// <param name="seed">All randomness.</param>
public sealed class InputMaker(Queue queue, KindSet kinds, int threads, ulong seed)
{
    /// <summary>Inputs made from one entry in a row.</summary>
    private const int Stretch = 12;

    /// <summary>One input in so many is drawn from nothing, as long as there is a queue. Not tuned: between 3 and 12 a few seeds showed no difference.</summary>
    private const int FreshOneIn = 3;

    private readonly GeneratedPrograms sequential = new(1, kinds);
    private readonly GeneratedPrograms racing = new(threads, kinds);
    private readonly Choices choices = Choices.OfSeed(0);
    private Randomness randomness = new(seed);
    private readonly ProgramMutator mutator = new(kinds, threads);
    private KindSet swarm;
    private QueueEntry? current;
    private int left;
    private int drawn;

    /// <summary>The next input.</summary>
    public FuzzInput Next()
    {
        if (queue.Length == 0 || randomness.Below(FreshOneIn) == 0)
            return Fresh();
        if (left-- <= 0 || current is null)
            StartStretch();
        choices.Reset(randomness.Next());
        var entry = current!;
        return randomness.Below(16) switch
        {
            < 3 => Spliced(entry),
            3 when entry.Schedule.Choices.Length > 0 => Rescheduled(entry),
            _ => Mutated(entry),
        };
    }

    /// <summary>The same as random generation without feedback would draw next: the mix of <c>check</c>, every other program with races.</summary>
    public FuzzInput Fresh()
    {
        var index = drawn++;
        var program = (index % 2 == 0 ? sequential : racing).Draw(seed, index / 2);
        return new FuzzInput(program, new RunRequest(randomness.Next()), Making.Generated, -1);
    }

    private void StartStretch()
    {
        current = queue.Pick(ref randomness);
        left = Stretch - 1;
        choices.Reset(randomness.Next());
        swarm = Swarm.Draw(choices, kinds);
    }

    private FuzzInput Spliced(QueueEntry entry)
    {
        var other = queue.PickAny(ref randomness);
        var program = mutator.Splice(entry.Program, other.Program, choices, swarm);
        return new FuzzInput(program, Request(entry), Making.Spliced, entry.Number);
    }

    private FuzzInput Mutated(QueueEntry entry) =>
        new(mutator.Mutate(entry.Program, choices, swarm), Request(entry), Making.Mutated, entry.Number);

    private FuzzInput Rescheduled(QueueEntry entry) => new(
        entry.Program,
        choices.Chance(1, 2) ? new RunRequest(randomness.Next()) : new RunRequest(0, Tweaked(entry.Schedule)),
        Making.Rescheduled,
        entry.Number);

    /// <summary>A mutated program mostly keeps what its parent's scheduler chose, as far as that still fits.</summary>
    private RunRequest Request(QueueEntry entry) => randomness.Below(4) == 0
        ? new RunRequest(randomness.Next())
        : new RunRequest(0, entry.Schedule);

    private Schedule Tweaked(Schedule schedule)
    {
        var tweaked = schedule.Choices.ToArray();
        for (var changes = choices.Between(1, 3); changes > 0; changes--)
            tweaked[choices.Below(tweaked.Length)] = (byte)choices.Below(3);
        return new Schedule(ImmutableArray.Create(tweaked));
    }
}
