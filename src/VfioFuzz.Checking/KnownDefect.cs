using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>A kernel's version as far as defects are dated by it.</summary>
public readonly record struct KernelVersion(int Major, int Minor) : IComparable<KernelVersion>
{
    /// <summary>The version at the start of a uname -r; null for what is no release (a simulated design).</summary>
    public static KernelVersion? Of(string kernel)
    {
        var parts = kernel.Split('.', '-', '+');
        return parts.Length >= 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
                ? new KernelVersion(major, minor)
                : null;
    }

    public int CompareTo(KernelVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public static bool operator <(KernelVersion left, KernelVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(KernelVersion left, KernelVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(KernelVersion left, KernelVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(KernelVersion left, KernelVersion right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"v{Major}.{Minor}";
}

/// <summary>
/// A defect of real kernels that is known and written down (design decision 9). It explains findings and lets a campaign avoid the programs
/// that can reach it; it never turns a wrong answer into a right one.
/// </summary>
/// <param name="Id">As the reference names it: <c>DL-23</c>.</param>
/// <param name="Statement">What happens, in one sentence.</param>
/// <param name="First">First kernel with the defect.</param>
/// <param name="Last">Last kernel with it, or null when none is known to be free of it.</param>
/// <param name="CanReach">Whether a program can reach the defect: never false for one that does.</param>
/// <param name="Signs">The exact rules and places (or their beginnings, as said per sign) that it shows as.</param>
/// <param name="Reference">Where it is described.</param>
public sealed record KnownDefect(
    string Id,
    string Statement,
    KernelVersion First,
    KernelVersion? Last,
    Func<Program, bool> CanReach,
    ImmutableArray<DefectSign> Signs,
    string Reference)
{
    /// <summary>
    /// Whether the kernel behind <paramref name="platform"/> has the defect. A simulated design has those of real kernels only when its
    /// own steps do, so no entry applies to it.
    /// </summary>
    public bool AppliesTo(Platform platform) =>
        KernelVersion.Of(platform.Kernel) is { } version && version >= First && (Last is null || version <= Last);

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
