namespace VfioFuzz.Linux;

/// <summary>A kernel that is ready to boot. Paths are absolute.</summary>
/// <param name="Name">The name it was asked for: <c>6.1</c>, or a tree's.</param>
/// <param name="Release">As uname -r says it.</param>
/// <param name="Package">Package version, or the tree it came from.</param>
/// <param name="Vmlinux">What QEMU boots: the uncompressed kernel, or the bzImage of one without a PVH entry.</param>
/// <param name="Initramfs">The cpio archive with executor and modules.</param>
/// <param name="Headers">Where out-of-tree modules for it are built (<c>make -C</c>).</param>
/// <param name="Modules">Folder with modules.order and the modules themselves.</param>
/// <param name="Compiler">The compiler that builds its modules.</param>
/// <param name="GuestHash">Content hash of the guest sources that the initramfs was made from.</param>
/// <param name="Type1">A changed vfio_iommu_type1.ko that takes the place of the kernel's own, or null.</param>
public sealed record PreparedKernel(
    string Name,
    string Release,
    string Package,
    string Vmlinux,
    string Initramfs,
    string Headers,
    string Modules,
    string Compiler,
    string GuestHash,
    string? Type1 = null)
{
    /// <summary>Whether the files are still there.</summary>
    internal bool IsWhole => File.Exists(Vmlinux) && File.Exists(Initramfs) && Directory.Exists(Headers) && (Type1 is null || File.Exists(Type1));
}
