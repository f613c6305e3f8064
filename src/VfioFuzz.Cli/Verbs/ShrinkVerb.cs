using System.Collections.Immutable;
using System.CommandLine;
using VfioFuzz.Campaigns;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>shrink FILE</c>: the smallest program that still fails in the same way, as text on stdout or into a file.</summary>
internal static class ShrinkVerb
{
    /// <summary>Runs of a race in one go.</summary>
    private const int Stream = 8;

    private static readonly Argument<string> File = new("file") { Description = "a .vprog file, - for stdin" };

    private static readonly Option<string?> Target = new("--target")
    {
        Description = "run it there instead of on the first target that the file names",
        HelpName = "TARGET",
    };

    private static readonly Option<FileInfo?> Output = new("--out") { Description = "write the result there", HelpName = "FILE" };

    private static readonly Option<bool> Proves = new("--prove")
    {
        Description = "search every smaller program of a simulated design, and say whether this is the minimum",
    };

    public static Command Make(CancellationToken stop)
    {
        var command = new Command("shrink", "make a failing program as small as it can be") { File, Target, Proves, Output };
        command.SetAction(parsed => Run(
            parsed.GetValue(File)!, parsed.GetValue(Target), parsed.GetValue(Proves), parsed.GetValue(Output), stop));
        return command;
    }

    private static int Run(string file, string? asked, bool proves, FileInfo? output, CancellationToken stop)
    {
        var document = ProgramFile.Read(file);
        var name = ProgramFile.TargetsOf(document, file, asked)[0];
        var threads = document.Program.Lines.Any(line => line.IsParallel) ? Limits.ThreadsPerProcess : 1;
        using var target = Targets.Open(name, new TargetWishes(null, threads, Quiet: false, stop));
        var judge = Composition.Judge(target, document.Dialect);
        if (Failing(document, target, judge) is not var (seen, answers))
        {
            Console.Error.WriteLine($"vfiofuzz: {file} breaks no rule on {name}: there is nothing to shrink");
            return ExitCode.Clean;
        }
        var shrunk = new Shrinking(target, judge, Candidates.SimplerThan).Shrink(seen, answers, new RunRequest(1), stop);
        if (proves)
            shrunk = Minimality.Prove(shrunk, name, stop);
        var text = FindingText.Print(shrunk);
        if (output is null)
            Console.Write(text);
        else
            System.IO.File.WriteAllText(output.FullName, text);
        return ExitCode.Finding;
    }

    /// <summary>
    /// The finding that the file promises, else the first that a few schedules show; a race of a real kernel gets all the runs that a rare one
    /// needs.
    /// </summary>
    private static (Finding, ImmutableArray<Answer>)? Failing(ProgramDocument document, ITarget target, Judge judge)
    {
        var promised = FindingText.Of(document);
        var policy = ReproductionPolicy.For(target.Name);
        var isRace = !policy.Scheduled && ReproductionPolicy.Races(document.Program);
        var tries = isRace ? ReproductionPolicy.TriesMax : policy.TriesFor(document.Program);
        for (var attempt = 0; attempt < tries; attempt += isRace ? Stream : 1)
        {
            var request = new RunRequest((ulong)attempt, attempt == 0 ? document.Schedule : null);
            foreach (var history in target.Run(Enumerable.Repeat(document.Program, isRace ? Stream : 1), request))
            {
                var violations = new List<Violation>();
                judge.Violations(document.Program, history, violations);
                if (violations.Find(violation => promised is null || FindingText.Promises(promised.Key, violation.Key)) is not { } found)
                    continue;
                var seen = new Finding
                {
                    Key = found.Key,
                    Program = document.Program,
                    Schedule = history.Schedule,
                    Targets = [target.Name],
                    Dialect = document.Dialect,
                    Origin = promised?.Origin,
                };
                return (seen, RunRecord.Answers(history, document.Program.Lines.Length));
            }
        }
        return null;
    }
}
