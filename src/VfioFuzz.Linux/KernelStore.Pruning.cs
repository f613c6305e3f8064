using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux;

/// <summary>
/// Every change of the guest's sources leaves a step behind. Those that no prepared kernel names go when nobody has used
/// them for a day: a process that began before a kernel was prepared anew may still boot what it began with.
/// </summary>
public sealed partial class KernelStore
{
    internal static readonly TimeSpan KeptUnused = TimeSpan.FromDays(1);

    private string StepFolder => Path.Combine(Folder, "steps");

    /// <summary>Notes that the kernel's files are in use now.</summary>
    internal void Touch(PreparedKernel kernel)
    {
        foreach (var step in StepsOf(kernel))
            Files.Touch(step);
    }

    /// <summary>Removes steps that no kernel names and nobody used lately, and what killed preparations left half made.</summary>
    /// <param name="now">The time it is.</param>
    /// <returns>How many folders went. To be called under the lock.</returns>
    internal int Prune(DateTime now)
    {
        var named = Names.Select(Find).OfType<PreparedKernel>().SelectMany(StepsOf).ToHashSet(StringComparer.Ordinal);
        var debs = Path.Combine(Folder, "debs");
        string[] candidates =
        [
            .. Below(StepFolder, "*").Where(step => !named.Contains(step)),
            .. Below(debs, "partial-*"),
        ];
        var removed = 0;
        foreach (var folder in candidates)
        {
            if (now - Directory.GetLastWriteTimeUtc(folder) < KeptUnused)
                continue;
            Files.Remove(folder);
            removed++;
        }
        return removed;
    }

    /// <summary>The steps that a kernel's files lie in.</summary>
    private IEnumerable<string> StepsOf(PreparedKernel kernel)
    {
        var below = StepFolder + Path.DirectorySeparatorChar;
        foreach (var file in (string[])[kernel.Vmlinux, kernel.Initramfs, kernel.Headers, kernel.Modules, kernel.Type1 ?? ""])
            if (file.StartsWith(below, StringComparison.Ordinal))
                yield return below + file[below.Length..].Split(Path.DirectorySeparatorChar)[0];
    }

    private static string[] Below(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.GetDirectories(folder, pattern) : [];
}
