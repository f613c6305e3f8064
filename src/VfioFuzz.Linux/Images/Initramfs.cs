using System.Text;
using VfioFuzz.Linux.Machines;
using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Images;

/// <summary>The archive that a guest starts from, laid out as guest/executor/init.c reads it.</summary>
internal static class Initramfs
{
    public const string Type1 = "vfio_iommu_type1";

    /// <summary>
    /// What the lane needs, in no particular order, with the option that brings each. The load order follows from
    /// what the modules say they depend on.
    /// </summary>
    private static readonly (string Module, string Option)[] Needed =
    [
        ("vfio", "CONFIG_VFIO"),
        (Type1, "CONFIG_VFIO_IOMMU_TYPE1"),
        ("vfio_pci", "CONFIG_VFIO_PCI"),
        ("mdev", "CONFIG_VFIO_MDEV"),
    ];

    private static readonly string[] Folders = ["dev", "proc", "sys", "tmp", "modules"];

    /// <summary>The folder of a step with <c>initramfs</c>.</summary>
    public static string Make(
        KernelStore store, KernelParts kernel, string guest, IProgress<string> progress, CancellationToken cancellation)
    {
        var modules = new ModuleSet(kernel.Modules);
        var missing = Needed.Where(needed => !modules.Has(needed.Module)).ToArray();
        if (missing.Length > 0)
            throw new KernelUnavailableException($"{kernel.Package} lacks "
                + string.Join(", ", missing.Select(needed => $"{needed.Module} ({needed.Option}=m or y)")));
        KernelModule[] load =
        [
            .. modules.InLoadOrder(
                [.. EmulatedIommu.Drivers.Where(modules.Has), .. Needed.Select(needed => needed.Module)], cancellation),
            .. TestModules(guest),
        ];
        var inputs = $"guest {guest}\n{PciDevice.Configuration(PciDevice.Usual)}"
            + string.Join('\n', load.Select(module => $"{module.Name} {ContentHash.OfBytes(module.Content)}"));
        return store.Step("image", inputs, target =>
        {
            progress.Report($"packing the initramfs with {load.Length} modules");
            using var file = File.Create(Path.Combine(target, "initramfs"));
            Write(file, File.ReadAllBytes(Path.Combine(guest, GuestBuild.Executor)), load);
        });
    }

    /// <summary>The module that a type1 built for coverage tells its blocks to; it lies beside that one.</summary>
    public const string CoverModule = "vfiofuzz_cover.ko";

    /// <summary>An archive to append: another type1 module in place of the kernel's own, with what collects its coverage if it is built to tell.</summary>
    public static byte[] Replacement(string type1)
    {
        if (!File.Exists(type1))
            throw new KernelUnavailableException($"{type1} does not exist");
        var content = File.ReadAllBytes(type1);
        if (!ModuleInformation.IsModule(content))
            throw new KernelUnavailableException($"{type1} is no kernel module");
        if (ModuleSet.Canonical(ModuleInformation.Value(content, "name")) is var name && name != Type1)
            throw new KernelUnavailableException($"{type1} is the module {name}, not {Type1}");
        using var stream = new MemoryStream();
        var archive = new CpioWriter(stream);
        archive.File(PathOf(Type1), content);
        if (Path.Combine(Path.GetDirectoryName(Path.GetFullPath(type1))!, CoverModule) is var cover && File.Exists(cover))
            archive.File($"modules/{CoverModule}", File.ReadAllBytes(cover));
        archive.Finish();
        return stream.ToArray();
    }

    internal static void Write(Stream stream, ReadOnlySpan<byte> executor, IReadOnlyList<KernelModule> load)
    {
        var archive = new CpioWriter(stream);
        foreach (var folder in Folders)
            archive.Folder(folder);
        archive.Device("dev/console", 5, 1);
        archive.Executable("init", executor);
        foreach (var module in load)
            archive.File(PathOf(module.Name), module.Content);
        var order = string.Concat(load.Select(module => $"{module.Name}.ko\n"));
        archive.File("modules/order", Encoding.ASCII.GetBytes(order));
        archive.File("config", Encoding.ASCII.GetBytes(PciDevice.Configuration(PciDevice.Usual)));
        archive.Finish();
    }

    private static string PathOf(string module) => $"modules/{module}.ko";

    private static IEnumerable<KernelModule> TestModules(string guest) =>
        Directory.EnumerateFiles(Path.Combine(guest, GuestBuild.MdevFolder), "*.ko")
            .Order(StringComparer.Ordinal)
            .Select(path => new KernelModule(
                ModuleSet.Canonical(Path.GetFileNameWithoutExtension(path)), File.ReadAllBytes(path)));
}
