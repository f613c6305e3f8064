using System.Text.RegularExpressions;
using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Images;

/// <summary>A kernel built by the user: source and objects in one folder (or an O= folder).</summary>
internal static class BuildTree
{
    public static KernelParts Parts(string folder)
    {
        var tree = Path.GetFullPath(folder);
        if (!Directory.Exists(tree))
            throw new KernelUnavailableException($"{tree} does not exist");
        var configuration = Path.Combine(tree, ".config");
        if (!File.Exists(configuration))
            throw new KernelUnavailableException($"{tree} is no kernel build tree: it has no .config");
        var vmlinux = Existing(tree, "vmlinux");
        var image = Existing(tree, "arch/x86/boot/bzImage");
        if (vmlinux is null && image is null)
            throw new KernelUnavailableException(
                $"{tree} holds no kernel: neither vmlinux nor arch/x86/boot/bzImage; run `make` there first");
        var options = new KernelConfiguration(configuration);
        DemandOptions(tree, options, bootsImage: image is not null);
        if (image is not null && !options.IsOn("CONFIG_PVH"))
            vmlinux = image;
        var release = Existing(tree, "include/config/kernel.release") is { } file
            ? File.ReadAllText(file).Trim()
            : "unknown";
        if (!File.Exists(Path.Combine(tree, "Module.symvers")))
            throw new KernelUnavailableException(
                $"{tree} has no Module.symvers, so no module can be built for it; run `make modules` there first");
        return new KernelParts(
            release, $"tree {tree}", vmlinux, image, tree, tree, configuration, Compiler(configuration));
    }

    /// <summary>Names each missing option.</summary>
    private static void DemandOptions(string tree, KernelConfiguration configuration, bool bootsImage)
    {
        var missing = configuration.Missing(bootsImage);
        if (missing.Count > 0)
            throw new KernelUnavailableException(
                $"{tree}/.config lacks what the harness needs:\n  {string.Join("\n  ", missing)}");
    }

    /// <summary>The compiler as the configuration remembers it, when it is here; the plain name otherwise.</summary>
    private static string Compiler(string configuration)
    {
        var text = new KernelConfiguration(configuration).Value("CONFIG_CC_VERSION_TEXT");
        var name = Regex.Match(text, @"^(?:\S*/)?(\S+)").Groups[1].Value;
        return name.Length > 0 && Tool.Find(name) is not null ? name : "gcc";
    }

    private static string? Existing(string tree, string name) =>
        Path.Combine(tree, name) is var path && File.Exists(path) ? path : null;
}
