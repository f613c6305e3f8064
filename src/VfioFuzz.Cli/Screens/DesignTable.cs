using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns;

namespace VfioFuzz.Cli.Screens;

/// <summary>
/// The designs side by side. A blocking design is expected to deadlock and every other one to be clean: the comparison fails when a design shows
/// otherwise.
/// </summary>
internal static class DesignTable
{
    public static int Print(IAnsiConsole console, List<CheckReport> reports, int designs)
    {
        var table = Screen.Table("design", "programs", "per second", "findings", "smallest", "verdict", "expected");
        var code = reports.Count < designs ? ExitCode.Inconclusive : ExitCode.Clean;
        foreach (var report in reports)
        {
            var smallest = report.Findings.MinBy(seen => seen.Finding.Program.Lines.Length);
            table.AddRow(Screen.Cells(
                report.Target,
                report.Programs.ToString("n0", CultureInfo.InvariantCulture),
                (report.Programs / report.Elapsed.TotalSeconds).ToString("n0", CultureInfo.InvariantCulture),
                report.Findings.Length.ToString(CultureInfo.InvariantCulture),
                smallest is null ? "" : $"{smallest.Finding.Key.Expectation}, {smallest.Finding.Program.Lines.Length} lines",
                ReportScreen.VerdictOf(report),
                MayDeadlock(report) ? "deadlocks" : "clean"));
            code = Math.Max(code, CodeOf(report));
        }
        console.WriteLine();
        console.Write(table);
        return code;
    }

    private static int CodeOf(CheckReport report)
    {
        var deadlocks = report.Findings.Any(IsDeadlock);
        var others = report.Findings.Any(seen => !IsDeadlock(seen));
        if (others || deadlocks != MayDeadlock(report))
            return ExitCode.Finding;
        return deadlocks || !report.IsInconclusive ? ExitCode.Clean : ExitCode.Inconclusive;
    }

    private static bool IsDeadlock(SeenFinding seen) => seen.Finding.Key.Rule == Checking.RuleBook.Deadlock.Name;

    /// <summary>deadlocks 8.4: the designs that keep a wait for user space in the kernel.</summary>
    private static bool MayDeadlock(CheckReport report) => report.Target == "sim/blocking";
}
