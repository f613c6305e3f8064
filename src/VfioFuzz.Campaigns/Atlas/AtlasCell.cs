using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Atlas;

/// <summary>What a row comes to on a design: by exhaustion of the schedules of its witness.</summary>
public sealed record AtlasCell
{
    public required string Row { get; init; }

    public required string Design { get; init; }

    /// <summary>Whether the design knows all operations of the witness; if not, nothing was searched.</summary>
    public bool IsKnown { get; init; } = true;

    /// <summary>The smallest program that shows the row when each line settles before the next, then a worse one that needs a race.</summary>
    public ImmutableArray<ShownProgram> Shown { get; init; } = [];

    /// <summary>The worst grade of any schedule.</summary>
    public ShownGrade Grade => Shown.IsEmpty ? ShownGrade.Never : Shown[^1].Grade;

    /// <summary>What stands in a table: the grade in turn, then the one that needs a race; n/a, or ? when a bound was reached.</summary>
    public string Mark => !IsKnown ? "n/a"
        : Bound is not null && Shown.IsEmpty ? "?"
        : Shown.IsEmpty ? ShownGrade.Never.Mark()
        : string.Join(' ', Shown.Select(shown => shown.IsRace ? $"{shown.Grade.Mark()} race" : shown.Grade.Mark()));

    /// <summary>States of the searches that stand behind the grade.</summary>
    public long States { get; init; }

    /// <summary>The named bound that kept it from being certain; null: exhausted.</summary>
    public string? Bound { get; init; }

    /// <summary>Other findings that the search came by, as the explorer words them.</summary>
    public ImmutableArray<string> Others { get; init; } = [];
}

/// <summary>A program that shows a row.</summary>
/// <param name="Grade">How badly.</param>
/// <param name="IsRace">Whether a line must start before the line before it has settled, though the witness does not ask for it.</param>
/// <param name="Program">The one with fewest lines, then of fewest steps, then lexicographically first.</param>
/// <param name="Schedule">Its schedule.</param>
public sealed record ShownProgram(ShownGrade Grade, bool IsRace, Program Program, Schedule Schedule)
{
    /// <summary>Its file in the folder of shown programs; empty before it was written.</summary>
    public string File { get; init; } = "";

    /// <summary>What a replay of it ends with, as in a file; null when no rule is broken.</summary>
    public string? Expectation { get; init; }

    /// <summary>Whether no program made of fewer of the witness's lines, in their order, shows it: by search, under every schedule.</summary>
    public bool IsMinimum { get; init; } = true;

    /// <summary>What each line answers.</summary>
    public ImmutableArray<string?> Answers { get; init; } = [];

    /// <summary>Whether another design shows the row by the same program, in the same way.</summary>
    public bool IsSame(ShownProgram other) => Grade == other.Grade && IsRace == other.IsRace && IsMinimum == other.IsMinimum && Program.Equals(other.Program)
        && Schedule.Choices.AsSpan().SequenceEqual(other.Schedule.Choices.AsSpan()) && Answers.AsSpan().SequenceEqual(other.Answers.AsSpan());
}

/// <summary>What one search of a witness came to.</summary>
/// <param name="Grade">The worst.</param>
/// <param name="States">States stored.</param>
/// <param name="Bound">As in an exploration.</param>
/// <param name="Program">The one with fewest lines of that grade, then of fewest steps, then lexicographically first; null: none.</param>
/// <param name="Schedule">Its schedule.</param>
public sealed record WitnessFound(ShownGrade Grade, long States, string? Bound, Program? Program, Schedule Schedule);

/// <summary>The designs as the atlas sees them: what it has searched, without knowing how simulated kernels are made.</summary>
public interface IAtlasDesigns
{
    /// <summary>Kinds of operations that a design knows.</summary>
    KindSet KindsOf(string design);

    /// <summary>A design to run programs on; belongs to the caller.</summary>
    ITarget Open(string design);

    /// <summary>Searches every schedule of a program, and of its parts when they are asked for. Called by several threads.</summary>
    WitnessFound Search(string design, Program program, ScheduleSpace space, ImmutableArray<WatchedAnswer> watched, Func<QuietState, ShownGrade> judge);
}
