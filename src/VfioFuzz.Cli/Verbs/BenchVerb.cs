using System.CommandLine;
using System.Globalization;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>bench find</c>: how soon planted bugs are found with and without feedback, as a Markdown table on stdout.</summary>
internal static class BenchVerb
{
    private static readonly Argument<string[]> Names = new("mutant")
    {
        Description = "planted bugs as DESIGN~WHAT (default: all)",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<int> Seeds = new("--seeds")
    {
        Description = "trials of each method, of seeds 1 to N (default 30)",
        HelpName = "N",
        DefaultValueFactory = _ => 30,
    };

    private static readonly Option<long> Executions = new("--executions")
    {
        Description = "runs of one trial at most (default 100000)",
        HelpName = "N",
        DefaultValueFactory = _ => 100_000,
    };

    public static Command Make(CancellationToken stop)
    {
        var find = new Command("find", "runs until each planted bug is found: the generator alone, and guided by the model's states") { Names, Seeds, Executions };
        find.SetAction(parsed => Find(parsed.GetValue(Names)!, parsed.GetValue(Seeds), parsed.GetValue(Executions), stop));
        return new Command("bench", "measure") { find, BenchMin.Make() };
    }

    private static int Find(string[] names, int seeds, long executions, CancellationToken stop)
    {
        if (seeds < 1 || executions < 1)
            throw new UsageException("--seeds and --executions want a number above 0");
        foreach (var name in names)
        {
            if (!SimulatedTarget.Mutants.Any(mutant => mutant.Name == name))
                throw new UsageException($"no mutant '{name}'; known are {string.Join(", ", SimulatedTarget.Mutants.Select(x => x.Name))}");
        }
        Row("planted bug", "random: median", "95 % of it", "found", "guided: median", "95 % of it", "quartiles", "found", "random / guided", "seconds");
        Row([.. Enumerable.Repeat("---", 10)]);
        var (bugs, all, hard, fivefold) = (0, 0, 0, 0);
        foreach (var (name, _) in SimulatedTarget.Mutants)
        {
            if (names.Length > 0 && !names.Contains(name))
                continue;
            stop.ThrowIfCancellationRequested();
            var trials = Trials(name, seeds, executions);
            if (trials.Count < 2 * seeds)
                return ExitCode.Inconclusive;
            var random = Of(trials, FindMethod.Random);
            var guided = Of(trials, FindMethod.Guided);
            Print(name, random, guided);
            bugs++;
            all += guided.Found == seeds ? 1 : 0;
            hard += random.Median > 10_000 ? 1 : 0;
            fivefold += random.Median > 10_000 && random.Median >= 5 * guided.Median ? 1 : 0;
        }
        Console.WriteLine(Text(
            $"\n{bugs} planted bugs, {all} found by every guided trial; of {hard} whose random median is above 10,000 runs, guided needs a fifth or less for {fivefold}. Seeds 1 to {seeds}, {executions:n0} runs a trial at most: `vfiofuzz bench find{string.Concat(names.Select(x => " " + x))} --seeds {seeds} --executions {executions}`"));
        return ExitCode.Clean;
    }

    private static FindStatistics Of(List<FindResult> trials, FindMethod method) => new(trials.FindAll(trial => trial.Method == method));

    private static void Print(string name, FindStatistics random, FindStatistics guided)
    {
        var factor = (double)random.Median / guided.Median;
        Row(
            name, Median(random), Interval(random), $"{random.Found} of {random.Trials}", Median(guided), Interval(guided),
            Text($"{guided.Quartile:n0} - {guided.ThirdQuartile:n0}"), $"{guided.Found} of {guided.Trials}",
            Text($"{(random.MedianIsFind ? "" : "> ")}{factor:n1}"), Text($"{random.SecondsMedian:n1} / {guided.SecondsMedian:n1}"));
    }

    private static string Median(FindStatistics one) => Text($"{(one.MedianIsFind ? "" : "> ")}{one.Median:n0}");

    private static string Interval(FindStatistics one) => Text($"{one.Interval.Low:n0} - {one.Interval.High:n0}");

    private static List<FindResult> Trials(string name, int seeds, long executions)
    {
        var trials = new List<FindResult>();
        using var host = InstrumentedHost.StartPlain(["find", name, $"seeds={seeds}", Text($"executions={executions}")]);
        while (host.StandardOutput.ReadLine() is { } line)
        {
            var parts = line.Split('\t');
            trials.Add(new FindResult(
                Enum.Parse<FindMethod>(parts[1]), ulong.Parse(parts[2], CultureInfo.InvariantCulture), long.Parse(parts[3], CultureInfo.InvariantCulture),
                bool.Parse(parts[4]), double.Parse(parts[5], CultureInfo.InvariantCulture)));
        }
        host.WaitForExit();
        return trials;
    }

    private static void Row(params string[] cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
