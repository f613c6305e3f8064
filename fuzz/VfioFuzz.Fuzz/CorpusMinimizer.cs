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
/// Every program is run once, and those that are to be kept once more: what a program does not show again depended on what ran before it, so it is
/// taken off its features and the choice is made again, until all that is kept has shown twice what it is kept for.
/// </remarks>
internal sealed class CorpusMinimizer(DesignExecutor executor)
{
    private readonly List<Measured> programs = [];
    private readonly Dictionary<FindingKey, int> findings = [];
    private readonly FeatureNumbers numbers = new();
    private readonly HashSet<int> unstable = [];
    private readonly List<int> features = [];
    private readonly Dictionary<CorpusProgram, Schedule> schedules = new(ReferenceEqualityComparer.Instance);
    private Schedule lastSchedule = Schedule.Empty;

    /// <summary>A program, and the features that it showed.</summary>
    private sealed class Measured(CorpusProgram program, PackedNumbers features)
    {
        public readonly CorpusProgram Program = program;
        public readonly ProgramSize Size = ProgramSize.Of(program.Program);
        public PackedNumbers Features = features;
    }

    /// <summary>Programs measured so far.</summary>
    public int Programs => programs.Count;

    public int FindingsSeen => findings.Count;

    /// <summary>Features that the program which showed them did not show again, and that so are no property of a program.</summary>
    public int Unstable => unstable.Count;

    /// <summary>Different features of the set, findings not counted.</summary>
    public FeatureCounts Features
    {
        get
        {
            var counts = default(FeatureCounts);
            var showing = Showing();
            for (var number = 0; number < showing.Length; number++)
                if (showing[number].Programs > 0 && numbers[number] < FeatureSpace.Size)
                    counts = counts.With(numbers[number]);
            return counts;
        }
    }

    /// <summary>Runs a program once for its features.</summary>
    public void Measure(CorpusProgram program) => programs.Add(new Measured(program, new PackedNumbers(FeaturesOf(program))));

    /// <summary>The programs to keep, smallest first. Each has been run twice.</summary>
    public List<CorpusProgram> Choose()
    {
        programs.Sort(BySize);
        List<Measured> kept;
        do
            kept = Cover();
        while (LoseSomething(kept));
        kept.Sort(BySize);
        return kept.ConvertAll(program => program.Program);
    }

    /// <summary>How many features of the set none of <paramref name="kept"/> has shown twice: none, or the minimizer is wrong.</summary>
    public int Lost(IReadOnlyCollection<CorpusProgram> kept)
    {
        var chosen = kept.ToHashSet<object>(ReferenceEqualityComparer.Instance);
        var left = Showing();
        foreach (var program in programs.Where(program => chosen.Contains(program.Program) && schedules.ContainsKey(program.Program)))
            foreach (var feature in program.Features)
                left[numbers.Of(feature)] = default;
        return left.Count(feature => feature.Programs > 0);
    }

    /// <summary>Whether a program shows something that those measured so far do not.</summary>
    public bool ShowsMore(CorpusProgram program)
    {
        var showing = Showing();
        return FeaturesOf(program).Exists(feature => numbers.Of(feature) >= showing.Length || showing[numbers.Of(feature)].Programs == 0);
    }

    /// <summary>The schedule that a program takes.</summary>
    public Schedule ScheduleOf(CorpusProgram program) => schedules.GetValueOrDefault(program) ?? executor.Execute(program).History.Schedule;

    private static int BySize(Measured one, Measured other)
    {
        var order = one.Size.CompareTo(other.Size);
        return order != 0 ? order : string.CompareOrdinal(one.Program.Name, other.Program.Name);
    }

    /// <summary>A greedy cover of what is known to be shown.</summary>
    private List<Measured> Cover()
    {
        var showing = Showing();
        var order = Enumerable.Range(0, showing.Length).ToArray();
        Array.Sort(Array.ConvertAll(order, number => ((long)showing[number].Programs << 32) + numbers[number]), order);
        var kept = new List<Measured>();
        foreach (var number in order)
        {
            if (showing[number].Programs == 0)
                continue;
            kept.Add(programs[showing[number].Smallest]);
            foreach (var covered in kept[^1].Features)
                showing[numbers.Of(covered)] = default;
        }
        return kept;
    }

    private bool LoseSomething(List<Measured> kept)
    {
        var loses = false;
        foreach (var program in kept)
            loses |= LosesSomething(program);
        return loses;
    }

    /// <summary>Runs a program again that was not yet, and takes off its features what it does not show this time.</summary>
    private bool LosesSomething(Measured program)
    {
        if (schedules.ContainsKey(program.Program))
            return false;
        var again = FeaturesOf(program.Program);
        schedules.Add(program.Program, lastSchedule);
        var stable = new List<int>();
        var next = 0;
        foreach (var feature in program.Features)
        {
            while (next < again.Count && again[next] < feature)
                next++;
            if (next < again.Count && again[next] == feature)
                stable.Add(feature);
            else
                unstable.Add(feature);
        }
        if (stable.Count == program.Features.Count)
            return false;
        program.Features = new PackedNumbers(stable);
        return true;
    }

    /// <summary>For each feature's number how many programs show it, and which is the smallest of them where programs stand by size.</summary>
    private (int Programs, int Smallest)[] Showing()
    {
        var showing = new (int Programs, int Smallest)[numbers.Count];
        for (var i = 0; i < programs.Count; i++)
            foreach (var feature in programs[i].Features)
            {
                ref var shown = ref showing[numbers.Of(feature)];
                if (shown.Programs++ == 0)
                    shown.Smallest = i;
            }
        return showing;
    }

    /// <summary>What a program shows when it is run now, ascending; findings stand behind all features.</summary>
    private List<int> FeaturesOf(CorpusProgram program)
    {
        features.Clear();
        var run = executor.Execute(program);
        lastSchedule = run.History.Schedule;
        executor.Features(features);
        var first = features.Count;
        foreach (var violation in run.Violations)
        {
            if (!findings.TryGetValue(violation.Key, out var number))
                findings.Add(violation.Key, number = findings.Count);
            if (features.IndexOf(FeatureSpace.Size + number, first) < 0)
                features.Add(FeatureSpace.Size + number);
        }
        features.Sort(first, features.Count - first, null);
        foreach (var feature in features)
            numbers.Add(feature);
        return features;
    }
}
