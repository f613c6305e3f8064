namespace VfioFuzz.Linux.Machines;

/// <summary>What a virtual machine is made of.</summary>
internal sealed record MachineOptions(string Vmlinux, string Initramfs)
{
    public int Processors { get; init; } = 1;

    public string Accelerator { get; init; } = "tcg";

    public int MemoryMebibytes { get; init; } = 256;

    /// <summary>
    /// Devices behind the IOMMU that vfio-pci takes. The lsi53c895a is the DMA engine: a move of its script is done
    /// when the doorbell's write returns (4-7 us), where edu takes 100 ms.
    /// </summary>
    public IReadOnlyList<string> Devices { get; init; } = ["lsi53c895a"];

    /// <summary>Objects and drives those devices need: whole arguments.</summary>
    public IReadOnlyList<string> MoreArguments { get; init; } = [];

    /// <summary>A boot that takes longer is given up (and tried once more). Two seconds are usual.</summary>
    public TimeSpan BootTime { get; init; } = TimeSpan.FromSeconds(40);

    public string? ConsoleLog { get; init; }
}
