using System.Text.RegularExpressions;
using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Packages;

/// <summary>The packages that make one Debian kernel: what boots and what builds modules for it.</summary>
/// <param name="Release">As uname -r says: <c>6.1.0-56-amd64</c>.</param>
/// <param name="Compiler">The compiler its headers ask for: <c>gcc-12</c>.</param>
internal sealed record KernelPackages(
    string Release,
    DebianPackage Image,
    DebianPackage Headers,
    DebianPackage Common,
    DebianPackage Kbuild,
    string Compiler)
{
    public IReadOnlyList<DebianPackage> All => [Image, Headers, Common, Kbuild];

    /// <summary>
    /// The newest kernel of a series that apt's index has with its headers. Point releases come and go, so the names
    /// are resolved each time; an empty or stale index is refreshed when we are root, else the command is named.
    /// </summary>
    public static KernelPackages Newest(string series, IProgress<string> progress, CancellationToken cancellation)
    {
        if (Known(series, cancellation) is { } known)
            return known;
        Refresh(progress, cancellation);
        return Known(series, cancellation) ?? throw new KernelUnavailableException(
            $"apt's index has no linux-image-{series}.*-amd64 with headers: {series} kernels come from Debian's main, "
            + "updates and security suites (and 6.12 for bookworm from security)");
    }

    /// <summary>apt-get update, or the message that it must be run.</summary>
    public static void Refresh(IProgress<string> progress, CancellationToken cancellation)
    {
        if (!Environment.IsPrivilegedProcess)
            throw new KernelUnavailableException("apt's package index is empty or stale; run\n  sudo apt-get update");
        progress.Report("apt-get update");
        var result = Tool.Run("apt-get", ["update", "-q"], cancellation);
        if (!result.Succeeded || result.Errors.Contains("Failed to fetch", StringComparison.Ordinal))
            throw new KernelUnavailableException($"apt-get update failed (no network?):\n{result.Tail}");
    }

    private static KernelPackages? Known(string series, CancellationToken cancellation)
    {
        // Not the -cloud and -rt flavours, whose names go on after the release; not the meta packages, which have none.
        var pattern = $@"^linux-image-({Regex.Escape(series)}\.[0-9]+(?:-[0-9]+|\+[0-9a-z]+)?-amd64)(-unsigned)?$";
        var names = Tool.Demand("apt-cache", ["search", "--names-only", $"^linux-image-{series}\\."], cancellation)
            .Split('\n')
            .Select(line => Regex.Match(line.Split(' ')[0], pattern, RegexOptions.CultureInvariant))
            .Where(match => match.Success)
            .OrderByDescending(match => match.Groups[1].Value, NaturalOrder.Instance)
            .ThenByDescending(match => match.Groups[2].Success);
        foreach (var name in names)
            if (Complete(name.Value, name.Groups[1].Value, cancellation) is { } packages)
                return packages;
        return null;
    }

    private static KernelPackages? Complete(string image, string release, CancellationToken cancellation)
    {
        if (Show(image, cancellation) is not { } imagePackage
            || Show($"linux-headers-{release}", cancellation) is not { } headers
            || headers.Version != imagePackage.Version)
            return null;
        var common = headers.Depends.FirstOrDefault(name => name.EndsWith("-common", StringComparison.Ordinal));
        var kbuild = headers.Depends.FirstOrDefault(name => name.StartsWith("linux-kbuild-", StringComparison.Ordinal));
        if (common is null || Show(common, cancellation) is not { } commonPackage
            || kbuild is null || Show(kbuild, cancellation) is not { } kbuildPackage)
            return null;
        var compiler = headers.Depends
            .Select(name => Regex.Match(name, @"^linux-compiler-(gcc-[0-9]+)-x86$|^(gcc-[0-9]+)(?:-for-host)?$"))
            .Where(match => match.Success)
            .Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value)
            .FirstOrDefault("gcc");
        return new KernelPackages(release, imagePackage, headers, commonPackage, kbuildPackage, compiler);
    }

    public static DebianPackage? Show(string name, CancellationToken cancellation)
    {
        var result = Tool.Run("apt-cache", ["show", "--no-all-versions", name], cancellation);
        return result.Succeeded && result.Output.Length > 0 ? DebianPackage.Parse(result.Output) : null;
    }
}
