using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns.Fuzzing;

namespace VfioFuzz.Cli.Screens;

/// <summary>
/// How a campaign goes, read from its folder: a table that is drawn over on a terminal, a line every few seconds elsewhere, nothing when quiet.
/// </summary>
internal sealed class FuzzScreen(string root, bool quiet)
{
    private static readonly TimeSpan PlainPeriod = TimeSpan.FromSeconds(5);

    private readonly bool terminal = !Console.IsErrorRedirected;
    private readonly IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private DateTimeOffset told = DateTimeOffset.UtcNow;
    private int drawn;

    public void Show()
    {
        if (quiet || !terminal && DateTimeOffset.UtcNow - told < PlainPeriod)
            return;
        told = DateTimeOffset.UtcNow;
        var figures = FuzzSummary.Figures(root);
        if (figures.Count == 0)
            return;
        if (!terminal)
        {
            Console.Error.WriteLine(Line(figures));
            return;
        }
        End();
        var table = FuzzSummary.Table(figures);
        console.Write(table);
        // Header, its rule, the rows, and the empty lines around them.
        drawn = figures.Count + 4;
    }

    /// <summary>Takes the table away: what follows is printed in its place.</summary>
    public void End()
    {
        if (drawn > 0)
            console.Write(new ControlCode(string.Create(CultureInfo.InvariantCulture, $"\e[{drawn}A\e[J")));
        drawn = 0;
    }

    private static string Line(IReadOnlyList<FuzzStatistics> figures)
    {
        var idle = figures.Min(one => one.LastUpdate - one.LastFind);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{figures[0].Target}: {figures.Sum(one => one.Executions):n0} runs, {figures.Sum(one => one.ExecutionsPerSecond):n0}/s, {figures.Sum(one => one.OperationsPerSecond):n0} operations/s, corpus {figures.Sum(one => one.Corpus):n0}, edges {figures.Max(one => one.Features.Edges):n0}, model {figures.Max(one => one.Features.Model):n0}, waits {figures.Max(one => one.Features.Waits):n0}, {figures.Sum(one => one.Findings)} findings, last new {idle} s ago, stability {figures.Min(one => one.Stability):n1} %");
    }
}
