using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Exploring;

/// <summary>The part of a search that one thread does: states out of a chunk, their successors into chunks of its own.</summary>
internal sealed class Expander<TMachine, TState, TKey, TStore>
    where TMachine : struct, IMachine<TState>
    where TState : unmanaged
    where TKey : unmanaged
    where TStore : struct, IStateStore<TState, TKey>
{
    /// <summary>Successors whose entries are fetched together: enough to hide the memory's latency.</summary>
    private const int BatchMax = 64;

    /// <summary>How far ahead of its turn a state is fetched.</summary>
    private const int Ahead = 12;

    /// <summary>Steps that are passed in one go: then a state is stored, so that a cycle of forced steps is seen to be one.</summary>
    private const int PassMax = 256;

    private readonly TState[] successors;
    private readonly Choice[] choices;
    private readonly ulong[] keys = new ulong[IMachine<TState>.FindingsMax];
    private readonly Rank[] batch;
    private readonly TMachine machine;
    private readonly bool reduces;
    private readonly int operationsMax;
#pragma warning disable IDE0044 // A store changes with every call; read-only, each call would have a copy of it.
    private TStore store;
#pragma warning restore IDE0044
    private int awaited;
    private Rank now;

    /// <param name="machine">A machine of this thread's own.</param>
    /// <param name="open">Opens a store of this thread's own, given how many states it will be told to expect.</param>
    /// <param name="frontier">Where chunks come from.</param>
    /// <param name="bounds">How far to go.</param>
    public Expander(TMachine machine, Func<int, TStore> open, Frontier<TKey> frontier, ExplorationBounds bounds)
    {
        this.machine = machine;
        (reduces, operationsMax) = (bounds.ReducesOrder, bounds.OperationsMax);
        successors = new TState[machine.SuccessorsMax];
        choices = new Choice[machine.SuccessorsMax];
        batch = new Rank[BatchMax + machine.SuccessorsMax];
        store = open(batch.Length);
        Targets = new Targets<TKey>(frontier);
    }

    public Targets<TKey> Targets { get; }

    /// <summary>Of a level: each finding's lowest rank, and the states that show it.</summary>
    public Dictionary<ulong, (Rank Rank, ulong States)> Findings { get; } = [];

    public long States { get; private set; }

    public ulong Weight { get; private set; }

    public long Transitions { get; private set; }

    /// <summary>Over all levels.</summary>
    public long Passed { get; private set; }

    /// <summary>Over all levels.</summary>
    public ulong FinalStates { get; private set; }

    public string? Exhausted { get; private set; }

    /// <summary>Puts the initial state into the set and among the targets.</summary>
    public void Begin(in TState initial)
    {
        Await(in initial, default);
        Visit();
    }

    public void Expand(Chunk<TKey> chunk, Rank rank)
    {
        now = rank;
        var keys = chunk.Keys;
        for (var at = 0; at < keys.Length; at++)
        {
            if (at + Ahead < keys.Length)
                store.Foresee(in keys[at + Ahead], chunk.MayBeOutOfDate);
            if (chunk.MayBeOutOfDate && store.RankOf(in keys[at]) != rank)
                continue;
            store.Load(in keys[at]);
            Expand(in store.Loaded);
            if (awaited >= BatchMax)
                Visit();
        }
    }

    public void EndLevel() => Visit();

    public void ClearCounts()
    {
        (States, Weight, Transitions) = (0, 0, 0);
        Findings.Clear();
    }

    // Room for a state that is passed, of two thousand bytes, need not be zero.
    [SkipLocalsInit]
    private void Expand(in TState state)
    {
        var weight = machine.Weight(in state);
        States++;
        Weight += weight;
        var count = machine.Successors(in state, MayOperate(now), successors, choices);
        if (count < 0)
        {
            Exhausted = machine.Exhausted;
            return;
        }
        Transitions += count;
        if (count == 0)
            FinalStates += weight;
        Look(in state, count == 0, now, weight);
        for (var i = 0; i < count; i++)
        {
            var rank = now.Next(choices[i].IsOperation);
            if (!reduces || Pass(ref successors[i], ref rank))
                Await(in successors[i], rank);
        }
    }

    private bool MayOperate(Rank rank) => rank.Operations < operationsMax;

    /// <summary>
    /// Goes on from a state while one step suffices, and looks at each state that is passed. Whether the state that it comes to is to be
    /// stored; <paramref name="rank"/> is that state's.
    /// </summary>
    private bool Pass(ref TState state, ref Rank rank)
    {
        var operations = MayOperate(rank);
        for (var steps = 0; steps < PassMax && !rank.IsLast; steps++)
        {
            var onward = machine.Pass(in state, operations, out var next);
            if (onward == Onward.EveryWay)
                return true;
            var weight = machine.Weight(in state);
            Look(in state, onward == Onward.Nothing, rank, weight);
            Passed++;
            if (onward == Onward.Nothing)
            {
                FinalStates += weight;
                return false;
            }
            state = next;
            rank = rank.Next(operation: false);
            Transitions++;
        }
        return true;
    }

    private void Look(in TState state, bool isFinal, Rank rank, ulong weight)
    {
        var found = machine.Findings(in state, isFinal, keys);
        for (var i = 0; i < found; i++)
        {
            ref var finding = ref CollectionsMarshal.GetValueRefOrAddDefault(Findings, keys[i], out var known);
            finding = (known && finding.Rank.CompareTo(rank) < 0 ? finding.Rank : rank, finding.States + weight);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Await(in TState state, Rank rank)
    {
        store.Expect(in state);
        batch[awaited++] = rank;
    }

    private void Visit()
    {
        store.Settle();
        for (var i = 0; i < awaited; i++)
        {
            var rank = batch[i];
            if (store.Visit(i, rank, out var key) != Sighting.Known)
                Targets.Add(rank, in key, reduces || rank.Operations > now.Operations);
        }
        store.Clear();
        awaited = 0;
    }
}
