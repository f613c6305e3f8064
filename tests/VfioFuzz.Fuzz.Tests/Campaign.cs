using System.Diagnostics;
using System.Globalization;

namespace VfioFuzz.Fuzz.Tests;

/// <summary>A campaign of fuzz/campaign.sh in a folder of its own, and the instrumented host by hand.</summary>
internal sealed class Campaign : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("vfiofuzz-afl-").FullName;

    public static string Root { get; } = FindRoot();

    public static string Host { get; } =
        Path.Combine(Root, "artifacts/instrumented/bin/VfioFuzz.Fuzz/release/vfiofuzz-fuzz");

    /// <summary>The same program compiled ahead of time.</summary>
    public static string Native { get; } = Path.Combine(Root, "artifacts/instrumented/native/vfiofuzz-fuzz");

    /// <summary>What a campaign lacks on this machine, with the cure; null when it can run.</summary>
    public static string? Missing =>
        !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(path => File.Exists(Path.Combine(path, "afl-fuzz")))
            ? "afl-fuzz is not installed: sudo apt-get install afl++, or ./build.sh test"
            : !File.Exists(Host) || !File.Exists(Native)
                ? "the instrumented host is not built: ./build.sh test builds it"
                : null;

    public IReadOnlyDictionary<string, string> Statistics { get; private set; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Crashes { get; private set; } = [];

    public double Number(string statistic) =>
        double.Parse(Statistics[statistic].TrimEnd('%'), CultureInfo.InvariantCulture);

    public void Run(int seconds, string planted, string target = "sim/blocking")
    {
        var (exit, output) = Start(
            Path.Combine(Root, "fuzz/campaign.sh"), [],
            ("VFIOFUZZ_FUZZ_SECONDS", $"{seconds}"), ("VFIOFUZZ_FUZZ_OUT", folder), ("VFIOFUZZ_PLANT", planted),
            ("VFIOFUZZ_TARGET", target));
        Assert.True(exit == 0, $"afl-fuzz ended with {exit}:\n{output}");
        var results = Path.Combine(folder, "default");
        Statistics = File.ReadLines(Path.Combine(results, "fuzzer_stats"))
            .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        Crashes = [.. Directory.GetFiles(Path.Combine(results, "crashes"), "id:*").Order(StringComparer.Ordinal)];
    }

    /// <summary>What the host says of stored inputs, a line each.</summary>
    public static IReadOnlyList<string> Say(IEnumerable<string> files, string planted) =>
        Start(Host, ["run", .. files], ("VFIOFUZZ_PLANT", planted)).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static (int Exit, string Output) Start(
        string command, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, WorkingDirectory = Root };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "VfioFuzz.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no VfioFuzz.sln above the tests");
        return folder;
    }
}
