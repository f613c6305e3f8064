using System.CommandLine;
using System.Globalization;
using VfioFuzz.Campaigns;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Linux;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>check</c>: generated programs on one target, or on all simulated designs side by side.</summary>
internal static class CheckVerb
{
    private const int DefaultPrograms = 20_000;

    /// <summary>So many programs of each design are seconds, and the same results on every machine that is not very slow.</summary>
    private const int ProgramsOfADesign = 40_000;

    private static readonly TimeSpan TimeOfADesign = TimeSpan.FromSeconds(4);

    private static readonly Option<string?> Target = new("--target")
    {
        Description = $"what answers: {string.Join(", ", Targets.Known())}",
        HelpName = "TARGET",
    };

    private static readonly Option<bool> AllDesigns = new("--all-designs")
    {
        Description = "every simulated design in turn, with one table of results at the end",
    };

    private static readonly Option<int?> Programs = CommonOptions.Programs(DefaultPrograms);

    private static readonly Option<double?> Time = CommonOptions.Time();

    private static readonly Option<ulong> Seed = CommonOptions.Seed();

    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "threads a process: 1 makes sequential programs, 2 adds par blocks (default 1)",
        HelpName = "1|2",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string> ScheduleBy = new("--schedule")
    {
        Description = "how simulated designs choose among tasks that can run: random, or pct:D for random priorities with D - 1 changes (default random)",
        HelpName = "random|pct:D",
        DefaultValueFactory = _ => "random",
    };

    private static readonly Option<bool> AvoidKnown = CommonOptions.AvoidKnown("the kernel");

    private static readonly Option<bool> NoShrink = new("--no-shrink")
    {
        Description = "store findings as they were seen; `vfiofuzz shrink` can come later",
    };

    private static readonly Option<FileInfo?> Type1 = new("--type1")
    {
        Description = "run this vfio_iommu_type1.ko in place of the kernel's own",
        HelpName = "FILE",
    };

    private static readonly Option<string> Findings = CommonOptions.Findings();

    private static readonly Option<FileInfo?> Lines = new("--lines")
    {
        Description = "where to write which lines of type1 were reached, on a kernel prepared to tell (linux/6.1-covered)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Json = CommonOptions.Json("report");

    private static readonly Option<bool> Quiet = CommonOptions.Quiet();

    private static readonly Option<string?> Planted = new("--plant")
    {
        Description = $"tell the judge wrong answers on purpose: {string.Join(", ", Plant.All.Select(plant => plant.Name))}",
        HelpName = "NAME",
    };

    private static readonly Option<string?> PlantedModel = new("--plant-model")
    {
        Description = "judge by a model with a wrong rule on purpose: "
            + string.Join(", ", Enum.GetNames<PlantedError>().Where(name => name != nameof(PlantedError.None))),
        HelpName = "NAME",
    };

    public static Command Make(CancellationToken stop)
    {
        Threads.AcceptOnlyFromAmong("1", "2");
        var command = new Command("check", "run generated programs on a target and judge every answer")
        {
            Target, AllDesigns, Programs, Time, Seed, Threads, ScheduleBy, AvoidKnown, NoShrink, Type1, Lines, Findings, Json, Quiet, Planted, PlantedModel,
        };
        command.SetAction(parsed => Run(parsed, stop));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        var target = parsed.GetValue(Target);
        var all = parsed.GetValue(AllDesigns);
        if (all == target is not null)
            throw new UsageException($"say either --target or --all-designs; targets are {string.Join(", ", Targets.Known())}");
        var names = all ? [.. Targets.Designs()] : new[] { target! };
        var reports = new List<CheckReport>();
        foreach (var name in names)
        {
            if (reports.Count > 0 && stop.IsCancellationRequested)
                break;
            reports.Add(Check(name, parsed, Options(parsed, names.Length, all), stop));
            if (!parsed.GetValue(Json) && all)
                new BriefScreen(Screen.Out()).Print(reports[^1]);
            else if (!parsed.GetValue(Json))
                new ReportScreen(Screen.Out()).Print(reports[^1]);
        }
        Remember(reports);
        if (parsed.GetValue(Json))
            JsonReport.Write(reports, Console.Out);
        else if (all)
            return PrintDesigns(reports, names.Length);
        var avoiding = parsed.GetValue(AvoidKnown);
        return reports.Max(report => CodeOf(report, avoiding));
    }

    private static int PrintDesigns(List<CheckReport> reports, int designs)
    {
        var code = DesignTable.Print(Screen.Out(), reports, designs);
        new BriefScreen(Screen.Out()).PrintHints(reports);
        return code;
    }

    /// <summary>For <c>rules</c>. A cache that cannot be written is no reason to fail a check.</summary>
    private static void Remember(List<CheckReport> reports)
    {
        var path = LastRun.PathIn(KernelStore.DefaultFolder);
        try
        {
            LastRun.Of(reports)?.Write(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"vfiofuzz: {path} cannot be written, so `vfiofuzz rules` has no counts of this run: {exception.Message}");
        }
    }

    private static CheckReport Check(string name, ParseResult parsed, CheckOptions options, CancellationToken stop)
    {
        var threads = parsed.GetValue(Threads);
        var screen = new ProgressScreen(name, options, parsed.GetValue(Quiet) || parsed.GetValue(Json));
        using var target = Open(name, parsed, threads, stop);
        var setup = Composition.Setup(target, threads, WrongRule(parsed.GetValue(PlantedModel))) with
        {
            Store = new FindingStore(parsed.GetValue(Findings)!),
            Progress = screen.Tell,
        };
        var report = new CheckCampaign(setup, options, stop).Run();
        screen.Clear();
        if (parsed.GetValue(Lines) is { } lines)
            WriteLines(name, report.Code, lines.FullName);
        return report;
    }

    private static void WriteLines(string target, CodeCoverage? code, string path)
    {
        if (code is null)
            throw new UsageException($"--lines: {target} does not tell where programs have been; `vfiofuzz kernel prepare 6.1-covered` makes a kernel that does");
        File.WriteAllLines(path, CodeText.Table(code));
    }

    private static VfioFuzz.Programs.ITarget Open(string name, ParseResult parsed, int threads, CancellationToken stop)
    {
        var wishes = new TargetWishes(parsed.GetValue(Type1), threads, parsed.GetValue(Quiet), stop) { ManyPrograms = true };
        var target = Targets.Open(name, wishes);
        return Targets.Planted(target, parsed.GetValue(Planted));
    }

    private static PlantedError WrongRule(string? name)
    {
        if (name is null)
            return PlantedError.None;
        return Enum.TryParse<PlantedError>(name, ignoreCase: true, out var planted) && !char.IsDigit(name[0])
            ? planted
            : throw new UsageException($"--plant-model {name}: no such rule; known are {string.Join(", ", Enum.GetNames<PlantedError>())}");
    }

    private static CheckOptions Options(ParseResult parsed, int designs, bool all)
    {
        var programs = parsed.GetValue(Programs);
        var seconds = parsed.GetValue(Time);
        if (programs <= 0 || seconds <= 0)
            throw new UsageException("--programs and --time want a number above 0");
        var time = seconds is { } given ? TimeSpan.FromSeconds(given) / designs
            : programs is null && all ? TimeOfADesign
            : TimeSpan.MaxValue;
        return new CheckOptions
        {
            Seed = parsed.GetValue(Seed),
            Schedule = SchedulePolicy.Parse(parsed.GetValue(ScheduleBy)!)
                ?? throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--schedule wants random or pct:D with D from 1 to {SchedulePolicy.DepthMax}")),
            ProgramsMax = programs ?? (seconds is not null ? int.MaxValue : all ? ProgramsOfADesign : DefaultPrograms),
            TimeMax = time,
            AvoidKnown = parsed.GetValue(AvoidKnown),
            Shrinks = !parsed.GetValue(NoShrink),
        };
    }

    private static int CodeOf(CheckReport report, bool avoiding) =>
        report.Findings.Any(seen => seen.Known is null || !avoiding) ? ExitCode.Finding
        : report.IsInconclusive ? ExitCode.Inconclusive
        : ExitCode.Clean;
}
