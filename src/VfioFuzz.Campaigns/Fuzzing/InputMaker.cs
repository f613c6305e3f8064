using System.Collections.Immutable;
using VfioFuzz.Programs;
using VfioFuzz.Programs.Mutation;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>
/// Makes the next input. Most go on from a state that few runs came to: the shortest beginning that comes there, and behind it what the generator draws
/// when it has seen those lines. What goes wrong in a kernel takes a few rare things in a row; going on from the first, the second is as near as the
/// first was. Some are drawn from nothing, so that an engine never does much worse than the generator; a few are mutations of the queue's entries,
/// which know of edges.
/// </summary>
/// <param name="queue">What was kept.</param>
/// <param name="frontier">States that runs came to.</param>
/// <param name="kinds">Kinds of operations that inputs may hold.</param>
/// <param name="threads">Threads a process: 1 makes sequential programs, 2 adds second threads and races.</param>
/// <param name="seed">All randomness.</param>
public sealed class InputMaker(Queue queue, Frontier frontier, KindSet kinds, int threads, ulong seed)
{
    private const int Shares = 20;

    /// <summary>Twentieths of the inputs that are drawn from nothing. Between 2 and 7 fifteen mutants and nine seeds showed no difference.</summary>
    private const int FreshShares = 5;

    /// <summary>Twentieths that are changed entries of the queue: with two and a half, the same mutants were found half as late again.</summary>
    private const int EntryShares = 1;

    /// <summary>One beginning in so many is mutated first.</summary>
    private const int MutatedOneIn = 5;

    /// <summary>Inputs made from one entry in a row, under one swarm mask: with half of the kinds left out, what remains meets more often.</summary>
    private const int Stretch = 12;

    private static readonly GeneratorOptions Continuing = GeneratorOptions.Default with { LinesLeast = 12, LinesMost = 36 };

    private readonly GeneratedPrograms sequential = new(1, kinds);
    private readonly GeneratedPrograms racing = new(threads, kinds);
    private readonly GeneratorOptions continuing = Continuing with { Kinds = kinds };
    private readonly GeneratorOptions continuingRaces = Continuing with { Kinds = kinds, Threads = threads };
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
        var share = randomness.Below(Shares);
        if (frontier.Length == 0 || share < FreshShares)
            return Fresh();
        return share < FreshShares + EntryShares && queue.Length > 0 ? OfEntry() : Continued();
    }

    /// <summary>The same as random generation without feedback would draw next: the mix of <c>check</c>, every other program with races.</summary>
    public FuzzInput Fresh()
    {
        var index = drawn++;
        var program = (index % 2 == 0 ? sequential : racing).Draw(seed, index / 2);
        return new FuzzInput(program, new RunRequest(randomness.Next()), Making.Generated, -1);
    }

    private FuzzInput Continued()
    {
        var (program, schedule, lines) = frontier.Draw(ref randomness);
        choices.Reset(randomness.Next());
        if (randomness.Below(MutatedOneIn) == 0)
        {
            program = mutator.Mutate(new Program(program.World, program.Lines[..lines]), choices, kinds);
            lines = program.Lines.Length;
        }
        program = Generator.Continue(choices, randomness.Below(2) == 0 ? continuing : continuingRaces, program, lines);
        return new FuzzInput(program, new RunRequest(randomness.Next(), schedule, GoesOn: true), Making.Continued, -1);
    }

    private FuzzInput OfEntry()
    {
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
