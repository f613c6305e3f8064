using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Images;

/// <summary>A module by its canonical name, uncompressed.</summary>
internal sealed record KernelModule(string Name, byte[] Content);

/// <summary>
/// The modules of a kernel: those on disk (modules.order) and those built in (modules.builtin). Works alike on a
/// package's lib/modules/RELEASE and on a build tree.
/// </summary>
internal sealed class ModuleSet
{
    private readonly Dictionary<string, string> paths = new(StringComparer.Ordinal);
    private readonly HashSet<string> builtIn = new(StringComparer.Ordinal);

    public ModuleSet(string folder)
    {
        foreach (var line in Lines("modules.order"))
            if (Existing(folder, line) is { } path)
                paths[NameOf(line)] = path;
        foreach (var line in Lines("modules.builtin"))
            builtIn.Add(NameOf(line));

        IEnumerable<string> Lines(string name)
        {
            var file = Path.Combine(folder, name);
            return File.Exists(file) ? File.ReadLines(file).Where(line => line.Length > 0) : [];
        }
    }

    /// <summary>
    /// Files and the kernel write either of '-' and '_' in a module's name; inside the kernel it is '_'.
    /// </summary>
    public static string Canonical(string name) => name.Replace('-', '_');

    /// <summary>Whether it is part of the kernel itself, so that no other can be loaded in its place.</summary>
    public bool IsBuiltIn(string name) => builtIn.Contains(name) && !paths.ContainsKey(name);

    public bool Has(string name) => paths.ContainsKey(name) || builtIn.Contains(name);

    /// <summary>The given modules and what they depend on, in load order, without what is built in.</summary>
    public IReadOnlyList<KernelModule> InLoadOrder(IEnumerable<string> names, CancellationToken cancellation)
    {
        var order = new List<KernelModule>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
            Visit(name);
        return order;

        void Visit(string name)
        {
            if (!seen.Add(name) || builtIn.Contains(name))
                return;
            if (!paths.TryGetValue(name, out var path))
                throw new KernelUnavailableException($"the kernel has no module {name}, neither on disk nor built in");
            var content = Read(path, cancellation);
            foreach (var needed in ModuleInformation.Depends(content))
                Visit(needed);
            order.Add(new KernelModule(name, content));
        }
    }

    private static string NameOf(string line)
    {
        var name = Path.GetFileName(line);
        return Canonical(name[..name.IndexOf('.', StringComparison.Ordinal)]);
    }

    /// <summary>
    /// modules.order says .ko or (in newer trees) .o, packages compress; an installed tree's lines begin with
    /// kernel/.
    /// </summary>
    private static string? Existing(string folder, string line)
    {
        var stem = Path.ChangeExtension(Path.Combine(folder, line), ".ko");
        string[] candidates = [stem, stem + ".xz", stem + ".zst", stem + ".gz"];
        return Array.Find(candidates, File.Exists);
    }

    private static byte[] Read(string path, CancellationToken cancellation)
    {
        var (tool, package) = Path.GetExtension(path) switch
        {
            ".xz" => ("xz", "xz-utils"),
            ".zst" => ("zstd", "zstd"),
            ".gz" => ("gzip", "gzip"),
            _ => ("", ""),
        };
        if (tool.Length == 0)
            return File.ReadAllBytes(path);
        RequiredTools.Demand(fetching: false, (tool, package));
        var unpacked = Path.GetTempFileName();
        try
        {
            Tool.Filter(tool, ["-dc"], File.ReadAllBytes(path), unpacked, cancellation);
            return File.ReadAllBytes(unpacked);
        }
        finally
        {
            File.Delete(unpacked);
        }
    }
}
