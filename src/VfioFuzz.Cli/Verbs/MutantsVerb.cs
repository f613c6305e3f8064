using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>mutants</c>: which rule catches each wrong variant of a design, after how many programs. Ends with 1 when one survives.</summary>
internal static class MutantsVerb
{
    private static readonly Argument<string[]> Names = new("mutant")
    {
        Description = "mutants as DESIGN~WHAT (default: all)",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<int> Seeds = new("--seeds")
    {
        Description = "hunts for each mutant, of seeds 1 to N (default 5); the table has the median",
        HelpName = "N",
        DefaultValueFactory = _ => 5,
    };

    private static readonly Option<int> Programs = new("--programs")
    {
        Description = "programs of one hunt (default 200000)",
        HelpName = "N",
        DefaultValueFactory = _ => 200_000,
    };

    private static readonly Option<bool> Markdown = new("--markdown") { Description = "the table as Markdown" };

    public static Command Make(CancellationToken stop)
    {
        var command = new Command("mutants", "hunt for wrong variants of the designs: which rule catches each, and how soon")
        {
            Names, Seeds, Programs, Markdown,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(Names)!, parsed.GetValue(Seeds), parsed.GetValue(Programs), parsed.GetValue(Markdown), stop));
        return command;
    }

    private static int Run(string[] names, int seeds, int programs, bool markdown, CancellationToken stop)
    {
        if (seeds < 1 || programs < 1)
            throw new UsageException("--seeds and --programs want a number above 0");
        foreach (var name in names)
        {
            if (!SimulatedTarget.Mutants.Any(mutant => mutant.Name == name))
                throw new UsageException($"no mutant '{name}'; known are {string.Join(", ", SimulatedTarget.Mutants.Select(x => x.Name))}");
        }
        string[] columns = ["mutant", "caught by", "median", "worst", "seen as"];
        var table = Screen.Table(columns);
        if (markdown)
            Console.WriteLine($"# Mutants of the designs\n\n{MarkdownRow(columns)}\n{MarkdownRow([.. columns.Select(_ => "---")])}");
        var (hunted, survivors) = (0, 0);
        foreach (var (name, design) in SimulatedTarget.Mutants)
        {
            if (names.Length > 0 && !names.Contains(name))
                continue;
            stop.ThrowIfCancellationRequested();
            var catches = Hunt(name, design, seeds, programs);
            hunted++;
            survivors += catches.Contains(null) ? 1 : 0;
            table.AddRow(Screen.Cells(Row(name, catches)));
            if (markdown)
                Console.WriteLine(MarkdownRow(Row(name, catches)));
        }
        if (!markdown)
            Screen.Out().Write(table);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\n{hunted} mutants, {survivors} survive some hunt; programs of seeds 1 to {seeds}, {programs} each at most, random schedules: `vfiofuzz mutants --seeds {seeds} --markdown`"));
        return survivors > 0 ? ExitCode.Finding : ExitCode.Clean;
    }

    private static string MarkdownRow(string[] cells) => $"| {string.Join(" | ", cells)} |";

    private static List<MutantCatch?> Hunt(string name, string design, int seeds, int programs)
    {
        using var mutant = new SimulatedTarget(name);
        using var original = new SimulatedTarget(design);
        var answers = Composition.Answers(original, DialectName.Unspecified);
        var sequential = new GeneratedPrograms(1, original.Kinds);
        var racing = new GeneratedPrograms(2, original.Kinds);
        var hunt = new MutantHunt(
            mutant, original, answers, (seed, index) => (index % 2 == 0 ? sequential : racing).Draw(seed, index / 2));
        return [.. Enumerable.Range(1, seeds).Select(seed => hunt.Hunt((ulong)seed, programs))];
    }

    private static string[] Row(string name, List<MutantCatch?> catches)
    {
        var programs = catches.Select(x => x?.Programs ?? int.MaxValue).Order().ToArray();
        var rules = catches.OfType<MutantCatch>().GroupBy(x => x.Key.Expectation)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Select(group => group.Key);
        return
        [
            name,
            string.Join(", ", rules),
            Number(programs[programs.Length / 2]),
            Number(programs[^1]),
            catches.OfType<MutantCatch>().MinBy(x => x.Programs)?.Key.Place ?? "",
        ];
    }

    private static string Number(int programs) =>
        programs == int.MaxValue ? "survives" : programs.ToString("n0", CultureInfo.InvariantCulture);
}
