using System.Globalization;
using VfioFuzz.Campaigns;

namespace VfioFuzz.Cli.Screens;

/// <summary>How much of the rules a run has exercised, and why the rest cannot be seen in it.</summary>
internal static class CoverageText
{
    public static IEnumerable<string> Of(RuleCoverage rules)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"rules: {rules.Exercised} of {rules.Reachable} outcomes in reach were exercised ({100 * rules.Share:n1} %); `vfiofuzz rules` lists them");
        if (rules.Never.Any())
            yield return $"  never: {string.Join(", ", rules.Never)}";
        foreach (var group in rules.OutOfReach)
            yield return $"  out of reach: {string.Join(", ", group)}: {group.Key}";
    }
}
