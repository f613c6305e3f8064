using System.CommandLine;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>explain FILE</c>: draws the interleaving of one run on a simulated design.</summary>
internal static class ExplainVerb
{
    private static readonly Argument<string> File = new("file") { Description = "a .vprog file, - for stdin" };

    private static readonly Option<string?> Target = new("--target")
    {
        Description = "the design to run it on instead of the first that the file names",
        HelpName = "TARGET",
    };

    private static readonly Option<bool> Steps = new("--steps")
    {
        Description = "a row for every atomic step, also where one task runs alone",
    };

    public static Command Make()
    {
        var command = new Command("explain", "draw who does what when: tasks, locks, waits, mappings and pins") { File, Target, Steps };
        command.SetAction(parsed => Run(parsed.GetValue(File)!, parsed.GetValue(Target), parsed.GetValue(Steps)));
        return command;
    }

    private static int Run(string file, string? asked, bool steps)
    {
        const string prefix = "sim/";
        var document = ProgramFile.Read(file);
        var name = ProgramFile.TargetsOf(document, file, asked)[0];
        if (!name.StartsWith(prefix, StringComparison.Ordinal) || !SimulatedTarget.Knows(name[prefix.Length..]))
            throw new UsageException($"explain draws simulated designs, {string.Join(", ", Targets.Designs())}; '{name}' is none");
        using var target = new SimulatedTarget(name[prefix.Length..]);
        var history = new History { Platform = target.Platform };
        var interleaving = target.Explain(document.Program, new RunRequest(0, document.Schedule), history);
        Console.WriteLine($"{file} on {name}");
        foreach (var note in document.Notes.Take(1))
            Console.WriteLine($"# {note}");
        new InterleavingScreen(Screen.Out(), document.Program, steps).Print(interleaving, history);
        return history.Incomplete is null ? ExitCode.Clean : ExitCode.Inconclusive;
    }
}
