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
/// <param name="Signs">The exact rules, places and amounts that it shows as.</param>
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
    /// <summary>
    /// The simulated design that has the defect, as part of its name, when not every design of those dialects does: designs mend what would hide
    /// other findings. Empty: every design has it.
    /// </summary>
    public string Design { get; init; } = "";

    /// <summary>The patch of ours that mends it in a real kernel, as its name tells; empty: there is none.</summary>
    public string MendedBy { get; init; } = "";

    /// <summary>Whether the kernel, or the simulated design, behind <paramref name="platform"/> has the defect.</summary>
    public bool AppliesTo(Platform platform) => Dialects.Contains(platform.Dialect)
        && (platform.IsSimulated
            ? platform.Kernel.Contains(Design, StringComparison.Ordinal)
            : MendedBy.Length == 0 || !platform.Kernel.Contains(MendedBy, StringComparison.Ordinal));

    /// <summary>Whether a violation is this defect: the program can reach it and the violation is exactly what an entry's sign says.</summary>
    public bool Explains(SeenViolation seen) => Signs.Any(sign => sign.Matches(seen)) && CanReach(seen.Program);
}

/// <summary>How a known defect shows.</summary>
/// <param name="Rule">The rule that is broken.</param>
/// <param name="Place">Texts that the place must all contain: doings, kernel functions, the kernel's own words. Empty: told by the values.</param>
/// <param name="IsExact">Whether the values are those that the defect yields for this program; null where there are none.</param>
public sealed record DefectSign(string Rule, ImmutableArray<string> Place, Func<SeenViolation, bool>? IsExact = null)
{
    public bool Matches(SeenViolation seen) =>
        seen.Key.Rule == Rule && Place.All(part => seen.Key.Place.Contains(part, StringComparison.Ordinal))
        && (IsExact is null || IsExact(seen));
}
