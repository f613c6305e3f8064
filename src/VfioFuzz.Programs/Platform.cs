namespace VfioFuzz.Programs;

/// <summary>
/// What the machine that answered is, as probed when it started: facts about this machine, never about the contract.
/// </summary>
/// <param name="Kernel">uname -r and package version, or the design's name.</param>
/// <param name="Dialect">The dialect decided from the version and probes.</param>
/// <param name="PciPageSizes">iova page sizes of a container with a pci device (bit n set: 2^n); 0 without one.</param>
/// <param name="PciRanges">Valid iova ranges, inclusive, of a container with a pci device.</param>
/// <param name="DmaEntryLimit">vfio_iommu_type1's dma_entry_limit.</param>
/// <param name="WriteOnlyAllowsRead">Whether a write-only mapping lets the device read (both are allowed).</param>
public sealed record Platform(
    string Kernel,
    DialectName Dialect,
    ulong PciPageSizes,
    IovaRange[] PciRanges,
    uint DmaEntryLimit,
    bool WriteOnlyAllowsRead)
{
    /// <summary>Whether the IOMMU of a pci device enforces cache coherency, which CHECK_EXTENSION(DMA_CC) asks of every domain of a container.</summary>
    public bool EnforcesCoherency { get; init; }

    /// <summary>
    /// Whether nothing keeps a device behind the IOMMU from forging interrupts (no remapping of them, no isolated MSI): its group is attached only
    /// while allow_unsafe_interrupts is set, as it is when a program starts.
    /// </summary>
    public bool HasUnsafeInterrupts { get; init; }

    /// <summary>
    /// Whether a page of 2 MiB lies at <see cref="Limits.HugeBase"/>: MAP_SHARED of a hugetlb file, readable and writable, one for all processes,
    /// all tags 0 at the start of a program. Simulated machines have none.
    /// </summary>
    public bool HasHugePage { get; init; }

    /// <summary>Whether it is a design's: their names say so, and no kernel's does.</summary>
    public bool IsSimulated => Kernel.StartsWith("sim/", StringComparison.Ordinal);

    /// <summary>
    /// What simulated machines are: the emulated Intel IOMMU of the real-kernel lane, so that programs mean the same.
    /// </summary>
    public static Platform Simulated { get; } = new(
        "simulated", DialectName.Unspecified, 0x40201000,
        [new(new(0), new(0xfedfffff)), new(new(0xfef00000), new(0x7fffffffff))], 65535, true);
}

/// <summary>Iovas from First to Last, both included.</summary>
public readonly record struct IovaRange(Iova First, Iova Last);
