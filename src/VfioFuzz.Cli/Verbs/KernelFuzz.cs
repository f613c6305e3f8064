using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Checking;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Linux;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// <c>fuzz --target linux/6.1-covered</c>: a guided campaign on a real kernel, in this process: what is instrumented is the kernel's module. Guests run
/// inputs in small batches; what a batch showed is known to the inputs that are made some batches later.
/// </summary>
internal static class KernelFuzz
{
    /// <summary>A guest that is lost needs some seconds for the next to boot.</summary>
    private static readonly TimeSpan HangAfter = TimeSpan.FromMinutes(3);

    /// <summary>Inputs a guest is given at a time: many more run no faster, and are made of what was known longer ago.</summary>
    private const int BatchSize = 32;

    /// <summary>What shrinking one finding may take of the campaign.</summary>
    private static readonly TimeSpan ShrinkTime = TimeSpan.FromSeconds(20);

    /// <returns>How many findings the folder holds.</returns>
    public static int Run(
        string name, FuzzOptions options, string root, IEnumerable<StoredEntry> seeds, FileInfo? lines, bool quiet, CancellationToken stop)
    {
        var wishes = new TargetWishes(null, options.Threads, quiet, stop) { BatchSize = BatchSize, ManyPrograms = true };
        using var opened = Targets.Open(name, wishes);
        if (opened is not LinuxTarget { Blocks.IsEmpty: false } target)
            throw new UsageException($"--target {name} does not tell where programs have been; `vfiofuzz kernel prepare 6.1-covered` makes a kernel that does");
        using var folder = CampaignFolder.Open(root, 0);
        using var executor = new KernelExecutor(target);
        var judge = new Judge(new ModelAnswers(Dialect.Of(target.Platform.Dialect), target.Platform));
        var shrinking = new Shrinking(target, judge, Candidates.SimplerThan) { TimeMax = ShrinkTime };
        var campaign = new FuzzCampaign(executor, folder, shrinking.Shrink, options with { HangAfter = HangAfter }, Console.Error.WriteLine);
        var statistics = campaign.Run(seeds, stop);
        var console = Screen.Out();
        CodeText.Print(console, executor.Coverage);
        if (lines is not null)
            File.WriteAllLines(lines.FullName, CodeText.Table(executor.Coverage));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"left out: {executor.Avoided:n0} inputs that can reach known defects, or want more devices than a guest has"));
        return statistics.Findings;
    }
}
