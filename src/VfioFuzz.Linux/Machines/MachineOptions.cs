namespace VfioFuzz.Linux.Machines;

/// <summary>What a virtual machine is made of.</summary>
internal sealed record MachineOptions(string Vmlinux, string Initramfs)
{
    public int Processors { get; init; } = 1;

    public string Accelerator { get; init; } = "tcg";

    public int MemoryMebibytes { get; init; } = 256;

    public EmulatedIommu Iommu { get; init; } = EmulatedIommu.Intel;

    public IReadOnlyList<PciDevice> Devices { get; init; } = PciDevice.Usual;

    /// <summary>A boot that takes longer is given up (and tried once more). Two seconds are usual.</summary>
    public TimeSpan BootTime { get; init; } = TimeSpan.FromSeconds(40);

    public string? ConsoleLog { get; init; }
}
