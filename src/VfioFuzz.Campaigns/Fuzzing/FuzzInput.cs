using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>How an input came to be: part of its file's name, as AFL's <c>op:</c>.</summary>
public enum Making
{
    /// <summary>Drawn from nothing by the generator.</summary>
    Generated,

    /// <summary>Given by the user.</summary>
    Seed,

    /// <summary>Small changes to the program of an entry.</summary>
    Mutated,

    /// <summary>The beginning of one entry and the end of another.</summary>
    Spliced,

    /// <summary>The program of an entry under another schedule.</summary>
    Rescheduled,

    /// <summary>The beginning of an entry, up to a state that few runs came to, and what the generator draws behind it.</summary>
    Continued,

    /// <summary>Taken over from another process of the campaign.</summary>
    Imported,
}

/// <summary>What is run: a program, and how the scheduler is to choose.</summary>
/// <param name="Program">The program.</param>
/// <param name="Request">A schedule to replay, or the seed of one to draw.</param>
/// <param name="Making">How it was made.</param>
/// <param name="Parent">The number of the entry it was made from, or -1.</param>
public readonly record struct FuzzInput(Program Program, RunRequest Request, Making Making, int Parent);

/// <summary>An input that showed something new, as the campaign keeps it.</summary>
public sealed class QueueEntry(int number, Program program, Schedule schedule, Making making, int parent)
{
    /// <summary>Its place in the queue, from 0.</summary>
    public int Number { get; } = number;

    public Program Program { get; } = program;

    /// <summary>The choices that were taken when it was kept.</summary>
    public Schedule Schedule { get; } = schedule;

    public Making Making { get; } = making;

    /// <summary>The entry it was made from, or -1.</summary>
    public int Parent { get; } = parent;

    /// <summary>Whether threads of the program start together.</summary>
    public bool IsRace { get; } = program.Lines.Any(line => line.IsParallel);

    /// <summary>Features of which no smaller entry is known: what makes it worth more than others.</summary>
    public int Championed { get; set; }

    /// <summary>How often something was made from it ...</summary>
    public int Picks { get; set; }

    /// <summary>... and how often that was kept.</summary>
    public int Finds { get; set; }
}
