using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>By how much a run differs from what is allowed: the exact values, which a finding's place leaves out.</summary>
/// <param name="Line">The line it shows at; the number of lines, or -1, for what is observed when all lines are over.</param>
/// <param name="Observed">What was answered or observed.</param>
/// <param name="Allowed">Everything that would have been allowed.</param>
public sealed record Deviation(int Line, Answer Observed, ImmutableArray<Answer> Allowed)
{
    /// <summary>VmLck and pin counts are told in kB, so page counts are known up to the two highest bits.</summary>
    private const int UnknownBits = 2;

    /// <summary>Observed minus the one allowed value, as a signed number of pages; null when it is not about one.</summary>
    public long? Pages => Observed.IsOk && Allowed is [{ IsOk: true } only]
        ? (long)((Observed.Value - only.Value) << UnknownBits) >> UnknownBits
        : null;

    public static Deviation OfPages(ulong observed) => new(-1, Answer.Ok(observed), [Answer.Ok()]);
}

/// <summary>All that tells whether a known defect explains a violation.</summary>
/// <param name="Key">Rule, grade and place.</param>
/// <param name="Deviation">The exact values, for answers and amounts; null for what has none.</param>
/// <param name="Program">The program that ran.</param>
/// <param name="Answers">What each of its lines answered.</param>
public sealed record SeenViolation(FindingKey Key, Deviation? Deviation, Program Program, ImmutableArray<Answer> Answers)
{
    /// <summary>The line that the deviation shows at, or a kind that no program has.</summary>
    public Operation Operation =>
        Deviation is { Line: >= 0 and var line } && line < Program.Lines.Length ? Program.Lines[line].Operation : default;

    /// <summary>Whether a line is known to have returned without errno.</summary>
    public bool HasSucceeded(int line) => line < Answers.Length && Answers[line].IsOk;
}
