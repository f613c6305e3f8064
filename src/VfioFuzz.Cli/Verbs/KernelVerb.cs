using System.CommandLine;
using VfioFuzz.Linux;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>kernel prepare [NAME...] [--from DIR]</c>: makes real kernels ready to boot; <c>kernel diff</c>.</summary>
internal static class KernelVerb
{
    private const string DefaultSeries = "6.1";

    public static Command Make(CancellationToken stop)
    {
        var names = new Argument<string[]>("name")
        {
            Description = "Debian kernel series (6.1, 6.12), or the name for a tree",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var tree = new Option<DirectoryInfo?>("--from") { Description = "take a built kernel tree instead of Debian's packages" };
        var prepare = new Command("prepare", "fetch, extract and pack kernels; done steps are not done again") { names, tree };
        prepare.SetAction(parsed => Prepare(parsed.GetValue(names) ?? [], parsed.GetValue(tree), stop));
        return new Command("kernel", "prepare real kernels, and compare them") { prepare, KernelDiffVerb.Make(stop) };
    }

    private static int Prepare(string[] names, DirectoryInfo? tree, CancellationToken stop)
    {
        if (tree is { Exists: false })
            throw new UsageException($"--from {tree}: there is no such folder; give the top of a built kernel tree");
        if (tree is not null && names.Length > 1)
            throw new UsageException("--from takes one name: vfiofuzz kernel prepare NAME --from DIR");
        string[] wanted = names.Length > 0 ? names : [tree?.Name ?? DefaultSeries];
        foreach (var name in wanted)
        {
            var progress = new Lines(name);
            var kernel = KernelPreparation.Prepare(new KernelRequest(name, tree?.FullName), progress, stop);
            Console.WriteLine($"{name}: linux {kernel.Release} ({kernel.Package}) is ready: vfiofuzz check --target linux/{name}");
        }
        return ExitCode.Clean;
    }

    /// <summary>Writes each step as a line at once, in order.</summary>
    private sealed class Lines(string name) : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine($"{name}: {value}");
    }
}
