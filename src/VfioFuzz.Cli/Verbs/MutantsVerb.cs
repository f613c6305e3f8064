using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// <c>mutants</c>: which rule catches each wrong variant of a design, after how many programs under random and PCT schedules, and after how
/// many states of an exhaustive search. Ends with 1 when one survives every hunt.
/// </summary>
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

    private static readonly Option<int> Depth = new("--depth")
    {
        Description = "d of the PCT schedules (default 3)",
        HelpName = "D",
        DefaultValueFactory = _ => 3,
    };

    private static readonly Option<bool> Markdown = new("--markdown") { Description = "the table as Markdown" };

    public static Command Make(CancellationToken stop)
    {
        var command = new Command("mutants", "hunt for wrong variants of the designs: which rule catches each, and how soon")
        {
            Names, Seeds, Programs, Depth, Markdown,
        };
        command.SetAction(parsed => Run(parsed, stop));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        var (names, seeds, programs, depth) =
            (parsed.GetValue(Names)!, parsed.GetValue(Seeds), parsed.GetValue(Programs), parsed.GetValue(Depth));
        if (seeds < 1 || programs < 1)
            throw new UsageException("--seeds and --programs want a number above 0");
        if (depth is < 1 or > SchedulePolicy.DepthMax)
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--depth wants a number from 1 to {SchedulePolicy.DepthMax}"));
        foreach (var name in names)
        {
            if (!SimulatedTarget.Mutants.Any(mutant => mutant.Name == name))
                throw new UsageException($"no mutant '{name}'; known are {string.Join(", ", SimulatedTarget.Mutants.Select(x => x.Name))}");
        }
        var pct = SchedulePolicy.Pct(depth);
        var search = new MutantSearch(stop);
        var rows = new Rows(["mutant", "caught by", "random", "worst", $"{pct}", "worst", "exhaustive", "seen as"], parsed.GetValue(Markdown));
        var (hunted, survivors) = (0, 0);
        foreach (var (name, design) in SimulatedTarget.Mutants.Where(mutant => names.Length == 0 || names.Contains(mutant.Name)))
        {
            stop.ThrowIfCancellationRequested();
            var (random, byPct) = (Hunt(name, design, seeds, programs, SchedulePolicy.Random), Hunt(name, design, seeds, programs, pct));
            hunted++;
            survivors += random.Concat(byPct).All(caught => caught is null) ? 1 : 0;
            rows.Add(Row(name, random, byPct, search.Cell(name, design)));
        }
        rows.End();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\n{hunted} mutants, {survivors} survive every hunt. Programs until one is caught, of seeds 1 to {seeds} (median and worst; {programs} at most), with random schedules and with {pct}; " +
            $"exhaustive: states until one shows what none of the design's does, of all programs of at most {MutantSearch.OperationsMax} operations of the standard menu " +
            $"(-: none does; a search sees no answers and no charges). Made by `vfiofuzz mutants --seeds {seeds} --depth {depth} --markdown`"));
        return survivors > 0 ? ExitCode.Finding : ExitCode.Clean;
    }

    private static List<MutantCatch?> Hunt(string name, string design, int seeds, int programs, SchedulePolicy policy)
    {
        using var mutant = new SimulatedTarget(name);
        using var original = new SimulatedTarget(design);
        var answers = Composition.Answers(original, DialectName.Unspecified);
        var sequential = new GeneratedPrograms(1, original.Kinds);
        var racing = new GeneratedPrograms(2, original.Kinds);
        var hunt = new MutantHunt(
            mutant, original, answers, (seed, index) => (index % 2 == 0 ? sequential : racing).Draw(seed, index / 2));
        return [.. Enumerable.Range(1, seeds).Select(seed => hunt.Hunt((ulong)seed, programs, policy))];
    }

    private static string[] Row(string name, List<MutantCatch?> random, List<MutantCatch?> byPct, string exhaustive)
    {
        var caught = random.Concat(byPct).OfType<MutantCatch>().ToList();
        var rules = caught.GroupBy(x => x.Key.Expectation)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Select(group => group.Key);
        return
        [
            name,
            string.Join(", ", rules),
            Median(random),
            Number(Programs(random)[^1]),
            Median(byPct),
            Number(Programs(byPct)[^1]),
            exhaustive,
            caught.MinBy(x => x.Programs)?.Key.Place ?? "",
        ];

        static int[] Programs(List<MutantCatch?> catches) => [.. catches.Select(x => x?.Programs ?? int.MaxValue).Order()];
        static string Median(List<MutantCatch?> catches) => Number(Programs(catches)[catches.Count / 2]);
    }

    private static string Number(int programs) =>
        programs == int.MaxValue ? "survives" : programs.ToString("n0", CultureInfo.InvariantCulture);

    /// <summary>A table at the end, or a line of Markdown as soon as it is known.</summary>
    private sealed class Rows
    {
        private readonly Table? table;

        public Rows(string[] columns, bool markdown)
        {
            if (!markdown)
            {
                table = Screen.Table(columns);
                return;
            }
            Console.WriteLine("# Mutants of the designs\n");
            Add(columns);
            Add([.. columns.Select(_ => "---")]);
        }

        public void Add(string[] cells)
        {
            if (table is null)
                Console.WriteLine($"| {string.Join(" | ", cells)} |");
            else
                table.AddRow(Screen.Cells(cells));
        }

        public void End()
        {
            if (table is not null)
                Screen.Out().Write(table);
        }
    }
}
