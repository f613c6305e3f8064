using System.Globalization;
using VfioFuzz.Linux.Images;
using VfioFuzz.Linux.Packages;
using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux;

/// <summary>
/// Makes a kernel ready to boot: fetches (or takes a build tree), extracts vmlinux, builds executor and test mdev,
/// packs the initramfs. What is done already is not done again.
/// </summary>
public static class KernelPreparation
{
    /// <summary>Prepares the kernel and records it in the store under its name.</summary>
    /// <exception cref="KernelUnavailableException">Something is missing; the message says what.</exception>
    public static PreparedKernel Prepare(
        KernelRequest request, IProgress<string> progress, CancellationToken cancellation)
    {
        var store = new KernelStore(request.CacheFolder);
        try
        {
            using var mine = store.Lock(cancellation);
            if (request.BuildTree is { } tree)
                return Assemble(store, request, OfTree(tree), null, progress, cancellation);
            var changed = Type1Variant.Parse(request.Name);
            var series = changed?.Series ?? request.Name;
            var parts = OfPackages(store, series, progress, cancellation);
            var source = request.GuestSource ?? KernelRequest.ShippedGuestSource;
            var type1 = changed?.Variant.Build(store, series, parts, source, progress, cancellation);
            return Assemble(store, request, parts, type1, progress, cancellation);
        }
        catch (IOException exception) when (Files.IsFullDisk(exception))
        {
            throw new KernelUnavailableException(
                $"the disk of {store.Folder} is full; a kernel needs about 1 GiB there while it is "
                + "prepared: make room, or set VFIOFUZZ_CACHE to a folder on another disk", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new KernelUnavailableException(
                $"{store.Folder} cannot be written ({exception.Message}); set VFIOFUZZ_CACHE to a folder that can be",
                exception);
        }
    }

    /// <summary>
    /// The prepared kernel of that name with the guest as its sources are now: a changed executor is rebuilt from
    /// what is in the store, without the network.
    /// </summary>
    internal static PreparedKernel Current(
        KernelStore store, string name, string guestSource, IProgress<string> progress, CancellationToken cancellation)
    {
        var kernel = store.Find(name) ?? throw new KernelUnavailableException(
            $"kernel {name} is not prepared; run\n  vfiofuzz kernel prepare {name}");
        if (ContentHash.OfFolder(guestSource) == kernel.GuestHash)
            return kernel;
        using var mine = store.Lock(cancellation);
        var parts = new KernelParts(
            kernel.Release, kernel.Package, kernel.Vmlinux, null, kernel.Modules, kernel.Headers,
            Path.Combine(kernel.Headers, ".config"), kernel.Compiler);
        RequiredTools.Demand(fetching: false, (parts.Compiler, parts.Compiler));
        return Assemble(store, new KernelRequest(name, GuestSource: guestSource), parts, kernel.Type1, progress, cancellation);
    }

    private static KernelParts OfTree(string tree)
    {
        var parts = BuildTree.Parts(tree);
        RequiredTools.Demand(fetching: false, (parts.Compiler, parts.Compiler));
        return parts;
    }

    private static KernelParts OfPackages(
        KernelStore store, string series, IProgress<string> progress, CancellationToken cancellation)
    {
        if (Tool.Find("apt-cache") is null)
            RequiredTools.Demand(fetching: true);
        var packages = KernelPackages.Newest(series, progress, cancellation);
        RequiredTools.Demand(fetching: true, (packages.Compiler, packages.Compiler), ("xz", "xz-utils"));
        progress.Report($"linux {packages.Release} ({packages.Image.Version})");
        var folder = PackageFetch.Unpack(store, packages, progress, cancellation);
        var headers = Path.Combine(folder, PackageFetch.HeadersOf(packages));
        return new KernelParts(
            packages.Release, packages.Image.Version, null, Path.Combine(folder, "boot", $"vmlinuz-{packages.Release}"),
            PackageFetch.ModulesOf(folder, packages.Release), headers, Path.Combine(headers, ".config"),
            packages.Compiler);
    }

    private static PreparedKernel Assemble(
        KernelStore store, KernelRequest request, KernelParts parts, string? type1, IProgress<string> progress,
        CancellationToken cancellation)
    {
        var vmlinux = parts.Vmlinux ?? Path.Combine(Extract(store, parts.Image!, progress, cancellation), "vmlinux");
        var source = request.GuestSource ?? KernelRequest.ShippedGuestSource;
        var guest = GuestBuild.Make(store, parts, source, progress, cancellation);
        var image = Initramfs.Make(store, parts, guest, progress, cancellation);
        var kernel = new PreparedKernel(
            request.Name, parts.Release, parts.Package, vmlinux, Path.Combine(image, "initramfs"), parts.Headers,
            parts.Modules, parts.Compiler, ContentHash.OfFolder(source), type1);
        store.Save(kernel);
        if (store.Prune(DateTime.UtcNow) is > 0 and var removed)
            progress.Report(string.Create(
                CultureInfo.InvariantCulture, $"removed {removed} steps that no kernel has used for a day"));
        return kernel;
    }

    private static string Extract(
        KernelStore store, string image, IProgress<string> progress, CancellationToken cancellation) =>
        store.Step("vmlinux", ContentHash.OfFile(image), target =>
        {
            progress.Report("extracting vmlinux");
            BootImage.Extract(image, Path.Combine(target, "vmlinux"), cancellation);
        });
}
