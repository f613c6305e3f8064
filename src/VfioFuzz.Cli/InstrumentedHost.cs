using System.Diagnostics;

namespace VfioFuzz.Cli;

/// <summary>The instrumented build's own program: edges are known only there, and one process has one coverage map.</summary>
internal static class InstrumentedHost
{
    internal static readonly string Program = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "../../../instrumented/bin/VfioFuzz.Fuzz/release/vfiofuzz-fuzz"));

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
    public static Process Start(string target, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Program, arguments);
        start.Environment["VFIOFUZZ_TARGET"] = target;
        return Process.Start(start)!;
    }

    /// <summary>Starts the same program of the plain build, with its stdout to be read: what needs no edges runs twice as fast there.</summary>
    public static Process StartPlain(IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(Plain, arguments) { RedirectStandardOutput = true })!;

    /// <summary>Runs it to its end; its exit code, or <see cref="ExitCode.Skipped"/> where it is not built.</summary>
    public static int Run(string target, params IEnumerable<string> arguments)
    {
        if (!IsBuilt())
            return ExitCode.Skipped;
        using var process = Start(target, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
