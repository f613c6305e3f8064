using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Exploring;

/// <summary>The part of a search that one thread does: states out of a chunk, their successors into chunks of its own.</summary>
internal sealed class Expander<TMachine, TState, TSeen>
    where TMachine : struct, IMachine<TState>
    where TState : unmanaged
    where TSeen : class, ISeenStates
{
    /// <summary>Successors whose entries are fetched together: enough to hide the memory's latency.</summary>
    private const int BatchMax = 64;

    /// <summary>Steps that are passed in one go: then a state is stored, so that a cycle of forced steps is seen to be one.</summary>
    private const int PassMax = 256;

    private readonly TSeen seen;
    private readonly StateCodec<TState> codec;
    private readonly TState[] successors;
    private readonly Choice[] choices;
    private readonly ulong[] keys = new ulong[IMachine<TState>.FindingsMax];
    private readonly byte[] packed;
    private readonly Awaited[] batch;
    private readonly TMachine machine;
    private readonly bool reduces;
    private readonly int operationsMax;
    private int awaited;
    private int packedEnd;
    private Rank now;

    public Expander(TMachine machine, in TState initial, TSeen seen, Frontier frontier, ExplorationBounds bounds)
    {
        this.machine = machine;
        this.seen = seen;
        (reduces, operationsMax) = (bounds.ReducesOrder, bounds.OperationsMax);
        codec = new StateCodec<TState>(in initial);
        successors = new TState[machine.SuccessorsMax];
        choices = new Choice[machine.SuccessorsMax];
        batch = new Awaited[BatchMax + machine.SuccessorsMax];
        packed = new byte[batch.Length * StateCodec<TState>.BytesMax];
        Targets = new Targets(frontier);
    }

    public Targets Targets { get; }

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
        var length = codec.Pack(in initial, packed);
        var bytes = packed.AsSpan(0, length);
        seen.Visit(Fingerprint.Of(bytes), bytes, default);
        Targets.Add(default, bytes, mayBeOutOfDate: false);
    }

    public void Expand(Chunk chunk, Rank rank)
    {
        now = rank;
        for (var at = 0; at < chunk.End;)
        {
            var bytes = chunk.Next(ref at);
            if (chunk.MayBeOutOfDate && seen.RankOf(Fingerprint.Of(bytes), bytes) != rank)
                continue;
            codec.Unpack(bytes, out var state);
            Expand(in state);
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

    private void Expand(in TState state)
    {
        var weight = machine.Weight(in state);
        States++;
        Weight += weight;
        var count = machine.Successors(in state, MayOperate(now), successors, choices);
        if (count < 0)
        {
            Exhausted = "a capacity of the machine";
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
        var length = codec.Pack(in state, packed.AsSpan(packedEnd));
        var fingerprint = Fingerprint.Of(packed.AsSpan(packedEnd, length));
        seen.Expect(fingerprint);
        batch[awaited++] = new Awaited(fingerprint, packedEnd, length, rank);
        packedEnd += length;
    }

    private void Visit()
    {
        foreach (ref readonly var waiting in batch.AsSpan(0, awaited))
        {
            var bytes = packed.AsSpan(waiting.Start, waiting.Length);
            if (seen.Visit(waiting.Fingerprint, bytes, waiting.Rank) != Sighting.Known)
                Targets.Add(waiting.Rank, bytes, reduces || waiting.Rank.Operations > now.Operations);
        }
        (awaited, packedEnd) = (0, 0);
    }

    private readonly record struct Awaited(Fingerprint Fingerprint, int Start, int Length, Rank Rank);
}
