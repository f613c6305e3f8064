using System.CommandLine;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Cli.Verbs;
using VfioFuzz.Linux;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli;

/// <summary>The command and its verbs.</summary>
internal static class CommandLine
{
    public static int Run(string[] arguments)
    {
        using var stop = new Interruption();
        var parsed = Root(stop.Token).Parse(arguments);
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

    private static RootCommand Root(CancellationToken stop) => new(
        "Fuzzes the Linux VFIO type1 IOMMU: programs of ioctls, judged by a reference model.")
    {
        CheckVerb.Make(stop),
        FuzzVerb.Make(stop),
        BenchVerb.Make(stop),
        ExploreVerb.Make(stop),
        ReplayVerb.Make(stop),
        ShrinkVerb.Make(stop),
        KernelVerb.Make(stop),
        CorpusVerb.Make(),
        RulesVerb.Make(),
        DialectsVerb.Make(),
        MutantsVerb.Make(stop),
        ExplainVerb.Make(),
        AtlasVerb.Make(stop),
    };

    private static string FullName(this Command command) =>
        command is RootCommand ? "vfiofuzz" : $"{string.Join(' ', command.Parents.OfType<Command>().Select(FullName))} {command.Name}";

    private static int Fails(string message, int code)
    {
        Console.Error.WriteLine($"vfiofuzz: {message}");
        return code;
    }
}
