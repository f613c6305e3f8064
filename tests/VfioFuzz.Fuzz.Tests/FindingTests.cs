using System.Globalization;

namespace VfioFuzz.Fuzz.Tests;

/// <summary>Guidance is worth its cost: rare planted bugs are found in a fifth of the runs that the generator alone takes (corpus/finding.md has them all).</summary>
public class FindingTests
{
    private const int Seeds = 5;

    private static readonly string Host = Path.Combine(Campaign.Root, "artifacts/bin/VfioFuzz.Fuzz/release/vfiofuzz-fuzz");

    /// <param name="mutant">The planted bug.</param>
    /// <param name="random">The median of runs that the generator alone needs, or a lower bound of it.</param>
    [Theory]
    [InlineData("change-mm~KeepsChargesOfFailedMove", 14_341)]
    [InlineData("change-mm~UnchargesBeforeLimit", 25_043)]
    [InlineData("exclusion~RemapsByCapabilityOfMapper", 120_000)]
    public void Guided_trials_need_a_fifth_of_the_runs_that_random_ones_need(string mutant, int random)
    {
        var (exit, output) = Campaign.Start(Host, ["find", mutant, "methods=guided", $"seeds={Seeds}", $"executions={random}"]);

        Assert.Equal(0, exit);
        var trials = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).ToList();
        Assert.Equal(Seeds, trials.Count);
        Assert.All(trials, trial => Assert.Equal("True", trial[4]));
        var median = trials.Select(trial => long.Parse(trial[3], CultureInfo.InvariantCulture)).Order().ElementAt(Seeds / 2);
        Assert.InRange(median, 1, random / 5);
    }
}
