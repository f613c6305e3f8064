using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// <c>fuzz</c>: a coverage-guided campaign in the instrumented host, a process for each core asked for, over one folder. This command starts the
/// processes, shows their figures, and starts one again that a hang has ended.
/// </summary>
internal static class FuzzVerb
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    /// <summary>The host's exit code after a hang, whose input it has saved.</summary>
    private const int HangCode = 70;

    private static readonly Option<string> Target = new("--target")
    {
        Description = "the simulated design, mutant of one, or kernel with a type1 that tells its coverage (linux/6.1-covered), to fuzz (default sim/blocking)",
        HelpName = "TARGET",
        DefaultValueFactory = _ => "sim/blocking",
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "all randomness (default 1); with one process and --executions the same files again",
        HelpName = "S",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<double?> Time = new("--time") { Description = "seconds to fuzz for", HelpName = "S" };

    private static readonly Option<long?> Executions = new("--executions") { Description = "runs of each process", HelpName = "N" };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "the campaign's folder; one that is there is taken up again (default artifacts/fuzz)",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine("artifacts", "fuzz"),
    };

    private static readonly Option<int> Processes = new("--processes")
    {
        Description = "processes over one corpus (default 1)",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "threads a process of programs: 1 makes sequential programs, 2 adds par blocks (default 1)",
        HelpName = "1|2",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<DirectoryInfo?> Seeds = new("--seeds")
    {
        Description = "a folder of .vprog files to start from (default: from nothing)",
        HelpName = "DIR",
    };

    private static readonly Option<FileInfo?> Lines = new("--lines")
    {
        Description = "where to write which lines of type1 were reached (of a kernel's campaign)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Quiet = new("--quiet") { Description = "no progress" };

    public static Command Make(CancellationToken stop)
    {
        Threads.AcceptOnlyFromAmong("1", "2");
        var command = new Command("fuzz", "a coverage-guided campaign: what shows something new is kept and changed again")
        {
            Target, Seed, Time, Executions, Output, Processes, Threads, Seeds, Lines, Quiet,
        };
        command.SetAction(parsed => Run(parsed, stop));
        var folder = new Argument<DirectoryInfo>("folder") { Description = "a campaign's folder" };
        var summary = new Command("summary", "the figures and findings of a campaign, running or over") { folder };
        summary.SetAction(parsed => Summarize(parsed.GetRequiredValue(folder).FullName));
        command.Subcommands.Add(summary);
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        var target = parsed.GetValue(Target)!;
        var isKernel = target.StartsWith(VfioFuzz.Linux.TargetName.Prefix, StringComparison.Ordinal);
        if (!isKernel && (!target.StartsWith("sim/", StringComparison.Ordinal) || !SimulatedTarget.Knows(target["sim/".Length..])))
            throw new UsageException($"--target {target}: no such simulated design; there are {string.Join(", ", Targets.Designs())}");
        var (time, executions, processes) = (parsed.GetValue(Time), parsed.GetValue(Executions), parsed.GetValue(Processes));
        if (time <= 0 || executions <= 0 || processes is < 1 or > 256)
            throw new UsageException("--time, --executions and --processes want a number above 0 (at most 256 processes)");
        if (parsed.GetValue(Seeds) is { Exists: false } missing)
            throw new UsageException($"--seeds {missing}: there is no such folder");
        var root = Path.GetFullPath(parsed.GetValue(Output)!);
        if (isKernel)
            return OnKernel(parsed, target, root, stop);
        if (parsed.GetValue(Lines) is not null)
            throw new UsageException($"--lines: {target} has no lines of C; give a kernel that tells its coverage (linux/6.1-covered)");
        if (!InstrumentedHost.IsBuilt())
            return ExitCode.Skipped;
        var screen = new FuzzScreen(root, parsed.GetValue(Quiet));
        var codes = Supervise(number => InstrumentedHost.Start(target, Settings(parsed, root, number)), processes, screen, stop);
        screen.End();
        if (codes.Any(code => code is not (ExitCode.Clean or ExitCode.Finding)))
            return codes.Max();
        return Summarize(root);
    }

    private static int OnKernel(ParseResult parsed, string target, string root, CancellationToken stop)
    {
        if (parsed.GetValue(Processes) != 1)
            throw new UsageException($"--processes: a campaign on {target} is one process with one guest");
        var options = new FuzzOptions
        {
            Seed = parsed.GetValue(Seed),
            Threads = parsed.GetValue(Threads),
            ExecutionsMax = parsed.GetValue(Executions) ?? long.MaxValue,
            TimeMax = parsed.GetValue(Time) is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue,
        };
        var seeds = parsed.GetValue(Seeds) is { } folder ? SeedsIn(folder.FullName) : [];
        KernelFuzz.Run(target, options, root, seeds, parsed.GetValue(Lines), parsed.GetValue(Quiet), stop);
        return Summarize(root);
    }

    private static IEnumerable<StoredEntry> SeedsIn(string folder) => Directory.GetFiles(folder, "*.vprog")
        .Order(StringComparer.Ordinal)
        .Select(path => QueueStore.Read(path, out var problem) ?? throw new IOException(problem));

    private static List<string> Settings(ParseResult parsed, string root, int number)
    {
        var settings = new List<string>
        {
            "fuzz", $"output={root}", $"process={number}", Text($"seed={parsed.GetValue(Seed)}"), $"threads={parsed.GetValue(Threads)}",
        };
        if (parsed.GetValue(Time) is { } seconds)
            settings.Add(Text($"seconds={seconds}"));
        if (parsed.GetValue(Executions) is { } executions)
            settings.Add(Text($"executions={executions}"));
        if (parsed.GetValue(Seeds) is { } seeds)
            settings.Add($"seeds={seeds.FullName}");
        return settings;
    }

    /// <summary>Waits for all processes, telling the screen; the exit code of each. Ctrl-C reaches them as it reaches us.</summary>
    private static List<int> Supervise(Func<int, Process> start, int count, FuzzScreen screen, CancellationToken stop)
    {
        var processes = Enumerable.Range(0, count).Select(start).ToList();
        while (processes.Exists(process => !process.HasExited))
        {
            Thread.Sleep(Period);
            screen.Show();
            for (var number = 0; number < count; number++)
            {
                if (!processes[number].HasExited || processes[number].ExitCode != HangCode || stop.IsCancellationRequested)
                    continue;
                processes[number].Dispose();
                processes[number] = start(number);
            }
        }
        var codes = processes.ConvertAll(process => process.ExitCode);
        processes.ForEach(process => process.Dispose());
        return codes;
    }

    private static int Summarize(string root)
    {
        if (!File.Exists(Path.Combine(root, "fuzzer_stats")))
            throw new UsageException($"{root} is no campaign's folder: it has no fuzzer_stats");
        var findings = FuzzSummary.Print(root, Screen.Out());
        return findings > 0 ? ExitCode.Finding : ExitCode.Clean;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
