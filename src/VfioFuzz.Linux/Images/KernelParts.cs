namespace VfioFuzz.Linux.Images;

/// <summary>What a kernel to be prepared consists of, wherever it came from. Paths are absolute.</summary>
/// <param name="Release">As uname -r says it.</param>
/// <param name="Package">Package version, or the tree.</param>
/// <param name="Vmlinux">What QEMU boots: the uncompressed kernel, or a tree's bzImage when it has no PVH entry;
/// null: made from <paramref name="Image"/>.</param>
/// <param name="Image">The bzImage.</param>
/// <param name="Modules">Folder with modules.order and modules.builtin.</param>
/// <param name="Headers">Where out-of-tree modules are built.</param>
/// <param name="Configuration">The kernel's .config.</param>
/// <param name="Compiler">What builds its modules.</param>
internal sealed record KernelParts(
    string Release,
    string Package,
    string? Vmlinux,
    string? Image,
    string Modules,
    string Headers,
    string Configuration,
    string Compiler);
