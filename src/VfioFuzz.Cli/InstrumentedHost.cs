using System.Diagnostics;

namespace VfioFuzz.Cli;

/// <summary>The instrumented build's own program: edges are known only there, and one process has one coverage map.</summary>
internal static class InstrumentedHost
{
    internal static readonly string Program = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "../../../instrumented/bin/VfioFuzz.Fuzz/release/vfiofuzz-fuzz"));

    /// <summary>The command as it is typed: artifacts/vfiofuzz.</summary>
    internal static readonly string Command = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../vfiofuzz"));

    /// <summary>The same program compiled ahead of time: there at once, where the other is compiled as it runs.</summary>
    internal static readonly string Native = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "../../../instrumented/native/vfiofuzz-fuzz"));

    private static readonly string Plain = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "../../VfioFuzz.Fuzz/release/vfiofuzz-fuzz"));

    /// <summary>Whether it is built; else says on stderr how to build it.</summary>
    public static bool IsBuilt()
    {
        if (File.Exists(Program))
            return true;
        Console.Error.WriteLine("vfiofuzz: edges need the instrumented build: ./build.sh instrument");
        return false;
    }

    /// <summary>Starts it on a target.</summary>
    public static Process Start(string target, params IEnumerable<string> arguments) => Start(Program, target, arguments);

    private static Process Start(string program, string target, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        start.Environment["VFIOFUZZ_TARGET"] = target;
        return Process.Start(start)!;
    }

    /// <summary>Starts the same program of the plain build, with its stdout to be read: what needs no edges runs twice as fast there.</summary>
    public static Process StartPlain(IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(Plain, arguments) { RedirectStandardOutput = true })!;

    /// <summary>
    /// Runs what looks after folders of programs to its end: compiled ahead of time, unless that is not built or older than what it was made from. Its
    /// exit code, or <see cref="ExitCode.Skipped"/> where neither is built.
    /// </summary>
    public static int RunOnFolders(string target, params IEnumerable<string> arguments)
    {
        if (!IsBuilt())
            return ExitCode.Skipped;
        using var process = Start(IsNativeFresh() ? Native : Program, target, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }

    private static bool IsNativeFresh()
    {
        if (!File.Exists(Native))
            return false;
        var made = File.GetLastWriteTimeUtc(Native);
        return Directory.EnumerateFiles(Path.GetDirectoryName(Program)!, "*.dll").All(library => File.GetLastWriteTimeUtc(library) <= made);
    }
}
