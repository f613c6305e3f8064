using System.CommandLine;
using System.Globalization;
using VfioFuzz.Campaigns;
using VfioFuzz.Campaigns.Exploring;
using VfioFuzz.Checking;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// <c>explore</c>: everything that a menu of operations can do on a simulated design, up to a number of operations; ends with a
/// certificate, and with a proved-minimal program for each finding.
/// </summary>
internal static class ExploreVerb
{
    private const int DefaultMemory = 6 * 1024;

    private static readonly Option<string> Target = new("--target") { Description = "a simulated design", HelpName = "TARGET", Required = true };

    private static readonly Option<int> Operations = new("--ops")
    {
        Description = "operations of any path (default 4)",
        HelpName = "K",
        DefaultValueFactory = _ => 4,
    };

    private static readonly Option<string> Menu = Menus();

    private static readonly Option<int> Memory = new("--memory")
    {
        Description = $"memory limit of states in MiB (default {DefaultMemory}); beyond it the search is inconclusive",
        HelpName = "MIB",
        DefaultValueFactory = _ => DefaultMemory,
    };

    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "threads to search with (default: one a processor)",
        HelpName = "N",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    private static readonly Option<bool> Exact = new("--exact") { Description = "store whole states, each by itself" };

    private static readonly Option<bool> Sequential = new("--sequential")
    {
        Description = "start an operation only when everything else has returned or sleeps",
    };

    private static readonly Option<bool> Unreduced = new("--unreduced")
    {
        Description = "store every state as it is, without any of the three reductions; what is found must be the same",
    };

    private static readonly Option<bool> NoSymmetry = new("--no-symmetry")
    {
        Description = "no symmetry reduction: states that differ in numbers of mappings, files and pins alone are several",
    };

    private static readonly Option<bool> NoDeadData = new("--no-dead-data")
    {
        Description = "no merging of states that differ in what no later step reads alone",
    };

    private static readonly Option<bool> NoPor = new("--no-por")
    {
        Description = "no partial-order reduction: store also the states from which one step suffices",
    };

    private static readonly Option<string?> Output = new("--out") { Description = "write a file for each finding there", HelpName = "DIR" };

    private static readonly Option<bool> Quiet = CommonOptions.Quiet();

    public static Command Make(CancellationToken stop)
    {
        var command = new Command("explore", "search everything that a few operations can do on a simulated design")
        {
            Target, Operations, Menu, Memory, Threads, Exact, Sequential, Unreduced, NoPor, NoSymmetry, NoDeadData, Output, Quiet,
        };
        command.SetAction(parsed => Run(parsed, stop));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        var target = parsed.GetValue(Target)!;
        var setup = ExplorationMenu.For(Targets.KindsOf(target), parsed.GetValue(Menu)!) with { IsSequential = parsed.GetValue(Sequential) };
        var space = Targets.Space(target, setup, Merging(parsed));
        var bounds = new ExplorationBounds
        {
            OperationsMax = Within(parsed.GetValue(Operations), 0, 15, "--ops"),
            MemoryMax = (long)Within(parsed.GetValue(Memory), 1, 1 << 20, "--memory") << 20,
            IsExact = parsed.GetValue(Exact),
            ReducesOrder = !parsed.GetValue(Unreduced) && !parsed.GetValue(NoPor),
        };
        var threads = Within(parsed.GetValue(Threads), 1, 64, "--threads");
        var progress = new ExplorationScreen(target, parsed.GetValue(Quiet));
        var run = new ExplorationRun(bounds, threads, progress.Tell, stop);
        var found = space.Accept(run);
        progress.Clear();
        var text = new CertificateText(new Certificate(space, bounds, found, run.Elapsed, threads, Again(parsed)), Console.Out);
        text.Print();
        text.Print(Programs(target, space, found, parsed.GetValue(Output)));
        return !found.Findings.All(finding => finding.IsFact) ? ExitCode.Finding
            : found.Bound is not null ? ExitCode.Inconclusive
            : ExitCode.Clean;
    }

    /// <summary>Each finding with the file of its program.</summary>
    private static List<(ExploredFinding, string)> Programs(string target, SimulatedSpace space, Exploration found, string? folder)
    {
        var programs = new List<(ExploredFinding, string)>();
        using var findings = new ExploredFindings(target, space);
        var store = folder is null ? null : new FindingStore(folder);
        foreach (var finding in found.Findings.Where(finding => !finding.IsFact))
        {
            var where = findings.Of(finding) switch
            {
                null => "\n  not shown by a run of its program: it lies between two steps of a run that ends well",
                { } shown when store is null => $"\n{FindingText.Print(shown)}",
                { } shown => $"\n  vfiofuzz replay {store.Write(shown)}",
            };
            programs.Add((finding, where));
        }
        return programs;
    }

    private static StateMerging Merging(ParseResult parsed) => parsed.GetValue(Unreduced) ? StateMerging.None
        : (parsed.GetValue(NoSymmetry) ? StateMerging.None : StateMerging.Symmetry)
            | (parsed.GetValue(NoDeadData) ? StateMerging.None : StateMerging.DeadData);

    /// <summary>What decides the result; threads and memory do not.</summary>
    private static string Again(ParseResult parsed)
    {
        Option<bool>[] switches = parsed.GetValue(Unreduced) ? [Sequential, Unreduced] : [Sequential, NoPor, NoSymmetry, NoDeadData];
        var menu = parsed.GetValue(Menu) is { } named && named != ExplorationMenu.Standard ? $" --menu {named}" : "";
        var given = switches.Where(parsed.GetValue).Select(option => $" {option.Name}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"vfiofuzz explore --target {parsed.GetValue(Target)} --ops {parsed.GetValue(Operations)}{menu}{string.Concat(given)}");
    }

    private static Option<string> Menus()
    {
        var menu = new Option<string>("--menu")
        {
            Description = $"where the search begins and what users may do: {string.Join(", ", ExplorationMenu.Names)} (default {ExplorationMenu.Standard})",
            HelpName = "NAME",
            DefaultValueFactory = _ => ExplorationMenu.Standard,
        };
        return menu.AcceptOnlyFromAmong([.. ExplorationMenu.Names]);
    }

    private static int Within(int value, int least, int most, string option) =>
        value >= least && value <= most ? value : throw new UsageException($"{option} wants a number from {least} to {most}");
}
