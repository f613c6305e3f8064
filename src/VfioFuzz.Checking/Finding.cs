using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>A violation with all that is needed to see it again.</summary>
public sealed record Finding
{
    /// <summary>Which rule, in which grade, where: two findings with one key are one finding.</summary>
    public required FindingKey Key { get; init; }

    public required Program Program { get; init; }

    /// <summary>The schedule of a simulated target; empty for a real kernel.</summary>
    public Schedule Schedule { get; init; } = Schedule.Empty;

    /// <summary>Targets it was seen on.</summary>
    public ImmutableArray<string> Targets { get; init; } = [];

    public DialectName Dialect { get; init; }

    /// <summary>The campaign's seed and the number of the program that showed it first.</summary>
    public Origin? Origin { get; init; }

    /// <summary>The facts, one a line: who waits for whom, what was observed and what is allowed.</summary>
    public string Evidence { get; init; } = "";

    /// <summary>The last answer of each line, as text.</summary>
    public ImmutableArray<string?> Answers { get; init; } = [];

    /// <summary>The same as values; empty for a finding that was read from a file.</summary>
    public ImmutableArray<Answer> Results { get; init; } = [];

    /// <summary>The exact values of the violation, where it has some.</summary>
    public Deviation? Deviation { get; init; }

    /// <summary>What known defects are asked about.</summary>
    public SeenViolation AsSeen => new(Key, Deviation, Program, Results);

    /// <summary>What else a reader should know, one a line: the minimizer's word, the known defect, the rate.</summary>
    public ImmutableArray<string> Remarks { get; init; } = [];
}

/// <summary>Where a finding was drawn from.</summary>
/// <param name="Seed">The campaign's seed.</param>
/// <param name="Index">The number of the program in the campaign.</param>
public readonly record struct Origin(ulong Seed, int Index);
