using System.CommandLine;
using VfioFuzz.Campaigns;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>kernel diff FIRST SECOND</c>: the same programs on two targets, every difference explained by a promise or reported.</summary>
internal static class KernelDiffVerb
{
    private const int DefaultPrograms = 4_000;

    private static readonly Argument<string> First = new("first") { Description = "a target: linux/6.1" };

    private static readonly Argument<string> Second = new("second") { Description = "another: linux/6.12" };

    private static readonly Option<int?> Programs = CommonOptions.Programs(DefaultPrograms);

    private static readonly Option<double?> Time = CommonOptions.Time();

    private static readonly Option<ulong> Seed = CommonOptions.Seed();

    private static readonly Option<bool> AvoidKnown = CommonOptions.AvoidKnown("either kernel");

    private static readonly Option<string> Findings = CommonOptions.Findings();

    private static readonly Option<bool> Json = CommonOptions.Json("report");

    private static readonly Option<bool> Quiet = CommonOptions.Quiet();

    private static readonly Option<string?> Planted = new("--plant")
    {
        Description = $"tell wrong answers of the second on purpose: {string.Join(", ", Plant.All.Select(plant => plant.Name))}",
        HelpName = "NAME",
    };

    public static Command Make(CancellationToken stop)
    {
        var command = new Command("diff", "run the same programs on two kernels and explain every difference by what they promise")
        {
            First, Second, Programs, Time, Seed, AvoidKnown, Findings, Json, Quiet, Planted,
        };
        command.SetAction(parsed => Run(parsed, stop));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        var options = Options(parsed);
        var (one, other) = (parsed.GetRequiredValue(First), parsed.GetRequiredValue(Second));
        var quiet = parsed.GetValue(Quiet) || parsed.GetValue(Json);
        // Two alone share the machine, a guest each; beside a simulated design one kernel has it for itself.
        var alone = Targets.IsDesign(one) || Targets.IsDesign(other);
        var wishes = new TargetWishes(null, 1, quiet, stop) { Guests = alone ? null : 1 };
        using var first = Targets.Open(one, wishes);
        using var second = Targets.Planted(Targets.Open(other, wishes), parsed.GetValue(Planted));
        foreach (var target in (ITarget[])[first, second])
            if (target.Platform.Dialect == DialectName.Unspecified)
            {
                Console.Error.WriteLine($"vfiofuzz: {target.Name} speaks no known dialect: nothing can be explained by its promises");
                return ExitCode.Inconclusive;
            }
        var screen = new ProgressScreen($"{one} | {other}", options, quiet);
        var report = new DiffCampaign(
            new DiffSetup
            {
                First = first,
                Second = second,
                Source = new GeneratedPrograms(
                    kinds: KindsOfBoth(first, second), hugePage: first.Platform.HasHugePage && second.Platform.HasHugePage),
                SimplerThan = Candidates.SimplerThan,
                Store = new FindingStore(parsed.GetValue(Findings)!),
                Progress = screen.Tell,
            },
            options,
            stop).Run();
        screen.Clear();
        if (parsed.GetValue(Json))
            DiffScreen.WriteJson(report, Console.Out);
        else
            new DiffScreen(Screen.Out()).Print(report);
        return report.Findings.Any(found => found.Seen.Known is null || !options.AvoidKnown) ? ExitCode.Finding
            : report.IsInconclusive ? ExitCode.Inconclusive
            : ExitCode.Clean;
    }

    /// <summary>What a simulated design does not know would only be left unjudged.</summary>
    private static KindSet? KindsOfBoth(ITarget first, ITarget second) => ((first as SimulatedTarget)?.Kinds, (second as SimulatedTarget)?.Kinds) switch
    {
        ({ } one, { } other) => one.And(other),
        var (one, other) => one ?? other,
    };

    private static CheckOptions Options(ParseResult parsed)
    {
        var programs = parsed.GetValue(Programs);
        var seconds = parsed.GetValue(Time);
        if (programs <= 0 || seconds <= 0)
            throw new UsageException("--programs and --time want a number above 0");
        return new CheckOptions
        {
            Seed = parsed.GetValue(Seed),
            ProgramsMax = programs ?? (seconds is null ? DefaultPrograms : int.MaxValue),
            TimeMax = seconds is { } given ? TimeSpan.FromSeconds(given) : TimeSpan.MaxValue,
            AvoidKnown = parsed.GetValue(AvoidKnown),
        };
    }
}
