using System.Globalization;
using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux;

/// <summary>
/// Where prepared kernels are kept. Every step of a preparation is a folder named by the content of its inputs, made
/// beside its final place and renamed when it is whole, so that an interrupted preparation goes on where it stopped.
/// One small file a kernel names the folders in use.
/// </summary>
public sealed partial class KernelStore
{
    public KernelStore(string? folder = null)
    {
        Folder = Path.GetFullPath(folder ?? DefaultFolder);
    }

    /// <summary><c>VFIOFUZZ_CACHE</c>, else <c>$XDG_CACHE_HOME/vfiofuzz</c>, else <c>~/.cache/vfiofuzz</c>.</summary>
    public static string DefaultFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("VFIOFUZZ_CACHE") is { Length: > 0 } named)
                return named;
            if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } caches)
                return Path.Combine(caches, "vfiofuzz");
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "vfiofuzz");
        }
    }

    public string Folder { get; }

    /// <summary>Names of the prepared kernels, in order.</summary>
    public IReadOnlyList<string> Names =>
        Directory.Exists(ManifestFolder)
            ? [.. Directory.EnumerateFiles(ManifestFolder, "*.kernel").Select(Path.GetFileNameWithoutExtension)
                .OfType<string>().Order(StringComparer.Ordinal)]
            : [];

    private string ManifestFolder => Path.Combine(Folder, "kernels");

    /// <summary>The prepared kernel of that name, or null when there is none or its files are gone.</summary>
    public PreparedKernel? Find(string name)
    {
        var file = ManifestOf(name);
        if (!File.Exists(file))
            return null;
        var fields = File.ReadAllLines(file)
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        var kernel = new PreparedKernel(
            name, Field("release"), Field("package"), Absolute("vmlinux"), Absolute("initramfs"), Absolute("headers"),
            Absolute("modules"), Field("compiler"), Field("guest"), Field("type1") is { Length: > 0 } ? Absolute("type1") : null);
        return kernel.IsWhole ? kernel : null;

        string Field(string key) => fields.GetValueOrDefault(key, "");
        string Absolute(string key) => Path.Combine(Folder, Field(key));
    }

    internal void Save(PreparedKernel kernel)
    {
        Directory.CreateDirectory(ManifestFolder);
        var file = ManifestOf(kernel.Name);
        var partial = file + ".partial";
        File.WriteAllLines(partial,
        [
            $"release={kernel.Release}",
            $"package={kernel.Package}",
            $"vmlinux={Relative(kernel.Vmlinux)}",
            $"initramfs={Relative(kernel.Initramfs)}",
            $"headers={Relative(kernel.Headers)}",
            $"modules={Relative(kernel.Modules)}",
            $"compiler={kernel.Compiler}",
            $"guest={kernel.GuestHash}",
            .. kernel.Type1 is { } type1 ? [$"type1={Relative(type1)}"] : Array.Empty<string>(),
        ]);
        File.Move(partial, file, overwrite: true);
    }

    /// <summary>
    /// The folder of a finished step: made by <paramref name="make"/> (given the folder to fill) unless a folder for
    /// the same
    /// <paramref name="inputs"/> is there already.
    /// </summary>
    internal string Step(string name, string inputs, Action<string> make)
    {
        var hash = ContentHash.OfText(inputs)[..16];
        var final = Path.Combine(StepFolder, $"{name}-{hash}");
        if (Directory.Exists(final))
        {
            Files.Touch(final);
            return final;
        }
        var partial = string.Create(CultureInfo.InvariantCulture, $"{final}.partial-{Environment.ProcessId}");
        Files.Remove(partial);
        Directory.CreateDirectory(partial);
        try
        {
            make(partial);
            File.WriteAllText(Path.Combine(partial, "stamp"), inputs);
            Directory.Move(partial, final);
        }
        finally
        {
            Files.Remove(partial);
        }
        return final;
    }

    /// <summary>One preparation at a time in a store: others wait here.</summary>
    internal IDisposable Lock(CancellationToken cancellation)
    {
        Directory.CreateDirectory(Folder);
        while (true)
        {
            try
            {
                return new FileStream(
                    Path.Combine(Folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (!cancellation.IsCancellationRequested && Files.HasRoom(Folder))
            {
                cancellation.WaitHandle.WaitOne(200);
            }
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private string ManifestOf(string name) =>
        Path.Combine(ManifestFolder, string.Concat(name.Split(Path.GetInvalidFileNameChars())) + ".kernel");

    private string Relative(string path) =>
        path.StartsWith(Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? Path.GetRelativePath(Folder, path)
            : path;
}
