using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns.Fuzzing;

namespace VfioFuzz.Cli.Screens;

/// <summary>The figures of a campaign's processes, and its findings.</summary>
internal static class FuzzSummary
{
    /// <summary>What each process wrote last, the first process first.</summary>
    public static IReadOnlyList<FuzzStatistics> Figures(string root) => Directory.Exists(root)
        ? [.. CampaignFolder.Processes(root).Select(path => FuzzStatistics.Read(Path.Combine(path, "fuzzer_stats"))).OfType<FuzzStatistics>()]
        : [];

    public static Table Table(IReadOnlyList<FuzzStatistics> figures)
    {
        var table = Screen.Table("process", "seconds", "runs", "runs/s", "operations/s", "corpus", "favoured", "edges", "model", "waits", "findings", "hangs", "last new", "stability");
        for (var number = 0; number < figures.Count; number++)
        {
            var one = figures[number];
            table.AddRow(Screen.Cells(
                Text($"{number}"), Text($"{one.RunTime:n0}"), Text($"{one.Executions:n0}"), Text($"{one.ExecutionsPerSecond:n0}"),
                Text($"{one.OperationsPerSecond:n0}"), Text($"{one.Corpus:n0}"), Text($"{one.Favoured:n0}"), Text($"{one.Features.Edges:n0}"),
                Text($"{one.Features.Model:n0}"), Text($"{one.Features.Waits:n0}"), Text($"{one.Findings}"), Text($"{one.Hangs}"),
                one.LastFind == 0 ? "never" : Text($"{one.LastUpdate - one.LastFind} s ago"), Text($"{one.Stability:n2} %")));
        }
        return table;
    }

    /// <summary>Prints figures and findings; how many different findings there are.</summary>
    public static int Print(string root, IAnsiConsole console)
    {
        var figures = Figures(root);
        console.WriteLine(Text($"{figures[0].Target}, seed {figures[0].Seed}, {root}"));
        console.Write(Table(figures));
        var folders = CampaignFolder.Processes(root)
            .Select(path => Path.Combine(path, "crashes")).Where(Directory.Exists)
            .SelectMany(path => Directory.GetDirectories(path).Order(StringComparer.Ordinal));
        // Processes find the same things: rule, grade and minimal program make one finding.
        var findings = folders
            .Select(path => (Path: path, Finding: FindingFolders.Read(path, out _, out _)))
            .Where(read => read.Finding is not null)
            .DistinctBy(read => (read.Finding!.Key.Expectation, read.Finding.Program))
            .ToList();
        foreach (var (path, finding) in findings)
            console.WriteLine(Text($"{finding!.Key}: {finding.Program.Lines.Length} lines, {Path.GetRelativePath(Directory.GetCurrentDirectory(), path)}"));
        console.WriteLine(Text($"{findings.Count} findings"));
        return findings.Count;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
