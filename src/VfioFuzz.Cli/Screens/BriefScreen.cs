using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns;
using VfioFuzz.Checking;

namespace VfioFuzz.Cli.Screens;

/// <summary>
/// The report of one of many targets: a line for each finding, smallest first, and what would make the run worthless. <see cref="ReportScreen"/> has all of it.
/// </summary>
internal sealed class BriefScreen(IAnsiConsole console)
{
    public void Print(CheckReport report)
    {
        console.WriteLine();
        Say(ReportScreen.SummaryOf(report), new Style(decoration: Decoration.Bold));
        foreach (var seen in report.Findings.Where(seen => seen.Known is null).OrderBy(seen => seen.Finding.Program.Lines.Length))
            Print(seen);
        foreach (var known in report.Findings.Where(seen => seen.Known is not null).GroupBy(seen => seen.Known!.Id).OrderBy(group => group.Key, StringComparer.Ordinal))
            Print(known.First().Known!, known.Sum(seen => seen.Count));
        if (report.Uncollected.Length > 0)
            Say(string.Create(CultureInfo.InvariantCulture, $"  {report.Uncollected.Length} more findings were counted and not shrunk"));
        foreach (var (bound, count) in report.Inconclusive)
            Say(string.Create(CultureInfo.InvariantCulture, $"  not judged: {count:n0} programs ({bound})"));
        if (report.IsInconclusive)
        {
            foreach (var vacuity in report.Vacuities)
                Say($"  vacuous: {vacuity}");
        }
    }

    /// <summary>Where a reader goes on from the lines.</summary>
    public void PrintHints(IReadOnlyList<CheckReport> reports)
    {
        var smallest = reports
            .Select(report => report.Findings.Where(seen => seen.Known is null && seen.Path is not null).MinBy(seen => seen.Finding.Program.Lines.Length))
            .FirstOrDefault(seen => seen is not null);
        if (smallest is not null)
            Say($"a finding drawn, task by task: vfiofuzz explain {smallest.Path}");
        Say($"all that a target answered: vfiofuzz check --target {reports[0].Target} --seed {reports[0].Seed.ToString(CultureInfo.InvariantCulture)}");
    }

    private void Print(SeenFinding seen) => Say(string.Create(
        CultureInfo.InvariantCulture,
        $"  {seen.Finding.Program.Lines.Length,2} lines  {seen.After.TotalSeconds,6:n2} s  seen {seen.Count,5:n0}  {seen.Finding.Key.Expectation}: {seen.Finding.Key.Place}   {seen.Path}"));

    private void Print(KnownDefect known, long count) =>
        Say(string.Create(CultureInfo.InvariantCulture, $"  known defect {known.Id}, seen {count:n0}: {known.Statement}"));

    private void Say(string text, Style? style = null) => console.Write(new Text(text + "\n", style));
}
