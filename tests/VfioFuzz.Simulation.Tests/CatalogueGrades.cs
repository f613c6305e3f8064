using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Tests;

/// <summary>What a program comes to on a design, over many schedules.</summary>
internal static class CatalogueGrades
{
    private const int Schedules = 60;

    public static Program Parse(string world, string lines)
    {
        var text = new System.Text.StringBuilder("vprog 1\nworld ").Append(world).Append('\n');
        foreach (var line in lines.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var isWhole = line is "}" or "par {" || line.StartsWith("p1.", StringComparison.Ordinal) || line.StartsWith("p0.", StringComparison.Ordinal);
            text.Append(isWhole ? line : "p0.t0: " + line).Append('\n');
        }
        return ProgramText.Parse(text.ToString(), "catalogue").Program;
    }

    /// <summary>The worst grade of any schedule: - b b! k k!.</summary>
    public static string Worst(string design, Program program) => Enumerable.Range(1, Schedules)
        .Select(seed => Of(Scenario.Run(program, design, (ulong)seed)))
        .MaxBy(grade => Array.IndexOf(Order, grade))!;

    private static readonly string[] Order = ["-", "b", "b!", "k", "k!"];

    public static string Of(History history)
    {
        if (history.Freezes.Count == 0)
            return "-";
        var helped = history.Freeze(FreezeMode.Help).Stuck.IsEmpty ? "" : "!";
        if (history.Freezes.Any(x => x.Mode is FreezeMode.KillOne or FreezeMode.KillAll && !x.Stuck.IsEmpty))
            return "k" + helped;
        return history.Freeze(FreezeMode.Idle).Stuck.IsEmpty ? "-" : "b" + helped;
    }
}
