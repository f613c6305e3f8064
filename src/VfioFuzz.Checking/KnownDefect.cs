using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// A defect of real kernels that is known and written down (design decision 9). It explains findings and lets a campaign avoid the programs
/// that can reach it; it never turns a wrong answer into a right one.
/// </summary>
/// <param name="Id">As the reference names it: <c>DL-23</c>.</param>
/// <param name="Statement">What happens, in one sentence.</param>
/// <param name="Kernels">The versions that have it, for people.</param>
/// <param name="Dialects">
/// The same as dialects: what a stable kernel has been given back shows in its dialect, not in its number (type1-semantics 0.1).
/// </param>
/// <param name="CanReach">Whether a program can reach the defect: never false for one that does.</param>
/// <param name="Signs">The exact rules and places that it shows as.</param>
/// <param name="Reference">Where it is described.</param>
public sealed record KnownDefect(
    string Id,
    string Statement,
    string Kernels,
    ImmutableArray<DialectName> Dialects,
    Func<Program, bool> CanReach,
    ImmutableArray<DefectSign> Signs,
    string Reference)
{
    /// <summary>Whether the kernel (or the design of that dialect) behind <paramref name="platform"/> has the defect.</summary>
    public bool AppliesTo(Platform platform) => Dialects.Contains(platform.Dialect);

    /// <summary>Whether a finding is this defect: the program can reach it and the finding looks exactly as an entry's sign.</summary>
    public bool Explains(FindingKey key, Program program) =>
        Signs.Any(sign => sign.Matches(key)) && CanReach(program);
}

/// <summary>How a known defect shows.</summary>
/// <param name="Rule">The rule that is broken.</param>
/// <param name="Parts">Texts that the place must all contain: doings, answers, kernel functions.</param>
public sealed record DefectSign(string Rule, params ImmutableArray<string> Parts)
{
    public bool Matches(FindingKey key) =>
        key.Rule == Rule && Parts.All(part => key.Place.Contains(part, StringComparison.Ordinal));
}
