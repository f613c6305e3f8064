using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// Breadth-first search over everything a machine can do, by operations first and steps second, merging equal states. What it counts and
/// finds does not depend on how many threads work: each level is complete before the next one begins, and ranks are minima.
/// </summary>
public static class Explorer
{
    public static Exploration Explore<TMachine, TState>(
        Func<TMachine> make, ExplorationBounds bounds, ICrew crew, Action<ExplorationProgress>? progress = null,
        Action? searched = null, CancellationToken stop = default)
        where TMachine : struct, IMachine<TState>
        where TState : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bounds.OperationsMax, Rank.OperationsMax);
        ISeenStates seen = bounds.IsExact ? new ExactStates() : new FingerprintTable(crew.Members > 1);
        using (seen)
        {
            return seen is FingerprintTable table
                ? new Search<TMachine, TState, FingerprintTable>(make, table, bounds, crew, progress, searched, stop).Run()
                : new Search<TMachine, TState, ExactStates>(make, (ExactStates)seen, bounds, crew, progress, searched, stop).Run();
        }
    }
}

/// <summary>One search.</summary>
internal sealed class Search<TMachine, TState, TSeen>(
    Func<TMachine> make, TSeen seen, ExplorationBounds bounds, ICrew crew, Action<ExplorationProgress>? progress,
    Action? searched, CancellationToken stop)
    where TMachine : struct, IMachine<TState>
    where TState : unmanaged
    where TSeen : class, ISeenStates
{
    private readonly Frontier frontier = new();
    private readonly SortedDictionary<ulong, (Rank Rank, ulong States)> findings = [];
    private readonly List<OperationLayer> layers = [];
    private Expander<TMachine, TState, TSeen>[] expanders = [];
    private long peakBytes;
    private string? bound;

    public Exploration Run()
    {
        make().Initial(out var initial);
        expanders = [.. Enumerable.Range(0, crew.Members)
            .Select(_ => new Expander<TMachine, TState, TSeen>(make(), in initial, seen, frontier))];
        expanders[0].Begin(in initial);
        frontier.Put(default, expanders[0].StepTargets.TakeAll());
        while (!frontier.IsEmpty && bound is null)
            Level();
        searched?.Invoke();
        return Result(in initial);
    }

    private static bool IsFact(ulong key) => (key & IMachine<TState>.FactBit) != 0;

    private void Level()
    {
        var (rank, chunks) = frontier.TakeNext();
        if (rank.Operations > bounds.OperationsMax || bounds.StopsAt is { } stopsAt && findings.Keys.Any(stopsAt))
        {
            chunks.ForEach(frontier.Return);
            return;
        }
        if (rank.Steps == Rank.StepsMax)
        {
            bound = $"{Rank.StepsMax} steps";
            return;
        }
        while (layers.Count <= rank.Operations)
            layers.Add(new OperationLayer(layers.Count, 0, 0, 0, 0));
        var next = -1;
        crew.RunAll(member =>
        {
            while (Interlocked.Increment(ref next) is var taken && taken < chunks.Count && bound is null)
            {
                expanders[member].Expand(chunks[taken], rank, rank.Operations < bounds.OperationsMax);
                frontier.Return(chunks[taken]);
                if (member == 0)
                    Watch(rank);
            }
            expanders[member].EndLevel();
        });
        Gather(rank);
    }

    /// <summary>The first member's look at the bounds, between two chunks.</summary>
    private void Watch(Rank rank)
    {
        var bytes = seen.Bytes + frontier.Bytes;
        peakBytes = Math.Max(peakBytes, bytes);
        if (bytes > bounds.MemoryMax)
            bound = $"memory limit of {bounds.MemoryMax >> 20} MiB";
        else if (stop.IsCancellationRequested)
            bound = "stopped";
        progress?.Invoke(new ExplorationProgress(
            rank.Operations, rank.Steps, seen.Count, layers.Sum(layer => layer.Transitions) + expanders.Sum(e => e.Transitions), bytes,
            findings.Keys.Count(key => !IsFact(key))));
    }

    /// <summary>Puts together what the members found in a level.</summary>
    private void Gather(Rank rank)
    {
        foreach (var expander in expanders)
        {
            frontier.Put(rank.Next(operation: false), expander.StepTargets.TakeAll());
            frontier.Put(rank.Next(operation: true), expander.OperationTargets.TakeAll());
            bound ??= expander.Exhausted ?? seen.Broken;
            if (expander.States > 0)
            {
                var layer = layers[rank.Operations];
                layers[rank.Operations] = new OperationLayer(
                    layer.Operations, layer.States + expander.States, layer.Weight + expander.Weight,
                    layer.Transitions + expander.Transitions, rank.Steps);
            }
            foreach (var (key, states) in expander.Findings)
            {
                var known = findings.TryGetValue(key, out var before) ? before : (Rank: rank, States: 0);
                findings[key] = (known.Rank, known.States + states);
            }
            expander.ClearCounts();
        }
        peakBytes = Math.Max(peakBytes, seen.Bytes + frontier.Bytes);
    }

    private Exploration Result(in TState initial)
    {
        var states = seen.Count;
        return new Exploration
        {
            Bound = bound,
            States = layers.Sum(layer => layer.States),
            Weight = layers.Aggregate(0UL, (sum, layer) => sum + layer.Weight),
            Transitions = layers.Sum(layer => layer.Transitions),
            Depth = layers.Max(layer => layer.Depth),
            Layers = [.. layers],
            Findings = [.. Paths(in initial)],
            SeenBytes = seen.Bytes,
            PeakBytes = peakBytes,
            FinalStates = expanders.Aggregate(0UL, (sum, expander) => sum + expander.FinalStates),
            CollisionProbability = bounds.IsExact ? 0 : Math.Pow(states, 2) / Math.Pow(2, 129),
        };
    }

    private List<ExploredFinding> Paths(in TState initial)
    {
        var found = new List<ExploredFinding>();
        foreach (var (key, (rank, states)) in findings.OrderBy(finding => finding.Value.Rank.Value).ThenBy(finding => finding.Key))
        {
            ImmutableArray<Choice> path = bounds.WantsPaths && !IsFact(key) && !stop.IsCancellationRequested
                ? new PathFinder<TMachine, TState, TSeen>(make(), in initial, seen).Find(key, rank)
                : [];
            found.Add(new ExploredFinding(key, rank.Operations, rank.Steps, states, path));
        }
        return found;
    }
}
