using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>
/// What a kernel release promises, one property for each promise that differs between releases (type1-semantics 0.1). Data, never code
/// paths by version: a rule asks for the property it depends on.
/// </summary>
public sealed record Dialect
{
    public required DialectName Name { get; init; }

    /// <summary>The kernels that speak it, for people.</summary>
    public required string Kernels { get; init; }

    /// <summary>UNMAP knows ALL (v5.12+; type1-semantics 1.6).</summary>
    public bool KnowsUnmapAll { get; init; } = true;

    /// <summary>UNMAP and MAP know VADDR (v5.12+; type1-semantics 1.5, 1.6).</summary>
    public bool UpdatesVaddr { get; init; } = true;

    /// <summary>pin, dma_rw and the replay of an attach sleep in vfio_wait while a vaddr they need is invalid (5.5).</summary>
    public bool WaitsForVaddr { get; init; }

    /// <summary>After a wait, vfio_pin_pages goes on with the next page instead of looking at all again (bug-zoo BZ-04).</summary>
    public bool ForgetsThatItWaited { get; init; }

    /// <summary>Invalid vaddrs and emulated groups exclude each other by EBUSY, in both directions (1.6 row 5, 3.1 row 1).</summary>
    public bool ExcludesEmulatedGroups { get; init; }

    /// <summary>MAP+VADDR from another address space moves the charge and the ownership to it (4.4).</summary>
    public bool ChangesOwner { get; init; }

    /// <summary>Pins and charges go to the address space recorded at MAP, not to the mapper task's present one (6.1).</summary>
    public bool RecordsAddressSpace { get; init; }

    /// <summary>UNMAP stops silently at a mapping whose task now has another address space than the caller (4.1 row 2).</summary>
    public bool UnmapStopsAtForeignMapping { get; init; }

    /// <summary>CHECK_EXTENSION(UPDATE_VADDR) without an iommu driver (1.2).</summary>
    public bool OffersUpdateVaddrBeforeSetIommu { get; init; }

    /// <summary>SET_IOMMU and CHECK_EXTENSION know TYPE1_NESTING (1.2, 1.3).</summary>
    public bool KnowsNesting { get; init; } = true;

    /// <summary>SET_CONTAINER with an fd that is no container's (7.1; corrections C6).</summary>
    public Errno ForeignContainerErrno { get; init; } = Errno.EINVAL;

    /// <summary>
    /// The driver of an mdev is opened before the device is registered, so that work in between finds nobody to notify (5.6,
    /// corrections C5). Otherwise either order is allowed: the change lies inside the dialects around it.
    /// </summary>
    public bool RegistersAfterOpening { get; init; }

    /// <summary>Ranges that wrap answer EOVERFLOW, before most other checks, and may end at 2^64 (1.5, 1.6, 5.2).</summary>
    public bool ChecksOverflow { get; init; }

    /// <summary>The data behind a name; <see cref="DialectName.Unspecified"/> has none.</summary>
    public static Dialect Of(DialectName name) => name switch
    {
        DialectName.Pre => Pre,
        DialectName.Blk1 => Blk1,
        DialectName.Blk2 => Blk2,
        DialectName.Blk3 => Blk3,
        DialectName.S61 => S61,
        DialectName.Exc => Exc,
        DialectName.Ovf => Ovf,
        DialectName.Removal => Removal,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such dialect"),
    };

    /// <summary>The dialects whose every promise the model has; of the others it knows the promises listed here.</summary>
    public static IReadOnlyList<DialectName> Complete { get; } = [DialectName.Blk3, DialectName.S61, DialectName.Exc];

    public override string ToString() => $"{Name} ({Kernels})";

    private static readonly Dialect Pre = new()
    {
        Name = DialectName.Pre,
        Kernels = "v5.10, v5.11",
        KnowsUnmapAll = false,
        UpdatesVaddr = false,
        RecordsAddressSpace = true,
        UnmapStopsAtForeignMapping = true,
    };

    private static readonly Dialect Blk3 = new()
    {
        Name = DialectName.Blk3,
        Kernels = "v6.0 to v6.2",
        WaitsForVaddr = true,
        OffersUpdateVaddrBeforeSetIommu = true,
    };

    private static readonly Dialect Blk2 = Blk3 with
    {
        Name = DialectName.Blk2,
        Kernels = "v5.15 to v5.19",
        UnmapStopsAtForeignMapping = true,
    };

    private static readonly Dialect Blk1 = Blk2 with
    {
        Name = DialectName.Blk1,
        Kernels = "v5.12 to v5.14",
        ForgetsThatItWaited = true,
    };

    private static readonly Dialect S61 = new()
    {
        Name = DialectName.S61,
        Kernels = "v6.1 stable, late",
        ExcludesEmulatedGroups = true,
        ChangesOwner = true,
        RecordsAddressSpace = true,
        RegistersAfterOpening = true,
    };

    private static readonly Dialect Exc = S61 with
    {
        Name = DialectName.Exc,
        Kernels = "v6.3 to v6.17",
        RegistersAfterOpening = false,
        ForeignContainerErrno = Errno.EBADFD,
    };

    private static readonly Dialect Ovf = Exc with
    {
        Name = DialectName.Ovf,
        Kernels = "v6.18 and later",
        KnowsNesting = false,
        ChecksOverflow = true,
    };

    private static readonly Dialect Removal = Exc with
    {
        Name = DialectName.Removal,
        Kernels = "none: proposed on the list, 2022-10-06",
        UpdatesVaddr = false,
    };
}
