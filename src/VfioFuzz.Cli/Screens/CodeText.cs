using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns;

namespace VfioFuzz.Cli.Screens;

/// <summary>Where programs have been in the kernel's type1 module.</summary>
internal static class CodeText
{
    public static void Print(IAnsiConsole console, CodeCoverage code)
    {
        var lines = code.Lines();
        var reached = lines.Count(line => line.Reached > 0);
        var never = lines.GroupBy(line => line.Function)
            .Where(function => function.All(line => line.Reached == 0))
            .Select(function => function.Key);
        console.Write(new Text(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            type1: {code.BlocksReached:n0} of {code.Blocks:n0} blocks ran ({Percent(code.BlocksReached, code.Blocks)}), {reached:n0} of {lines.Count:n0} lines where one begins ({Percent(reached, lines.Count)}), {code.Steps:n0} steps between blocks
              never in: {string.Join(", ", never)}

            """)));
    }

    /// <summary>Each line where a block begins, with its function and how many of its blocks ran: tab-separated, below a head.</summary>
    public static IEnumerable<string> Table(CodeCoverage code) => code.Lines()
        .Select(line => string.Create(CultureInfo.InvariantCulture, $"{line.Number}\t{line.Function}\t{line.Reached} of {line.Blocks}"))
        .Prepend("line\tfunction\tblocks reached");

    private static string Percent(int part, int whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / Math.Max(1, whole):n1} %");
}
