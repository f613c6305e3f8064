using System.Globalization;
using VfioFuzz.Campaigns.Exploring;
using VfioFuzz.Checking;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// <c>shrink --prove</c>: searches every smaller program of the finding's vocabulary. Either one of them shows the same finding, and that
/// is then the minimum, or none does.
/// </summary>
internal static class Minimality
{
    private const long MemoryMax = 6L << 30;

    private static readonly string[] StateRules =
        ["deadlock", "livelock", "kernel-bug", "stale-vaddr", "leaked-pin", "visible-page", "I1", "I2", "I3", "I4", "I5", "I6", "I11"];

    /// <summary>The finding with a remark that says what is proved, or a smaller one.</summary>
    public static Finding Prove(Finding finding, string target, CancellationToken stop)
    {
        if (!StateRules.Contains(finding.Key.Rule))
            return Noted(finding, $"not proved to be the minimum: a search sees states, and {finding.Key.Rule} is not a rule about states");
        var setup = SmallerPrograms.Of(finding.Program, Candidates.SimplerThan);
        var space = Targets.Space(target, setup);
        var bounds = new ExplorationBounds
        {
            OperationsMax = Math.Min(finding.Program.Lines.Length - 1, 15),
            MemoryMax = MemoryMax,
            ReducesOrder = true,
            StopsAt = key => ExploredFindings.IsSame(finding.Key, space.Describe(key)),
        };
        var found = space.Accept(new ExplorationRun(bounds, Environment.ProcessorCount, null, stop));
        if (found.Findings.FirstOrDefault(seen => bounds.StopsAt(seen.Key)) is { } smaller)
        {
            using var findings = new ExploredFindings(target, space);
            return findings.Of(smaller, finding.Key) ?? Noted(finding, "not the minimum: a smaller program comes to the same state");
        }
        return Noted(finding, found.Bound is { } bound
            ? $"not proved to be the minimum: {bound}; no program of {found.OperationsComplete} lines or fewer fails in the same way"
            : Proved(finding, setup, found));
    }

    private static string Proved(Finding finding, ExplorationSetup setup, Exploration found) => string.Create(
        CultureInfo.InvariantCulture,
        $"minimum (proved): no program of {finding.Program.Lines.Length - 1} lines or fewer over {setup.Menu.Length} operations, its own and " +
        $"simpler ones, fails in the same way; {found.States} states{(setup.IsSequential ? "" : ", every schedule")}");

    private static Finding Noted(Finding finding, string remark) => finding with { Remarks = [.. finding.Remarks, remark] };
}
