using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using VfioFuzz.Programs;

namespace VfioFuzz.Benchmarks;

/// <summary>
/// The speed table's figures beside their bars, from one run. Timings inform and never fail: the code is 1 only when nothing could be
/// measured.
/// </summary>
internal static class Entry
{
    private const int Blocks = 3_000;

    /// <summary>What a block of three threads may cost at the 99th percentile.</summary>
    private const double BlockBar = 10;

    public static int Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var summary = BenchmarkRunner.Run<Throughput>(Config(arguments.Contains("--verbose")));
        if (summary.Reports.IsEmpty || summary.Reports.Any(report => !report.Success))
        {
            Console.Error.WriteLine(string.Join('\n', summary.ValidationErrors.Select(error => error.Message).Append("a benchmark did not run")));
            return 1;
        }
        Console.WriteLine($"{"what",-46} {"figure",14} {"bar",12} {"of bar",8}  B/op");
        Row(summary, "model operations a second", nameof(Throughput.ModelOperation), 1, 3_000_000);
        Row(summary, "simulated operations a second, history off", nameof(Throughput.SimulatedOperation), 1, 5_000_000);
        Row(summary, "stored histories judged a minute", nameof(Throughput.StoredHistory), 60, 100_000);
        Row("exclusion", DialectName.Exc);
        Row("blocking", DialectName.Blk3);
        return 0;
    }

    private static ManualConfig Config(bool verbose) => ManualConfig.CreateEmpty()
        .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(4).WithIterationCount(8).WithIterationTime(TimeInterval.FromMilliseconds(400)))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(verbose ? ConsoleLogger.Default : NullLogger.Instance)
        .WithOptions(ConfigOptions.DisableLogFile);

    private static void Row(Summary summary, string what, string benchmark, double unit, double bar)
    {
        var report = summary.Reports.Single(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == benchmark);
        var rate = unit * 1e9 / report.ResultStatistics!.Mean;
        var bytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;
        Console.WriteLine($"{what,-46} {rate,14:n0} {bar,12:n0} {rate / bar,7:n2}x  {bytes}");
    }

    private static void Row(string design, DialectName dialect)
    {
        var decided = ParBlocks.Measure(design, dialect, Blocks);
        var late = decided.Percentile(0.99);
        Console.WriteLine($"{$"par of 3 x 6 on sim/{design}, 99th percentile",-46} {late,11:n2} ms {BlockBar,9:n0} ms {BlockBar / late,7:n2}x  "
            + $"median {decided.Percentile(0.5):n3} ms, most {decided.Milliseconds[^1]:n1} ms, {decided.Undecided} of {Blocks:n0} undecided");
    }
}
