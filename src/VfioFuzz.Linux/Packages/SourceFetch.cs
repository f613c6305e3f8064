using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Packages;

/// <summary>Brings the vfio sources of a Debian kernel here.</summary>
internal static class SourceFetch
{
    /// <summary>The folder of a step that holds <c>drivers/vfio</c> of the series' newest source package.</summary>
    /// <exception cref="KernelUnavailableException">apt's index has no such package, or it cannot be fetched.</exception>
    public static string Vfio(KernelStore store, string series, IProgress<string> progress, CancellationToken cancellation)
    {
        var name = $"linux-source-{series}";
        if (KernelPackages.Show(name, cancellation) is not { } package)
            throw new KernelUnavailableException(
                $"apt's index has no {name}, whose type1 is to be changed: it comes from Debian's main, updates and security suites; "
                + "run `apt-get update`");
        return store.Step("source", $"{package.Name} {package.Version} {package.Sha256} drivers/vfio", target =>
        {
            // The package and its archive lie side by side before all but one folder goes.
            Files.DemandRoom(store.Folder, 3 * package.Size);
            var file = PackageFetch.Fetch(store, package, progress, cancellation);
            progress.Report($"unpacking drivers/vfio of {name}");
            var unpacked = Path.Combine(target, "package");
            Tool.Demand("dpkg", ["-x", file, unpacked], cancellation);
            var archive = Path.Combine(unpacked, "usr", "src", $"{name}.tar.xz");
            Tool.Demand("tar", ["-xJf", archive, "-C", target, "--strip-components=1", $"{name}/drivers/vfio"], cancellation);
            Files.Remove(unpacked);
            File.Delete(file);
        });
    }
}
