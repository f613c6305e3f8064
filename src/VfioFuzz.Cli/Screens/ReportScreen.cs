using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Screens;

/// <summary>A campaign's report for people: findings with their programs, then what was run and what it is worth.</summary>
internal sealed class ReportScreen(IAnsiConsole console)
{
    public void Print(CheckReport report)
    {
        var shown = new HashSet<string>();
        for (var i = 0; i < report.Findings.Length; i++)
            Print(i + 1, report.Findings[i], report.Findings[i].Known is { } known && !shown.Add(known.Id));
        if (!report.Uncollected.IsEmpty)
            Say($"{report.Uncollected.Length} more findings were counted and not shrunk");
        foreach (var (key, count) in report.Uncollected)
            Say($"  {count,6} x {key}");
        PrintTable(report);
        PrintLanes(report);
        PrintMachine(report);
        PrintCoverage(report);
        foreach (var (id, count) in report.Avoided)
            Say($"left out: {count:n0} programs that can reach {id}");
        foreach (var (bound, count) in report.Inconclusive)
            Say($"not judged: {count:n0} programs ({bound})");
        foreach (var vacuity in report.Vacuities)
            Say($"vacuous: {vacuity}");
        Say($"canary: {report.Canary.Caught:n0} of {report.Canary.Planted:n0} planted wrong answers were refused");
        Say(SummaryOf(report));
    }

    /// <summary>What was run and what came of it, in a line.</summary>
    public static string SummaryOf(CheckReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Target}   seed {report.Seed}   {report.Programs:n0} programs in {report.Elapsed.TotalSeconds:n1} s   {report.Blocking:n0} blocked without harm   {VerdictOf(report)}");

    /// <summary>In few words: what was found, else whether that means something.</summary>
    public static string VerdictOf(CheckReport report)
    {
        var news = report.Findings.Count(seen => seen.Known is null);
        var known = report.Findings.Length - news;
        if (news > 0)
            return known > 0 ? $"{Findings(news)} and {known} of known defects" : Findings(news);
        if (known > 0)
            return $"{Findings(known)} of known defects";
        return report.IsInconclusive ? "inconclusive" : "clean";
    }

    private static string Findings(int count) => count == 1 ? "1 finding" : $"{count} findings";

    /// <summary>In full, but for further places of a known defect that was shown already.</summary>
    private void Print(int number, SeenFinding seen, bool isShown)
    {
        var finding = seen.Finding;
        console.WriteLine();
        console.Write(new Text($"finding {number}: {finding.Key.Expectation}", new Style(Color.Red, decoration: Decoration.Bold)));
        Say($"   {finding.Key.Place}");
        Say($"  first after {seen.After.TotalSeconds:n2} s, shrunk in {seen.ShrinkTime.TotalSeconds:n2} s "
            + $"to {finding.Program.Lines.Length} lines, seen {seen.Count:n0} times");
        if (seen.Known is { } known)
            Say($"  known defect {known.Id}: {known.Statement} ({known.Reference})");
        if (!isShown)
        {
            foreach (var line in FindingText.Print(finding).TrimEnd().Split('\n'))
                Say($"  {line}");
        }
        if (seen.Path is not null)
            Say($"  replay: vfiofuzz replay {seen.Path}");
    }

    private void PrintTable(CheckReport report)
    {
        var table = Screen.Table("operation", "lines", "%", "outcomes");
        var cells = report.Outcomes.Cells();
        foreach (var form in OperationForm.All)
        {
            var lines = report.Outcomes.CountOf(form.Kind);
            if (lines == 0)
                continue;
            var outcomes = cells.Where(cell => cell.Kind == form.Kind)
                .Select(cell => string.Create(CultureInfo.InvariantCulture, $"{cell.Outcome} {cell.Count}"));
            table.AddRow(Screen.Cells(
                form.Mnemonic,
                lines.ToString("n0", CultureInfo.InvariantCulture),
                (100.0 * lines / report.Outcomes.Lines).ToString("n1", CultureInfo.InvariantCulture),
                string.Join("  ", outcomes)));
        }
        console.WriteLine();
        console.Write(table);
    }

    private void PrintMachine(CheckReport report)
    {
        var platform = report.Platform;
        Say($"machine: {platform.Kernel}, dialect {platform.Dialect.ToString().ToLowerInvariant()}, iova pages {platform.PciPageSizes:x}, "
            + $"ranges {string.Join(' ', platform.PciRanges.Select(range => $"{range.First.Value:x}-{range.Last.Value:x}"))}, "
            + $"{platform.DmaEntryLimit} mappings, write-only {(platform.WriteOnlyAllowsRead ? "lets devices read" : "is write-only")}, "
            + $"interrupts {(platform.HasUnsafeInterrupts ? "can be forged" : "are remapped")}");
        Say($"worlds: {string.Join(", ", report.Worlds.Select(row => Share(row.Shape, row.Programs, report.Programs)))}");
    }

    private static string Share(string shape, int programs, int all) =>
        string.Create(CultureInfo.InvariantCulture, $"{shape} {100.0 * programs / Math.Max(1, all):n1} %");

    /// <summary>What was seen of what can be answered, and why the rest cannot be seen here.</summary>
    private void PrintCoverage(CheckReport report)
    {
        var coverage = report.Coverage;
        Say($"outcomes: {coverage.Exercised} of {coverage.Reachable} in reach were seen ({100 * coverage.Share:n1} %), "
            + $"{coverage.Often} of them {Reachability.SightsMin} times or more");
        foreach (var kind in coverage.Rest.Where(rest => rest.Count == 0).GroupBy(rest => rest.Kind))
            Say($"  never: {OperationForm.Of(kind.Key).Mnemonic} {string.Join(", ", kind.Select(rest => rest.Outcome))}");
        foreach (var (reason, outcomes) in coverage.OutOfReach)
            Say($"  out of reach: {string.Join(", ", outcomes)}: {reason}");
        if (report.Rules is { } rules)
            Say($"{string.Join('\n', CoverageText.Of(rules))}");
        if (report.Code is { } code)
            CodeText.Print(console, code);
    }

    private void PrintLanes(CheckReport report)
    {
        foreach (var lane in report.Lanes)
            Say($"lane {lane.Lane}: {lane.Programs:n0} programs, {lane.PerSecond:n0}/s");
    }

    private void Say(FormattableString text) => Say(text.ToString(CultureInfo.InvariantCulture));

    private void Say(string text) => console.Write(new Text(text + "\n"));
}
