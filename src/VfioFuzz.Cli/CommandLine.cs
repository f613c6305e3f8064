using System.CommandLine;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Cli.Verbs;
using VfioFuzz.Linux;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli;

/// <summary>The command and its verbs.</summary>
internal static class CommandLine
{
    private static readonly (string Name, Func<CancellationToken, Command> Make)[] Verbs =
    [
        ("check", CheckVerb.Make),
        ("fuzz", FuzzVerb.Make),
        ("bench", BenchVerb.Make),
        ("explore", ExploreVerb.Make),
        ("replay", ReplayVerb.Make),
        ("shrink", ShrinkVerb.Make),
        ("kernel", KernelVerb.Make),
        ("corpus", _ => CorpusVerb.Make()),
        ("rules", _ => RulesVerb.Make()),
        ("dialects", _ => DialectsVerb.Make()),
        ("mutants", MutantsVerb.Make),
        ("explain", _ => ExplainVerb.Make()),
        ("atlas", AtlasVerb.Make),
    ];

    public static int Run(string[] arguments)
    {
        using var stop = new Interruption();
        var parsed = Root(arguments, stop.Token).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                Console.Error.WriteLine($"vfiofuzz: {error.Message}");
            Console.Error.WriteLine($"vfiofuzz: see `{parsed.CommandResult.Command.FullName()} --help`");
            return ExitCode.Usage;
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (UsageException wrong)
        {
            return Fails(wrong.Message, ExitCode.Usage);
        }
        catch (ProgramTextException wrong)
        {
            return Fails(wrong.Message, ExitCode.Usage);
        }
        catch (KernelUnavailableException missing)
        {
            return Fails(missing.Message, ExitCode.Skipped);
        }
        catch (OperationCanceledException)
        {
            return Fails("stopped", ExitCode.Inconclusive);
        }
    }

    /// <summary>Only the verb that is asked for is made, if it is one: making the others is half of what a short command takes.</summary>
    private static RootCommand Root(string[] arguments, CancellationToken stop)
    {
        var root = new RootCommand("Fuzzes the Linux VFIO type1 IOMMU: programs of ioctls, judged by a reference model.");
        var asked = Verbs.Where(verb => arguments is [var first, ..] && first == verb.Name).ToArray();
        foreach (var verb in asked.Length > 0 ? asked : Verbs)
            root.Add(verb.Make(stop));
        return root;
    }

    private static string FullName(this Command command) =>
        command is RootCommand ? "vfiofuzz" : $"{string.Join(' ', command.Parents.OfType<Command>().Select(FullName))} {command.Name}";

    private static int Fails(string message, int code)
    {
        Console.Error.WriteLine($"vfiofuzz: {message}");
        return code;
    }
}
