using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>How much of what the contract can answer a campaign has seen.</summary>
/// <param name="Reachable">Pairs of operation and outcome that programs reach on this platform.</param>
/// <param name="Exercised">Of these, seen at least once.</param>
/// <param name="Often">Of these, seen at least <see cref="Reachability.SightsMin"/> times.</param>
/// <param name="Rest">The reachable ones that were not seen so often.</param>
/// <param name="OutOfReach">What no program reaches here, by the reason.</param>
public sealed record OutcomeCoverage(
    int Reachable,
    int Exercised,
    int Often,
    ImmutableArray<OutcomeCount> Rest,
    ImmutableArray<(string Reason, ImmutableArray<string> Outcomes)> OutOfReach)
{
    /// <summary>From 0 to 1; 1 when nothing is reachable.</summary>
    public double Share => Reachable == 0 ? 1 : (double)Exercised / Reachable;

    public static OutcomeCoverage Of(OutcomeTable outcomes, Platform platform)
    {
        var (exercised, often) = (0, 0);
        var rest = ImmutableArray.CreateBuilder<OutcomeCount>();
        var unreachable = new List<(string Reason, string Outcome)>();
        var reachable = 0;
        foreach (var form in OperationForm.All)
            foreach (var expected in ExpectedOutcomes.Of(form.Kind))
            {
                if (expected.WhyUnreachable(platform) is { } reason)
                {
                    unreachable.Add((reason, $"{form.Mnemonic} {expected.Outcome}"));
                    continue;
                }
                var count = outcomes.Count(form.Kind, expected.Outcome);
                reachable++;
                exercised += count > 0 ? 1 : 0;
                often += count >= Reachability.SightsMin ? 1 : 0;
                if (count < Reachability.SightsMin)
                    rest.Add(new OutcomeCount(form.Kind, expected.Outcome, count));
            }
        return new OutcomeCoverage(
            reachable, exercised, often, rest.ToImmutable(),
            [.. unreachable.GroupBy(each => each.Reason).Select(group => (group.Key, (ImmutableArray<string>)[.. group.Select(each => each.Outcome)]))]);
    }
}
