using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>A program of a corpus, what it covers and what it shows.</summary>
/// <param name="Name">The file it came from, without its folder.</param>
/// <param name="Program">The program.</param>
/// <param name="Features">Edge features, then findings, as numbers of one space.</param>
internal sealed record CorpusEntry(string Name, Program Program, int[] Features);

/// <summary>
/// Keeps, of a set of programs, few and small ones that together cover every edge feature and show every finding of the set. Rarest feature first: what
/// one program alone covers is decided before anything that many do, and of the programs that cover a feature the smallest is taken.
/// The order of the input files does not matter.
/// </summary>
internal sealed class CorpusMinimizer(FuzzedDesign design)
{
    private readonly Dictionary<FindingKey, int> findings = [];
    private readonly List<int> features = [];

    /// <summary>Findings seen so far.</summary>
    public int FindingsSeen => findings.Count;

    /// <summary>Runs a program once for its features.</summary>
    public CorpusEntry Measure(string name, Program program)
    {
        features.Clear();
        Coverage.Clear();
        var violations = design.Execute(program);
        Coverage.Collect(features);
        foreach (var violation in violations)
        {
            if (!findings.TryGetValue(violation.Key, out var number))
                findings.Add(violation.Key, number = findings.Count);
            features.Add(Coverage.FeaturesMax + number);
        }
        return new CorpusEntry(name, program, [.. features]);
    }

    /// <summary>The entries to keep, smallest first.</summary>
    public static List<CorpusEntry> Choose(IReadOnlyCollection<CorpusEntry> entries)
    {
        var bySize = entries.OrderBy(entry => ProgramSize.Of(entry.Program)).ThenBy(entry => entry.Name, StringComparer.Ordinal).ToList();
        var coverers = new Dictionary<int, (int Count, int Smallest)>();
        for (var i = 0; i < bySize.Count; i++)
        {
            foreach (var feature in bySize[i].Features)
                coverers[feature] = coverers.TryGetValue(feature, out var known) ? (known.Count + 1, known.Smallest) : (1, i);
        }
        var covered = new HashSet<int>();
        var kept = new SortedSet<int>();
        foreach (var (feature, coverer) in coverers.OrderBy(pair => pair.Value.Count).ThenBy(pair => pair.Key))
        {
            if (covered.Contains(feature))
                continue;
            kept.Add(coverer.Smallest);
            covered.UnionWith(bySize[coverer.Smallest].Features);
        }
        return [.. kept.Select(i => bySize[i])];
    }

    /// <summary>The features of <paramref name="all"/> that <paramref name="kept"/>, run again, does not show: none, or the minimizer is wrong.</summary>
    public IReadOnlyCollection<int> Lost(IEnumerable<CorpusEntry> all, IEnumerable<CorpusEntry> kept)
    {
        var wanted = all.SelectMany(entry => entry.Features).ToHashSet();
        foreach (var entry in kept)
            wanted.ExceptWith(Measure(entry.Name, entry.Program).Features);
        return wanted;
    }
}
