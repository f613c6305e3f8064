using VfioFuzz.Linux.Images;

namespace VfioFuzz.Linux.Machines;

/// <summary>
/// An IOMMU that QEMU emulates in front of the pci devices. The contract is the same behind each; page sizes, valid
/// iova ranges and what a write-only mapping lets through are the platform's, and are probed.
/// </summary>
/// <param name="Name">As in a target's name: <c>linux/6.12+virtio-iommu</c>.</param>
/// <param name="Driver">The module that drives it, or null when that is always a part of the kernel.</param>
/// <param name="Option">What brings the driver.</param>
/// <param name="Arguments">QEMU's arguments for it.</param>
public sealed record EmulatedIommu(string Name, string? Driver, string Option, params IReadOnlyList<string> Arguments)
{
    /// <summary>39 bits of iova, pages of 4 KiB, 2 MiB and 1 GiB: what most hosts of VFIO have had.</summary>
    public static EmulatedIommu Intel { get; } = OfIntel("intel-iommu", "intremap=on,caching-mode=on,device-iotlb=off");

    /// <summary>The same with four levels of page tables: 48 bits of iova.</summary>
    public static EmulatedIommu Intel48 { get; } =
        OfIntel("intel-iommu-48", "intremap=on,caching-mode=on,device-iotlb=off,aw-bits=48");

    /// <summary>Iovas up to 2^64-1 and every page size from 4 KiB on; does not remap interrupts.</summary>
    public static EmulatedIommu Virtio { get; } =
        new("virtio-iommu", "virtio_iommu", "CONFIG_VIRTIO_IOMMU", "-device", "virtio-iommu-pci");

    /// <summary>The first without remapping of interrupts, as on a host that has it switched off.</summary>
    public static EmulatedIommu IntelUnmapped { get; } = OfIntel("intel-iommu-no-intremap", "intremap=off,caching-mode=on,device-iotlb=off");

    public static IReadOnlyList<EmulatedIommu> All { get; } = [Intel, Intel48, IntelUnmapped, Virtio];

    /// <summary>Drivers that are packed where the kernel has them, and idle without their device.</summary>
    internal static IEnumerable<string> Drivers =>
        All.Select(iommu => iommu.Driver).OfType<string>();

    /// <summary>Fails with the missing option when the kernel cannot drive this IOMMU.</summary>
    internal void DemandDriver(PreparedKernel kernel)
    {
        if (Driver is not null && !new ModuleSet(kernel.Modules).Has(Driver))
            throw new KernelUnavailableException(
                $"linux {kernel.Release} ({kernel.Package}) has no driver for {Name}: {Option} is neither m nor y");
    }

    private static EmulatedIommu OfIntel(string name, string properties) =>
        new(name, null, "CONFIG_INTEL_IOMMU", "-device", $"intel-iommu,{properties}");
}
