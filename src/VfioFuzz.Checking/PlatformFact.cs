using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>A fact about machines that answers depend on and no dialect speaks of.</summary>
/// <param name="Name">The property of <see cref="Platform"/>.</param>
/// <param name="Differs">Whether two machines differ in it.</param>
/// <param name="Taking">The first machine with this fact as it is on the second.</param>
internal sealed record PlatformFact(
    string Name, Func<Platform, Platform, bool> Differs, Func<Platform, Platform, Platform> Taking)
{
    public static ImmutableArray<PlatformFact> All { get; } =
    [
        new(
            nameof(Platform.PciPageSizes),
            (one, other) => one.PciPageSizes != other.PciPageSizes,
            (one, other) => one with { PciPageSizes = other.PciPageSizes }),
        new(
            nameof(Platform.PciRanges),
            (one, other) => !one.PciRanges.AsSpan().SequenceEqual(other.PciRanges),
            (one, other) => one with { PciRanges = other.PciRanges }),
        new(
            nameof(Platform.DmaEntryLimit),
            (one, other) => one.DmaEntryLimit != other.DmaEntryLimit,
            (one, other) => one with { DmaEntryLimit = other.DmaEntryLimit }),
        new(
            nameof(Platform.WriteOnlyAllowsRead),
            (one, other) => one.WriteOnlyAllowsRead != other.WriteOnlyAllowsRead,
            (one, other) => one with { WriteOnlyAllowsRead = other.WriteOnlyAllowsRead }),
        new(
            nameof(Platform.EnforcesCoherency),
            (one, other) => one.EnforcesCoherency != other.EnforcesCoherency,
            (one, other) => one with { EnforcesCoherency = other.EnforcesCoherency }),
        new(
            nameof(Platform.HasHugePage),
            (one, other) => one.HasHugePage != other.HasHugePage,
            (one, other) => one with { HasHugePage = other.HasHugePage }),
        new(
            nameof(Platform.HasUnsafeInterrupts),
            (one, other) => one.HasUnsafeInterrupts != other.HasUnsafeInterrupts,
            (one, other) => one with { HasUnsafeInterrupts = other.HasUnsafeInterrupts }),
    ];
}
