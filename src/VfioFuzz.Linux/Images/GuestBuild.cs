using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Images;

/// <summary>Builds the executor and the test mdev for one kernel.</summary>
internal static class GuestBuild
{
    public const string Executor = "executor";

    public const string MdevFolder = "mdev";

    /// <summary>The folder of a step with <c>executor</c> and <c>mdev/*.ko</c>.</summary>
    public static string Make(
        KernelStore store, KernelParts kernel, string source, IProgress<string> progress,
        CancellationToken cancellation)
    {
        if (!File.Exists(Path.Combine(source, "Makefile")))
            throw new KernelUnavailableException($"{source} does not hold the guest's sources");
        var inputs = $"guest {ContentHash.OfFolder(source)}\nheaders {kernel.Headers} {kernel.Release} "
            + ContentHash.OfFile(Path.Combine(kernel.Headers, "Module.symvers"));
        return store.Step("guest", inputs, target =>
        {
            // Built in a copy: the shipped sources may lie in a folder that is not ours to write.
            var copy = Path.Combine(target, "source");
            Files.CopyFolder(source, copy);
            progress.Report("building the executor");
            Tool.Demand("make", ["-s", "-C", copy, $"OUT={target}", "executor"], cancellation);
            DemandFile(Path.Combine(target, Executor), "the guest's Makefile left no executor");
            progress.Report($"building the test mdev for {kernel.Release}");
            var mdev = Path.Combine(copy, MdevFolder);
            Tool.Demand("make", ModuleArguments(kernel, mdev), cancellation);
            Directory.CreateDirectory(Path.Combine(target, MdevFolder));
            foreach (var module in Directory.EnumerateFiles(mdev, "*.ko"))
                File.Move(module, Path.Combine(target, MdevFolder, Path.GetFileName(module)));
            Files.Remove(copy);
        });
    }

    /// <summary>
    /// Type information (BTF) of a module needs a vmlinux with debug information and pahole, and nothing here reads
    /// it: off.
    /// </summary>
    private static string[] ModuleArguments(KernelParts kernel, string folder) =>
    [
        "-s", "-C", kernel.Headers, $"M={folder}", $"CC={kernel.Compiler}", "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules",
    ];

    private static void DemandFile(string path, string complaint)
    {
        if (!File.Exists(path))
            throw new KernelUnavailableException(complaint);
    }
}
