using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VfioFuzz.Programs;

namespace VfioFuzz.Mutation;

/// <summary>
/// Mutation of the reference model: draws a seeded sample of all single-token mutants of its rule files before any is run, tries each
/// against the tests, and lists who survived; <see cref="Model"/> says which files are rules. <c>mutate [--sample N | --all] [--seed N] [--again] [--kernel TARGET] [--kernel-seconds N]</c>,
/// started at the repository's root after a build.
/// </summary>
internal static class Entry
{
    /// <summary>Share of a sample that must die.</summary>
    private const double DeathsMin = 0.95;

    private static readonly string[] Valued = ["--sample", "--seed", "--kernel", "--kernel-seconds"];

    public static int Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (arguments is [Host.Verb, var tests, var commandTests, var built])
            return Host.Serve(tests, commandTests, built);
        if (Wrong(arguments) is { } wrong)
        {
            Console.Error.WriteLine($"mutate: {wrong}; options are --all, --again, {string.Join(", ", Valued)}");
            return 2;
        }
        var model = new Model(Path.Combine("src", "VfioFuzz.Model"));
        var image = model.CompileSwitched();
        var seed = ulong.Parse(Option(arguments, "--seed") ?? "1", CultureInfo.InvariantCulture);
        var size = int.Parse(Option(arguments, "--sample") ?? "100", CultureInfo.InvariantCulture);
        var folder = Path.Combine(Cache, "mutation", Mark(model.Text));
        var results = new Results(folder);
        var sample = Drawn(model, seed, arguments.Contains("--all") ? model.All.Length : size, out var others);
        Console.WriteLine(
            $"{sample.Count:n0} of {model.All.Length:n0} mutants drawn by seed {seed}; {others} more do not compile, or to the same program; results in {folder}");

        using var trial = new Trial(model, image, Path.Combine("artifacts", "bin"), Path.Combine(folder, "work"));
        foreach (var (index, mutant) in sample.Index())
        {
            var known = results.Of(mutant);
            if (known is null || (!known.IsDeath && arguments.Contains("--again")))
                results.Add(mutant, trial.Try(mutant));
            Console.WriteLine($"{index + 1,4}/{sample.Count}  {mutant.File}:{mutant.Line}  {Short(mutant)}  {results.Of(mutant)!.By}");
        }
        if (Option(arguments, "--kernel") is { } target)
        {
            var seconds = int.Parse(Option(arguments, "--kernel-seconds") ?? "60", CultureInfo.InvariantCulture);
            foreach (var mutant in sample.Where(drawn => !results.Of(drawn)!.IsDeath))
                if (trial.OnKernel(mutant, target, seconds) is { } seen)
                    results.Add(mutant, seen);
        }
        return Report(model, sample, results);
    }

    /// <summary>The first mutants of a shuffle that compile to another program, all drawn before any is run, and how many were no others.</summary>
    private static List<Mutant> Drawn(Model model, ulong seed, int size, out int others)
    {
        var random = new Randomness(seed);
        var all = model.All.ToArray();
        for (var i = all.Length - 1; i > 0; i--)
        {
            var other = (int)random.Below((uint)i + 1);
            (all[i], all[other]) = (all[other], all[i]);
        }
        var drawn = all.Where(model.IsOther).Take(size).ToList();
        others = drawn.Count == 0 ? 0 : Array.IndexOf(all, drawn[^1]) + 1 - drawn.Count;
        return drawn;
    }

    private static int Report(Model model, List<Mutant> sample, Results results)
    {
        Console.WriteLine();
        foreach (var group in sample.GroupBy(mutant => results.Of(mutant)!.By).OrderByDescending(group => group.Count()))
            Console.WriteLine($"{group.Count(),5}  {group.Key}");
        var survivors = sample.Where(mutant => !results.Of(mutant)!.IsDeath).ToArray();
        foreach (var mutant in survivors)
            Console.Write($"\nsurvived: src/VfioFuzz.Model/{mutant.File}:{mutant.Line}\n{mutant.Diff(model.Source(mutant.File))}");
        Console.WriteLine($"\n{sample.Count - survivors.Length} of {sample.Count} died");
        return sample.Count - survivors.Length >= DeathsMin * sample.Count ? 0 : 1;
    }

    private static string Short(Mutant mutant) =>
        mutant.Before.Contains('\n', StringComparison.Ordinal) ? "guards swapped" : $"{mutant.Before} -> {(mutant.After.Length == 0 ? "nothing" : mutant.After)}";

    private static string? Wrong(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
            if (Valued.Contains(arguments[i]) && i + 1 < arguments.Length)
                i++;
            else if (arguments[i] is not ("--again" or "--all"))
                return $"what is {arguments[i]}?";
        return null;
    }

    private static string? Option(string[] arguments, string name) =>
        Array.IndexOf(arguments, name) is >= 0 and var index ? arguments[index + 1] : null;

    private static string Mark(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];

    /// <summary>As for kernels: the user's, not the repository's.</summary>
    private static string Cache =>
        Environment.GetEnvironmentVariable("VFIOFUZZ_CACHE") is { Length: > 0 } named ? named
        : Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } caches
                ? caches
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "vfiofuzz");
}
