using System.Collections.Immutable;
using VfioFuzz.Checking;
using VfioFuzz.Model;

namespace VfioFuzz.Campaigns;

/// <summary>An outcome of a rule in a run.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Count">How often it came up.</param>
/// <param name="WhyNot">Why no program of the run comes to it, or null; what did come up needs no reason.</param>
public readonly record struct RuleSight(string Rule, string Outcome, long Count, string? WhyNot)
{
    public override string ToString() => $"{Rule} {Outcome}";
}

/// <summary>How much of what the model's rules can answer a run has exercised.</summary>
/// <param name="Sights">Every outcome of every rule, in the order of the table.</param>
public sealed record RuleCoverage(ImmutableArray<RuleSight> Sights)
{
    public int Reachable => Sights.Count(sight => sight.WhyNot is null);

    public int Exercised => Sights.Count(sight => sight.Count > 0);

    /// <summary>From 0 to 1; 1 when nothing is reachable.</summary>
    public double Share => Reachable == 0 ? 1 : (double)Exercised / Reachable;

    /// <summary>In reach, and not exercised.</summary>
    public IEnumerable<RuleSight> Never => Sights.Where(sight => sight is { Count: 0, WhyNot: null });

    /// <summary>What no program of the run comes to, by the reason.</summary>
    public IEnumerable<IGrouping<string, RuleSight>> OutOfReach =>
        Sights.Where(sight => sight.WhyNot is not null).GroupBy(sight => sight.WhyNot!, StringComparer.Ordinal);

    /// <param name="uses">What a run's judge counted.</param>
    /// <param name="run">What kind of run it was.</param>
    /// <param name="avoids">Whether programs that can reach a known defect were left out.</param>
    public static RuleCoverage Of(IEnumerable<RuleUse> uses, RunConditions run, bool avoids) => new(
        [.. uses.Select(use => new RuleSight(use.Rule, use.Outcome, use.Count, use.Count > 0 ? null : WhyNot(use, run, avoids)))]);

    /// <summary>Several runs together: out of reach is what was so in each.</summary>
    public static RuleCoverage Of(IEnumerable<RuleCoverage> runs) => new(
        [.. runs.SelectMany(run => run.Sights).GroupBy(sight => (sight.Rule, sight.Outcome)).Select(group => new RuleSight(
            group.Key.Rule, group.Key.Outcome, group.Sum(sight => sight.Count),
            group.All(sight => sight.WhyNot is not null) ? group.First().WhyNot : null))]);

    /// <summary>The one outcome that is a defect by contract: the kernel's own BUG_ON (bug-zoo L2).</summary>
    private static string? WhyNot(RuleUse use, in RunConditions run, bool avoids) => use is { Rule: "unmap.bug" } && avoids
        ? $"programs that can reach known defect {KnownDefects.UnpinnedTooLate.Id} were left out"
        : RuleReach.WhyNot(use.Rule, use.Outcome, run);
}
