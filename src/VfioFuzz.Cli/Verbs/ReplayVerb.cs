using System.CommandLine;
using VfioFuzz.Checking;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// <c>replay FILE</c>: runs one program again and shows each answer, what is allowed, who waits for whom and the verdict. Ends with 1 when a
/// rule is broken, so that it serves <c>git bisect run</c>.
/// </summary>
internal static class ReplayVerb
{
    private static readonly Argument<string> File = new("file") { Description = "a .vprog file, - for stdin" };

    private static readonly Option<string?> Target = new("--target")
    {
        Description = "run it there instead of on the targets that the file names",
        HelpName = "TARGET",
    };

    private static readonly Option<int> Runs = new("--runs")
    {
        Description = "run it so often and tell how often it fails (default 1)",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<FileInfo?> Type1 = new("--type1")
    {
        Description = "run this vfio_iommu_type1.ko in place of the kernel's own",
        HelpName = "FILE",
    };

    public static Command Make(CancellationToken stop)
    {
        var command = new Command("replay", "run one program again and show every answer") { File, Target, Runs, Type1 };
        command.SetAction(parsed => Run(
            parsed.GetValue(File)!, parsed.GetValue(Target), parsed.GetValue(Runs), parsed.GetValue(Type1), stop));
        return command;
    }

    private static int Run(string file, string? asked, int runs, FileInfo? type1, CancellationToken stop)
    {
        if (runs < 1)
            throw new UsageException("--runs wants a number above 0");
        var document = ProgramFile.Read(file);
        var code = ExitCode.Clean;
        foreach (var name in ProgramFile.TargetsOf(document, file, asked))
        {
            using var target = Targets.Open(name, new TargetWishes(type1, Threads(document.Program), Quiet: false, stop));
            code = Math.Max(code, Replay(document, target, runs));
        }
        return code;
    }

    private static int Threads(Program program) => program.Lines.Any(line => line.IsParallel) ? Limits.ThreadsPerProcess : 1;

    private static int Replay(ProgramDocument document, ITarget target, int runs)
    {
        var judge = Composition.Judge(target, document.Dialect);
        var screen = new RunScreen(Screen.Out(), Composition.Answers(target, document.Dialect));
        var (code, failures) = (ExitCode.Clean, 0);
        var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var run = 0; run < runs; run++)
        {
            foreach (var history in target.Run([document.Program], new RunRequest((ulong)run, ScheduleOf(document, run))))
            {
                var violations = new List<Violation>();
                var bound = judge.Violations(document.Program, history, violations);
                failures += violations.Count > 0 ? 1 : 0;
                foreach (var violation in violations)
                    kinds[violation.Key.ToString()] = kinds.GetValueOrDefault(violation.Key.ToString()) + 1;
                code = violations.Count > 0 ? ExitCode.Finding
                    : code == ExitCode.Clean && bound is not null ? ExitCode.Inconclusive
                    : code;
                if (run == 0 || violations.Count > 0 && failures == 1)
                    screen.Print(document, target, history, violations, bound);
            }
        }
        if (runs > 1)
            Console.WriteLine($"{target.Name}: fails in {failures} of {runs} runs");
        foreach (var (kind, count) in runs > 1 ? kinds : [])
            Console.WriteLine($"  {count,6} x {kind}");
        return code;
    }

    /// <summary>The file's schedule in the first run; seeds of their own after it.</summary>
    private static Schedule? ScheduleOf(ProgramDocument document, int run) => run == 0 ? document.Schedule : null;
}
