using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace VfioFuzz.Exploring.Benchmark;

/// <summary>What SPIN says of a size: one core, unreduced, everything stored.</summary>
/// <param name="States">States stored.</param>
/// <param name="Deadlocks">Invalid end states.</param>
/// <param name="Seconds">pan's own time, compiling not counted.</param>
internal sealed record SpinResult(long States, long Deadlocks, double Seconds);

/// <summary>Runs SPIN on <c>vfio_wait_tight.pml</c>.</summary>
internal static partial class Spin
{
    private const string Model = "vfio_wait_tight.pml";

    /// <summary>Why SPIN cannot run here, or null.</summary>
    public static string? Missing()
    {
        foreach (var tool in (string[])["spin", "gcc"])
        {
            var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
                .Any(folder => File.Exists(Path.Combine(folder, tool)));
            if (!found)
                return $"{tool} is missing; run: sudo apt-get install --no-install-recommends spin gcc libc6-dev";
        }
        return null;
    }

    public static SpinResult Run(Size size)
    {
        var folder = Directory.CreateTempSubdirectory("vfiofuzz-spin-").FullName;
        try
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, Model), Path.Combine(folder, Model));
            Tool(folder, "spin", $"-DNM={size.Mappings} -DK={size.Operations} -DCLOSE_NOTIFY={(size.CloseNotify ? 1 : 0)} -a {Model}");
            Tool(folder, "gcc", "-O2 -DSAFETY -DNOREDUCE -DMEMLIM=16000 -o pan pan.c");
            var said = Tool(folder, Path.Combine(folder, "pan"), "-m1000000 -c0");
            return new SpinResult(
                (long)Number(States().Match(said)), (long)Number(Errors().Match(said)), Number(Elapsed().Match(said)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Tool(string folder, string tool, string arguments)
    {
        var start = new ProcessStartInfo(tool, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? said : throw new InvalidOperationException($"{tool} {arguments} ends with {process.ExitCode}");
    }

    private static double Number(Match match) => match.Success
        ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new InvalidOperationException("pan's output is not as expected");

    [GeneratedRegex(@"([\d.e+]+) states, stored")]
    private static partial Regex States();

    [GeneratedRegex(@"errors: (\d+)")]
    private static partial Regex Errors();

    [GeneratedRegex(@"pan: elapsed time ([\d.]+)")]
    private static partial Regex Elapsed();
}
