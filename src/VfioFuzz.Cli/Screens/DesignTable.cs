using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns;

namespace VfioFuzz.Cli.Screens;

/// <summary>
/// The designs side by side. A blocking design is expected to deadlock and every other one to be clean, but for the known defects of the
/// kernels they are drawn from: the comparison fails when a design shows otherwise.
/// </summary>
internal static class DesignTable
{
    public static int Print(IAnsiConsole console, List<CheckReport> reports, int designs)
    {
        var table = Screen.Table(
            "design", "programs", "per second", "deadlocks", "others", "known defects", "smallest deadlock", "expected", "");
        var code = reports.Count < designs ? ExitCode.Inconclusive : ExitCode.Clean;
        foreach (var report in reports)
        {
            var smallest = report.Findings.Where(IsDeadlock).MinBy(seen => seen.Finding.Program.Lines.Length);
            table.AddRow(Screen.Cells(
                report.Target,
                Number(report.Programs),
                Number((long)(report.Programs / report.Elapsed.TotalSeconds)),
                Number(report.Findings.Count(IsDeadlock)),
                Number(report.Findings.Count(seen => seen.Known is null && !IsDeadlock(seen))),
                string.Join(", ", report.Findings.Select(seen => seen.Known?.Id).OfType<string>().Distinct()),
                smallest is null ? "" : $"{smallest.Finding.Program.Lines.Length} lines in {smallest.After.TotalSeconds:n2} s",
                MayDeadlock(report) ? "deadlocks" : "clean",
                Word(CodeOf(report))));
            code = Math.Max(code, CodeOf(report));
        }
        console.WriteLine();
        console.Write(table);
        return code;
    }

    private static int CodeOf(CheckReport report)
    {
        var deadlocks = report.Findings.Any(IsDeadlock);
        var others = report.Findings.Any(seen => seen.Known is null && !IsDeadlock(seen));
        if (others || deadlocks != MayDeadlock(report))
            return ExitCode.Finding;
        return deadlocks || !report.IsInconclusive ? ExitCode.Clean : ExitCode.Inconclusive;
    }

    private static string Word(int code) => code switch
    {
        ExitCode.Clean => "as expected",
        ExitCode.Finding => "not as expected",
        _ => "inconclusive",
    };

    private static bool IsDeadlock(SeenFinding seen) =>
        seen.Known is null && seen.Finding.Key.Rule == Checking.RuleBook.Deadlock.Name;

    /// <summary>deadlocks 8.4: the designs that keep a wait for user space in the kernel.</summary>
    private static bool MayDeadlock(CheckReport report) =>
        report.Target.StartsWith("sim/blocking", StringComparison.Ordinal) || report.Target is "sim/waiters" or "sim/sticky";

    private static string Number(long count) => count.ToString("n0", CultureInfo.InvariantCulture);
}
