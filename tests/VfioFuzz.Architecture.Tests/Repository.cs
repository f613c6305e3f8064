using System.Diagnostics;

namespace VfioFuzz.Architecture.Tests;

/// <summary>The repository that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// Tracked files that exist, relative to the root, with <c>/</c>; without git, all files that a clone would have.
    /// </summary>
    public static IReadOnlyList<string> Files { get; } = Tracked() ?? Present();

    public static IEnumerable<string> Sources => Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "VfioFuzz.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("no VfioFuzz.sln above the tests");
        return folder;
    }

    private static List<string>? Tracked()
    {
        var start = new ProcessStartInfo("git", ["ls-files"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var git = Process.Start(start)!;
            var listed = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0
                ? [.. listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(file => File.Exists(Path.Combine(Root, file)))]
                : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static List<string> Present()
    {
        string[] untracked = ["artifacts/", ".git/", ".vs/", ".idea/"];
        return
        [
            .. Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
                .Where(file => !untracked.Any(folder => file.StartsWith(folder, StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal),
        ];
    }
}
