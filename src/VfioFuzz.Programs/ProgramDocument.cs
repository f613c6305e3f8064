using System.Collections.Immutable;

namespace VfioFuzz.Programs;

/// <summary>A <c>.vprog</c> file: a program and what is said about it. Equal by content.</summary>
public sealed class ProgramDocument(Program program) : IEquatable<ProgramDocument>
{
    public Program Program { get; init; } = program;

    /// <summary>The promise that the expectation is judged by; unspecified: the target's own.</summary>
    public DialectName Dialect { get; init; }

    /// <summary>Targets that the file is replayed on, as on the command line.</summary>
    public ImmutableArray<string> Targets { get; init; } = [];

    /// <summary>
    /// What replaying shows (<c>deadlock/kill-one</c>, <c>pass</c>), one word; null when nothing is promised.
    /// </summary>
    public string? Expectation { get; init; }

    /// <summary>The schedule of simulated targets.</summary>
    public Schedule Schedule { get; init; } = Schedule.Empty;

    /// <summary>
    /// The comment behind each line (its answer, for readers), null where there is none; empty when no line has one.
    /// </summary>
    public ImmutableArray<string?> ExpectedAnswers { get; init; } = [];

    /// <summary>Comments that stand on a line of their own.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    public bool Equals(ProgramDocument? other) =>
        other is not null
        && Program.Equals(other.Program)
        && Dialect == other.Dialect
        && Targets.AsSpan().SequenceEqual(other.Targets.AsSpan())
        && Expectation == other.Expectation
        && Schedule.Choices.AsSpan().SequenceEqual(other.Schedule.Choices.AsSpan())
        && ExpectedAnswers.AsSpan().SequenceEqual(other.ExpectedAnswers.AsSpan())
        && Notes.AsSpan().SequenceEqual(other.Notes.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as ProgramDocument);

    public override int GetHashCode() => Program.GetHashCode();
}
