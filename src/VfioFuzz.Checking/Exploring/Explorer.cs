using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// Breadth-first search over everything a machine can do, by operations first and steps second, merging equal states. What it counts and
/// finds does not depend on how many threads work: each level is complete before the next one begins, and ranks are minima. Of a search that reduces by partial order the paths are still those
/// of all steps: a second search, which reduces nothing by it, goes on until it has seen every finding of the first.
/// </summary>
public static class Explorer
{
    /// <summary>Bytes of a state that is not worth breaking into parts.</summary>
    private const int SmallMax = 64;

    public static Exploration Explore<TMachine, TState>(
        Func<TMachine> make, ExplorationBounds bounds, ICrew crew, Action<ExplorationProgress>? progress = null,
        Action? searched = null, CancellationToken stop = default)
        where TMachine : struct, IMachine<TState>
        where TState : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bounds.OperationsMax, Rank.OperationsMax);
        if (!bounds.ReducesOrder)
            return Search<TMachine, TState>(make, bounds, crew, progress, searched, null, stop);
        var reduced = Search<TMachine, TState>(make, bounds with { WantsPaths = false }, crew, progress, searched, null, stop);
        var wanted = reduced.Findings.Where(finding => !finding.IsFact).ToList();
        if (!bounds.WantsPaths || wanted.Count == 0)
            return reduced;
        var paths = Search<TMachine, TState>(
            make,
            bounds with { ReducesOrder = false, StopsAt = null, OperationsMax = wanted.Max(finding => finding.Operations) },
            crew, progress, null, wanted.Select(finding => finding.Key).ToHashSet(), stop);
        return reduced with { Findings = [.. WithPaths(reduced.Findings, paths.Findings)] };
    }

    private static IOrderedEnumerable<ExploredFinding> WithPaths(IEnumerable<ExploredFinding> found, IReadOnlyCollection<ExploredFinding> paths) => found
        .Select(finding => paths.FirstOrDefault(other => other.Key == finding.Key) is { Path.IsEmpty: false } other
            ? finding with { Operations = other.Operations, Steps = other.Steps, Path = other.Path }
            : finding)
        .OrderBy(finding => finding.Operations).ThenBy(finding => finding.Steps).ThenBy(finding => finding.Key);

    private static Exploration Search<TMachine, TState>(
        Func<TMachine> make, ExplorationBounds bounds, ICrew crew, Action<ExplorationProgress>? progress, Action? searched,
        IReadOnlySet<ulong>? wanted, CancellationToken stop)
        where TMachine : struct, IMachine<TState>
        where TState : unmanaged
    {
        var isShared = crew.Members > 1;
        if (bounds.IsExact)
        {
            using var whole = new ExactStates();
            return Run<TState, FingerprintStore<TState, ExactStates>>(whole, expected => new(whole, expected));
        }
        if (Unsafe.SizeOf<TState>() is > SmallMax and <= StateTree.BytesMax)
        {
            using var parts = new TreeStates(isShared);
            return Run<ulong, TreeStore<TState>>(parts, expected => new(parts, expected));
        }
        using var table = new FingerprintTable(isShared);
        return Run<TState, FingerprintStore<TState, FingerprintTable>>(table, expected => new(table, expected));

        Exploration Run<TKey, TStore>(IStateSet states, Func<int, TStore> open)
            where TKey : unmanaged
            where TStore : struct, IStateStore<TState, TKey> =>
            new Search<TMachine, TState, TKey, TStore>(make, states, open, bounds, crew, progress, searched, wanted, stop).Run();
    }
}

/// <summary>One search.</summary>
internal sealed class Search<TMachine, TState, TKey, TStore>(
    Func<TMachine> make, IStateSet seen, Func<int, TStore> open, ExplorationBounds bounds, ICrew crew,
    Action<ExplorationProgress>? progress, Action? searched, IReadOnlySet<ulong>? wanted, CancellationToken stop)
    where TMachine : struct, IMachine<TState>
    where TState : unmanaged
    where TKey : unmanaged
    where TStore : struct, IStateStore<TState, TKey>
{
    private readonly Frontier<TKey> frontier = new();
    private readonly SortedDictionary<ulong, (Rank Rank, ulong States)> findings = [];
    private readonly List<OperationLayer> layers = [];
    private Expander<TMachine, TState, TKey, TStore>[] expanders = [];
    private long peakBytes;
    private string? bound;

    public Exploration Run()
    {
        make().Initial(out var initial);
        expanders = [.. Enumerable.Range(0, crew.Members)
            .Select(_ => new Expander<TMachine, TState, TKey, TStore>(make(), open, frontier, bounds))];
        expanders[0].Begin(in initial);
        Rank? waiting;
        for (Rank next = default; (waiting = NextFrom(next)) is { } rank && bound is null && !HasSeenEnough(rank); next = rank)
            Level(rank, [.. expanders.SelectMany(expander => expander.Targets.Take(rank))]);
        // A last layer of which every state was passed was seen all the same.
        if (waiting is null && bound is null && bounds.ReducesOrder && layers.Count == bounds.OperationsMax)
            layers.Add(new OperationLayer(layers.Count, 0, 0, 0, 0));
        searched?.Invoke();
        return Result(in initial);
    }

    private static bool IsFact(ulong key) => (key & IMachine<TState>.FactBit) != 0;

    /// <summary>The lowest rank at which states wait, within the bound.</summary>
    private Rank? NextFrom(Rank from) =>
        expanders.Min(expander => expander.Targets.NextFrom(from)?.Value) is { } value && new Rank(value).Operations <= bounds.OperationsMax
            ? new Rank(value)
            : null;

    /// <summary>
    /// Whether what the search is for was found before a level. A finding beyond it may still be seen nearer; one before it may not.
    /// </summary>
    private bool HasSeenEnough(Rank rank) =>
        (bounds.StopsAt is { } stopsAt && findings.Any(finding => finding.Value.Rank.CompareTo(rank) < 0 && stopsAt(finding.Key))) ||
        (wanted is not null && wanted.All(findings.ContainsKey));

    private void Level(Rank rank, List<Chunk<TKey>> chunks)
    {
        if (rank.IsLast)
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
                expanders[member].Expand(chunks[taken], rank);
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
            bound ??= expander.Exhausted ?? seen.Broken;
            if (expander.States > 0)
            {
                var layer = layers[rank.Operations];
                layers[rank.Operations] = new OperationLayer(
                    layer.Operations, layer.States + expander.States, layer.Weight + expander.Weight,
                    layer.Transitions + expander.Transitions, rank.Steps);
            }
            foreach (var (key, found) in expander.Findings)
            {
                var known = findings.TryGetValue(key, out var before) ? before : (found.Rank, States: 0);
                findings[key] = (known.Rank.CompareTo(found.Rank) <= 0 ? known.Rank : found.Rank, known.States + found.States);
            }
            expander.ClearCounts();
        }
        peakBytes = Math.Max(peakBytes, seen.Bytes + frontier.Bytes);
    }

    private Exploration Result(in TState initial)
    {
        return new Exploration
        {
            Bound = bound,
            States = layers.Sum(layer => layer.States),
            Stored = seen.Count,
            Weight = layers.Aggregate(0UL, (sum, layer) => sum + layer.Weight),
            Transitions = layers.Sum(layer => layer.Transitions),
            Passed = expanders.Sum(expander => expander.Passed),
            Depth = layers.Max(layer => layer.Depth),
            Layers = [.. layers],
            Findings = [.. Paths(in initial)],
            SeenBytes = seen.Bytes,
            PeakBytes = peakBytes,
            FinalStates = expanders.Aggregate(0UL, (sum, expander) => sum + expander.FinalStates),
            CollisionProbability = seen.CollisionProbability,
        };
    }

    private List<ExploredFinding> Paths(in TState initial)
    {
        var found = new List<ExploredFinding>();
        foreach (var (key, (rank, states)) in findings.OrderBy(finding => finding.Value.Rank.Value).ThenBy(finding => finding.Key))
        {
            ImmutableArray<Choice> path = bounds.WantsPaths && !IsFact(key) && !stop.IsCancellationRequested
                ? new PathFinder<TMachine, TState, TKey, TStore>(make(), in initial, open(1)).Find(key, rank)
                : [];
            found.Add(new ExploredFinding(key, rank.Operations, rank.Steps, states, path));
        }
        return found;
    }
}
