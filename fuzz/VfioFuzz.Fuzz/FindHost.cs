using System.Globalization;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Checking;
using VfioFuzz.Model;

namespace VfioFuzz.Fuzz;

/// <summary>
/// <c>find DESIGN~WHAT NAME=VALUE...</c>: trials of a planted bug. One line a trial, tab-separated, as soon as it is over: mutant, method, seed,
/// executions, found, seconds.
/// </summary>
internal static class FindHost
{
    public static int Run(string mutant, IEnumerable<string> settings)
    {
        var given = settings.Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        long Number(string name, long otherwise) => given.TryGetValue(name, out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        var mark = mutant.IndexOf('~', StringComparison.Ordinal);
        if (mark < 0)
            throw new ArgumentException($"{mutant} is no mutant: DESIGN~WHAT");
        using var design = FuzzedDesign.Open("sim/" + mutant[..mark]);
        var judge = new Judge(new ModelAnswers(Dialect.Of(design.Platform.Dialect), design.Platform));
        var trial = new FindTrial(() => new DesignExecutor("sim/" + mutant), design, judge, (int)Number("threads", 2));
        foreach (var method in Enum.GetValues<FindMethod>())
        {
            if (given.TryGetValue("methods", out var methods) && !methods.Contains(method.ToString(), StringComparison.OrdinalIgnoreCase))
                continue;
            for (var seed = 1UL; seed <= (ulong)Number("seeds", 30); seed++)
            {
                var result = trial.Run(method, seed, Number("executions", 100_000));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{mutant}\t{method}\t{seed}\t{result.Executions}\t{result.IsFound}\t{result.Seconds:f3}"));
            }
        }
        return 0;
    }
}
