namespace VfioFuzz.Linux.Images;

/// <summary>A kernel's .config, and what the real-kernel lane needs of it.</summary>
internal sealed class KernelConfiguration
{
    /// <summary>
    /// Any option of a row satisfies it. Beside VFIO itself: an IOMMU that QEMU emulates, the serial console, the
    /// memory that programs use, a RAM disk to start from, modules (the test mdev is one) and what the executor
    /// reads, waits on and sends fds through.
    /// </summary>
    private static readonly string[][] Needed =
    [
        ["CONFIG_VFIO"],
        ["CONFIG_VFIO_IOMMU_TYPE1"],
        ["CONFIG_VFIO_PCI"],
        ["CONFIG_VFIO_MDEV"],
        ["CONFIG_IOMMU_SUPPORT"],
        ["CONFIG_INTEL_IOMMU"],
        ["CONFIG_IRQ_REMAP"],
        ["CONFIG_PCI_MSI"],
        ["CONFIG_MODULES"],
        ["CONFIG_BLK_DEV_INITRD"],
        ["CONFIG_BINFMT_ELF"],
        ["CONFIG_DEVTMPFS"],
        ["CONFIG_PROC_FS"],
        ["CONFIG_SYSFS"],
        ["CONFIG_TMPFS"],
        ["CONFIG_MEMFD_CREATE"],
        ["CONFIG_PROC_SYSCTL"],
        ["CONFIG_FUTEX"],
        ["CONFIG_UNIX"],
        ["CONFIG_SERIAL_8250_CONSOLE"],
        ["CONFIG_PVH"],
    ];

    private readonly Dictionary<string, string> values;

    public KernelConfiguration(string file)
    {
        values = File.ReadLines(file)
            .Where(line => line.StartsWith("CONFIG_", StringComparison.Ordinal))
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1].Trim('"'), StringComparer.Ordinal);
    }

    /// <summary>Options that are off and must not be, by name; a row of alternatives as "A or B".</summary>
    /// <param name="bootsImage">A bzImage boots through a BIOS and does not need the PVH entry.</param>
    public IReadOnlyList<string> Missing(bool bootsImage = false) =>
        [.. Needed
            .Where(row => !row.Any(IsOn) && !(bootsImage && row[0] == "CONFIG_PVH"))
            .Select(row => string.Join(" or ", row))];

    public bool IsOn(string option) => values.GetValueOrDefault(option) is "y" or "m";

    public string Value(string option) => values.GetValueOrDefault(option, "");
}
