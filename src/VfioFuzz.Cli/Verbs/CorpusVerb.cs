using System.CommandLine;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// <c>corpus min FROM TO</c>: keeps few and small programs that cover every edge and show every finding of a folder. Edges are known only in
/// the instrumented build, so the work is done by its host, in a process of its own.
/// </summary>
internal static class CorpusVerb
{
    public static Command Make()
    {
        var from = new Argument<DirectoryInfo>("from") { Description = "a folder of .vprog files, or an AFL queue" };
        var to = new Argument<DirectoryInfo>("to") { Description = "where the programs that are kept go, as .vprog text" };
        var target = new Option<string>("--target")
        {
            Description = "the simulated design whose edges count",
            DefaultValueFactory = _ => "sim/blocking",
        };
        var min = new Command("min", "keep few, small programs that cover all that a folder covers") { from, to, target };
        min.SetAction(parsed => Minimize(parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), parsed.GetRequiredValue(target)));
        return new Command("corpus", "look after folders of programs") { min };
    }

    private static int Minimize(DirectoryInfo from, DirectoryInfo to, string target)
    {
        if (!from.Exists)
            throw new UsageException($"{from}: there is no such folder");
        return InstrumentedHost.Run(target, "min", from.FullName, to.FullName);
    }
}
