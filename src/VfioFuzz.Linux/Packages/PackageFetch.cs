using System.Globalization;
using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Packages;

/// <summary>Brings packages here and unpacks them; nothing is installed.</summary>
internal static class PackageFetch
{
    /// <summary>The folder of a step that holds the packages' unpacked files.</summary>
    public static string Unpack(
        KernelStore store, KernelPackages packages, IProgress<string> progress, CancellationToken cancellation)
    {
        var inputs = string.Join(
            '\n', packages.All.Select(package => $"{package.Name} {package.Version} {package.Sha256}"));
        var fetched = new List<string>();
        var folder = store.Step("packages", inputs, target =>
        {
            Files.DemandRoom(store.Folder, packages.All.Sum(package => package.Size + package.InstalledSize));
            foreach (var package in packages.All)
                fetched.Add(Fetch(store, package, progress, cancellation));
            foreach (var (package, file) in packages.All.Zip(fetched))
            {
                progress.Report($"unpacking {package.Name}");
                Tool.Demand("dpkg", ["-x", file, target], cancellation);
            }
            MakeRelocatable(Path.Combine(target, HeadersOf(packages), "Makefile"));
            Prune(Path.Combine(ModulesOf(target, packages.Release), "kernel"));
        });
        // Only now: an interrupted unpacking finds them again.
        fetched.ForEach(File.Delete);
        return folder;
    }

    /// <summary>The folder, inside the unpacked one, for <c>make -C</c>.</summary>
    public static string HeadersOf(KernelPackages packages) => $"usr/src/linux-headers-{packages.Release}";

    /// <summary>The folder with modules.order; merged-/usr packages bring it under usr/lib.</summary>
    public static string ModulesOf(string folder, string release)
    {
        var merged = Path.Combine(folder, "usr/lib/modules", release);
        return Directory.Exists(merged) ? merged : Path.Combine(folder, "lib/modules", release);
    }

    /// <summary>Nine tenths of a kernel package are drivers that no guest here has a use for.</summary>
    private static void Prune(string modules)
    {
        string[] kept = ["drivers", "drivers/vfio", "drivers/iommu", "drivers/virtio", "virt"];
        foreach (var folder in new[] { modules, Path.Combine(modules, "drivers") })
            foreach (var below in Directory.EnumerateDirectories(folder))
                if (!kept.Contains(Path.GetRelativePath(modules, below)))
                    Files.Remove(below);
    }

    public static string Fetch(
        KernelStore store, DebianPackage package, IProgress<string> progress, CancellationToken cancellation)
    {
        var folder = Path.Combine(store.Folder, "debs");
        var final = Path.Combine(folder, $"{package.Name}-{package.Sha256[..16]}.deb");
        if (File.Exists(final) && ContentHash.OfFile(final) == package.Sha256)
            return final;
        var partial = Path.Combine(
            folder, string.Create(CultureInfo.InvariantCulture, $"partial-{Environment.ProcessId}"));
        Files.Remove(partial);
        Directory.CreateDirectory(partial);
        try
        {
            progress.Report(string.Create(CultureInfo.InvariantCulture,
                $"fetching {package.Name} {package.Version} ({package.Size / 1e6:f1} MB)"));
            var file = Download(package, partial, progress, cancellation);
            if (ContentHash.OfFile(file) != package.Sha256)
                throw new KernelUnavailableException(
                    $"{package.Name}: the fetched file is not the one apt's index names");
            File.Move(file, final, overwrite: true);
            return final;
        }
        finally
        {
            Files.Remove(partial);
        }
    }

    private static string Download(
        DebianPackage package, string folder, IProgress<string> progress, CancellationToken cancellation)
    {
        string[] arguments = ["download", "-q", "-o", "APT::Sandbox::User=root", $"{package.Name}={package.Version}"];
        var result = Tool.Run("apt-get", arguments, cancellation, folder);
        if (!result.Succeeded && Environment.IsPrivilegedProcess)
        {
            // A stale index names files that are gone from the mirror; a fresh one may name the same version elsewhere.
            KernelPackages.Refresh(progress, cancellation);
            result = Tool.Run("apt-get", arguments, cancellation, folder);
        }
        return Directory.EnumerateFiles(folder, "*.deb").FirstOrDefault() is { } file && result.Succeeded
            ? file
            : throw new KernelUnavailableException(
                $"{package.Name} {package.Version} could not be fetched (no network, or the index is stale: "
                + $"run `apt-get update`):\n{result.Tail}");
    }

    /// <summary>
    /// The header package's Makefile includes the common one by its installed path; by a path relative to itself it
    /// works wherever it is unpacked.
    /// </summary>
    private static void MakeRelocatable(string makefile)
    {
        var text = File.ReadAllText(makefile);
        File.WriteAllText(makefile, text.Replace(
            "/usr/src/", "$(dir $(lastword $(MAKEFILE_LIST)))../", StringComparison.Ordinal));
    }
}
