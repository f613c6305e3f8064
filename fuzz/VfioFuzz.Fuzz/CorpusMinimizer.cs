using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>
/// Keeps, of a set of programs, few and small ones that together show every feature (edges, what the model went through, waits) and every finding of
/// the set. Rarest feature first: what one program alone shows is decided before anything that many do, and of the programs that show a feature the
/// smallest is taken. The order of the input files does not matter.
/// </summary>
/// <remarks>
/// A program's features are thousands, so they are not kept: for each feature only how many show it, and the smallest that does. The features of a
/// program that is taken are had by running it again.
/// </remarks>
internal sealed class CorpusMinimizer(IExecutor executor)
{
    private readonly List<(CorpusProgram Program, ProgramSize Size)> programs = [];
    private readonly Dictionary<int, (int Count, int Smallest)> coverers = [];
    private readonly Dictionary<FindingKey, int> findings = [];
    private readonly List<int> features = [];

    /// <summary>Programs measured so far.</summary>
    public int Programs => programs.Count;

    public int FindingsSeen => findings.Count;

    /// <summary>Different features of the set, findings not counted.</summary>
    public FeatureCounts Features => coverers.Keys.Where(feature => feature < FeatureSpace.Size)
        .Aggregate(default(FeatureCounts), (counts, feature) => counts.With(feature));

    /// <summary>Runs a program once for its features.</summary>
    public void Measure(CorpusProgram program)
    {
        var number = programs.Count;
        programs.Add((program, ProgramSize.Of(program.Program)));
        foreach (var feature in FeaturesOf(program))
        {
            coverers[feature] = coverers.TryGetValue(feature, out var known)
                ? (known.Count + 1, IsBefore(number, known.Smallest) ? number : known.Smallest)
                : (1, number);
        }
    }

    /// <summary>The programs to keep, smallest first.</summary>
    public List<CorpusProgram> Choose()
    {
        var covered = new HashSet<int>();
        var kept = new HashSet<int>();
        foreach (var (feature, coverer) in coverers.OrderBy(pair => pair.Value.Count).ThenBy(pair => pair.Key))
        {
            // A feature that its program does not show again does not bring the program in a second time.
            if (covered.Contains(feature) || kept.Contains(coverer.Smallest))
                continue;
            kept.Add(coverer.Smallest);
            covered.UnionWith(FeaturesOf(programs[coverer.Smallest].Program));
        }
        var sorted = kept.ToList();
        sorted.Sort((one, other) => IsBefore(one, other) ? -1 : one == other ? 0 : 1);
        return sorted.ConvertAll(number => programs[number].Program);
    }

    /// <summary>
    /// How many features of the set <paramref name="kept"/>, run again, does not show although the smallest program that had them still does: none, or
    /// the minimizer is wrong. Features that this program does not show again either are no property of a program and counted apart.
    /// </summary>
    public (int Lost, int Unstable) Lost(IEnumerable<CorpusProgram> kept)
    {
        var wanted = coverers.Keys.ToHashSet();
        foreach (var program in kept)
            wanted.ExceptWith(FeaturesOf(program));
        var lost = wanted.Count(feature => FeaturesOf(programs[coverers[feature].Smallest].Program).Contains(feature));
        return (lost, wanted.Count - lost);
    }

    /// <summary>Whether a program shows something that those measured so far do not.</summary>
    public bool ShowsMore(CorpusProgram program) => FeaturesOf(program).Exists(feature => !coverers.ContainsKey(feature));

    /// <summary>The schedule that a program takes.</summary>
    public Schedule ScheduleOf(CorpusProgram program) => executor.Execute(program.Program, program.Request).History.Schedule;

    private List<int> FeaturesOf(CorpusProgram program)
    {
        features.Clear();
        var run = executor.Execute(program.Program, program.Request);
        executor.Features(features);
        foreach (var violation in run.Violations)
        {
            if (!findings.TryGetValue(violation.Key, out var number))
                findings.Add(violation.Key, number = findings.Count);
            features.Add(FeatureSpace.Size + number);
        }
        return features;
    }

    private bool IsBefore(int one, int other)
    {
        var order = programs[one].Size.CompareTo(programs[other].Size);
        return order != 0 ? order < 0 : string.CompareOrdinal(programs[one].Program.Name, programs[other].Program.Name) < 0;
    }
}
