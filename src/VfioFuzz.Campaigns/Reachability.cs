using System.Globalization;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>
/// What a campaign must have seen before "no finding" means something: every kind of operation often enough, and every outcome that the contract
/// gives it.
/// </summary>
public static class Reachability
{
    /// <summary>Share that each kind must have of the lines, those aside that only some designs know.</summary>
    public const double KindShareMin = 0.01;

    /// <summary>The same of kinds that few programs afford (<see cref="KindSet.Seldom"/>).</summary>
    public const double DearShareMin = 0.001;

    /// <summary>How often each reachable outcome must have been seen.</summary>
    public const int SightsMin = 10;

    /// <summary>What is missing, one kind a line, in the order of kinds; empty when the table is worth a verdict.</summary>
    public static IEnumerable<string> Vacuities(OutcomeTable outcomes, Platform platform)
    {
        foreach (var form in OperationForm.All)
        {
            if (KindSet.Reserved.Has(form.Kind) || IsLeftOut(form.Kind, platform))
                continue;
            string[] missing = [.. Missing(outcomes, platform, form.Kind)];
            if (missing.Length > 0)
                yield return $"{form.Mnemonic}: {string.Join(", ", missing)}";
        }
    }

    /// <summary>Programs for simulated machines do not ask for what only kernels have.</summary>
    private static bool IsLeftOut(OperationKind kind, Platform platform) => KindSet.OfKernels.Has(kind) && platform.IsSimulated;

    private static IEnumerable<string> Missing(OutcomeTable outcomes, Platform platform, OperationKind kind)
    {
        var lines = outcomes.CountOf(kind);
        var all = outcomes.Lines - OperationForm.All.Where(form => KindSet.Reserved.Has(form.Kind)).Sum(form => outcomes.CountOf(form.Kind));
        var wanted = KindSet.Seldom.Has(kind) ? DearShareMin : KindShareMin;
        if (lines < wanted * all)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{100.0 * lines / Math.Max(1, all):n2} % of the lines ({100 * wanted:0.#} % wanted)");
        foreach (var expected in ExpectedOutcomes.Of(kind))
        {
            var count = outcomes.Count(kind, expected.Outcome);
            if (count < SightsMin && expected.WhyUnreachable(platform) is null)
                yield return string.Create(CultureInfo.InvariantCulture, $"{expected.Outcome} {count} times ({SightsMin} wanted)");
        }
    }
}
