namespace VfioFuzz.Linux.Machines;

/// <summary>A pci device of the machine that vfio-pci takes in the guest.</summary>
/// <param name="Ids">Vendor and device, as the guest's /config names it.</param>
/// <param name="IsDmaEngine">Whether the executor knows how to make it access memory (guest/executor/sdhci.c).</param>
/// <param name="Arguments">QEMU's arguments for it; {card} is the path of a raw file of <see cref="CardSize"/>
/// bytes that is its own, {number} its place among the devices.</param>
internal sealed record PciDevice(string Ids, bool IsDmaEngine, params IReadOnlyList<string> Arguments)
{
    public const long CardSize = 1 << 20;

    /// <summary>
    /// An SD host with a card as DMA engine: programmed by registers alone, and done when the command has been
    /// written. So a DMA takes no memory of the program's container, where lsi53c895a wants its script mapped and
    /// edu takes 100 ms.
    /// </summary>
    public static PciDevice SdHost { get; } = new(
        "1b36:0007", true,
        "-drive", "if=none,id=card{number},format=raw,file={card}",
        "-device", "sdhci-pci,id=host{number}", "-device", "sd-card,drive=card{number},bus=pcie.0/host{number}/sd-bus");

    /// <summary>
    /// The same with a second function, which the IOMMU cannot tell from the first: they share a group. Attaching that one costs more, so it is a
    /// device of its own. QEMU's test device is nobody's but the harness's (guest/mdev/host.c).
    /// </summary>
    public static PciDevice SdHostWithSibling { get; } = SdHost with
    {
        Arguments =
        [
            "-drive", "if=none,id=card{number},format=raw,file={card}",
            "-device", "sdhci-pci,id=host{number},addr=10.0,multifunction=on",
            "-device", "sd-card,drive=card{number},bus=pcie.0/host{number}/sd-bus",
            "-device", "pci-testdev,addr=10.1",
        ],
    };

    /// <summary>
    /// What machines have unless told otherwise: two plain ones, since a second iommu group joins the first one's domain, and one with a sibling.
    /// </summary>
    public static IReadOnlyList<PciDevice> Usual { get; } = [SdHost, SdHost, SdHostWithSibling];

    /// <summary>
    /// A device that is memory and nothing else: what programs map as a device's. It is the harness's, in no world, and as large as the window.
    /// </summary>
    public static IReadOnlyList<string> Memory { get; } =
        ["-object", "memory-backend-ram,id=memory,size=64K", "-device", "ivshmem-plain,memdev=memory"];

    /// <summary>
    /// The guest's /config: which devices to give to vfio-pci, in the order of a world's pci devices.
    /// </summary>
    public static string Configuration(IEnumerable<PciDevice> devices) =>
        string.Concat(devices.Select(device => $"pci {device.Ids}{(device.IsDmaEngine ? " dma" : "")}\n"));
}
