using System.Globalization;
using VfioFuzz.Campaigns.Exploring;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// Exhaustive search against wrong variants of designs: everything that a few operations of the standard menu can do, fewest first, until a
/// state shows what no state of the design itself does. It sees states, so wrong answers and charges escape it.
/// </summary>
internal sealed class MutantSearch(CancellationToken stop)
{
    /// <summary>Operations of any path.</summary>
    public const int OperationsMax = 4;

    private readonly Dictionary<string, HashSet<string>> own = [];

    /// <summary>How many states were looked at until then, passed ones included; null: no finding of the mutant's own.</summary>
    public long? States(string mutant, string design)
    {
        if (!own.TryGetValue(design, out var known))
            own.Add(design, known = Findings(design));
        var space = Space(mutant);
        bool IsOwn(ulong key) => (key & IMachine<int>.FactBit) == 0 && !known.Contains(space.Describe(key));
        var found = Search(space, IsOwn);
        return found.Findings.Any(finding => IsOwn(finding.Key)) ? found.States + found.Passed : null;
    }

    /// <summary>As in a table.</summary>
    public string Cell(string mutant, string design) =>
        States(mutant, design)?.ToString("n0", CultureInfo.InvariantCulture) ?? "-";

    private HashSet<string> Findings(string design)
    {
        var space = Space(design);
        return [.. Search(space, null).Findings.Select(finding => space.Describe(finding.Key))];
    }

    private static SimulatedSpace Space(string design)
    {
        var target = $"sim/{design}";
        return Targets.Space(target, ExplorationMenu.For(Targets.KindsOf(target)));
    }

    private Exploration Search(SimulatedSpace space, Func<ulong, bool>? stopsAt)
    {
        var bounds = new ExplorationBounds { OperationsMax = OperationsMax, WantsPaths = false, ReducesOrder = true, StopsAt = stopsAt };
        return space.Accept(new ExplorationRun(bounds, 1, null, stop));
    }
}
