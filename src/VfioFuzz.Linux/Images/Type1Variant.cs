using System.Collections.Immutable;
using VfioFuzz.Linux.Packages;
using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Images;

/// <summary>
/// A Debian kernel with its type1 module changed by our semantic patches and nothing else: <c>6.1-waiting</c> is the blocking design on a real
/// kernel (type1-semantics 0.1, S61).
/// </summary>
/// <param name="Word">What follows the series in the kernel's name.</param>
/// <param name="Patches">Names of the semantic patches, in the order they are applied.</param>
/// <param name="Covered">Whether it tells which of its blocks run (<see cref="BlockTable"/>).</param>
internal sealed record Type1Variant(string Word, ImmutableArray<string> Patches, bool Covered = false)
{
    public static ImmutableArray<Type1Variant> All { get; } =
    [
        // Its guards removed, so that it waits again; a user thread that is woken still oopses (DL-19).
        new("waiting", ["waiting"]),
        // The same with DL-19 mended, as sim/blocking has it: the other deadlocks can be seen.
        new("waiting-mended", ["waiting", "should-stop"]),
        // The stock module, which tells where each program has been in it.
        new("covered", [], Covered: true),
    ];

    /// <summary>The series and the variant that a kernel's name means, or null when it means none.</summary>
    public static (string Series, Type1Variant Variant)? Parse(string name)
    {
        foreach (var variant in All)
            if (name.EndsWith('-' + variant.Word, StringComparison.Ordinal))
                return (name[..^(variant.Word.Length + 1)], variant);
        return null;
    }

    /// <summary>What the platform says beside the kernel's version: the module is not the stock one.</summary>
    public override string ToString() => $"type1 with {(Covered ? "coverage" : string.Join(" and ", Patches))}";

    /// <summary>The path of the changed module, built once for each source, patch and kernel.</summary>
    /// <exception cref="KernelUnavailableException">A tool or the source is missing, or a patch does not apply.</exception>
    public string Build(
        KernelStore store, string series, KernelParts kernel, string guestSource, IProgress<string> progress, CancellationToken cancellation)
    {
        RequiredTools.Demand(fetching: true, (kernel.Compiler, kernel.Compiler), ("spatch", "coccinelle"), ("xz", "xz-utils"));
        var source = SourceFetch.Vfio(store, series, progress, cancellation);
        var folder = Path.Combine(guestSource, "mutants");
        var script = Path.Combine(folder, "build-type1.sh");
        string[] patches = [.. Patches.Select(patch => Path.Combine(folder, patch + ".cocci"))];
        var cover = Path.Combine(guestSource, "cover");
        string[] coverage = Covered ? ["--cover", cover] : [];
        var inputs = string.Join('\n',
            [source, kernel.Headers, kernel.Release, .. patches.Prepend(script).Select(ContentHash.OfFile),
                .. Covered ? [ContentHash.OfFolder(cover)] : Array.Empty<string>()]);
        var step = store.Step("type1", inputs, target =>
        {
            progress.Report($"building {this}");
            var path = Tool.Demand("bash", [script, source, kernel.Headers, target, .. coverage, .. patches], cancellation).Trim();
            File.Move(path, Path.Combine(target, Module));
            foreach (var beside in Covered ? new[] { Initramfs.CoverModule, BlockTable.FileName } : [])
                File.Move(Path.Combine(Path.GetDirectoryName(path)!, beside), Path.Combine(target, beside));
        });
        return Path.Combine(step, Module);
    }

    private static string Module => "vfio_iommu_type1.ko";
}
