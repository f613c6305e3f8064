namespace VfioFuzz.Linux.Tools;

/// <summary>The external commands of the real-kernel lane and the Debian package that brings each.</summary>
internal static class RequiredTools
{
    private static readonly (string Tool, string Package)[] Building =
    [
        ("make", "make"), ("gcc", "gcc"), ("ld", "binutils"), ("qemu-system-x86_64", "qemu-system-x86"),
    ];

    private static readonly (string Tool, string Package)[] Fetching =
    [
        ("apt-get", "apt"), ("apt-cache", "apt"), ("dpkg", "dpkg"),
    ];

    /// <summary>
    /// Headers that the executor's sources include: a C library that can be linked statically, and the kernel's
    /// uapi.
    /// </summary>
    private static readonly (string[] OneOf, string Package)[] Headers =
    [
        (["/usr/lib/x86_64-linux-gnu/libc.a", "/usr/lib64/libc.a", "/usr/lib/libc.a"], "libc6-dev"),
        (["/usr/include/linux/vfio.h"], "linux-libc-dev"),
    ];

    /// <summary>Names everything that is missing in one message, with the command that installs it.</summary>
    /// <param name="fetching">Whether packages will be fetched.</param>
    /// <param name="more">Further commands with their packages: the kernel's compiler, decompressors.</param>
    public static void Demand(bool fetching, params ReadOnlySpan<(string Tool, string Package)> more)
    {
        var missing = new List<(string Tool, string Package)>();
        foreach (var tool in (ReadOnlySpan<(string, string)>)[.. Building, .. fetching ? Fetching : [], .. more])
            if (Tool.Find(tool.Item1) is null)
                missing.Add(tool);
        foreach (var (oneOf, package) in Headers)
            if (!oneOf.Any(File.Exists))
                missing.Add((oneOf[0], package));
        if (missing.Count == 0)
            return;
        var packages = missing.Select(tool => tool.Package).Distinct().Order(StringComparer.Ordinal);
        throw new KernelUnavailableException(
            $"missing: {string.Join(", ", missing.Select(tool => tool.Tool))}; install with\n"
            + $"  apt-get install --no-install-recommends {string.Join(' ', packages)}");
    }
}
