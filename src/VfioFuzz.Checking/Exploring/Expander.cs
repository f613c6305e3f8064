using System.Runtime.CompilerServices;
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

    private readonly TSeen seen;
    private readonly StateCodec<TState> codec;
    private readonly TState[] successors;
    private readonly Choice[] choices;
    private readonly ulong[] keys = new ulong[IMachine<TState>.FindingsMax];
    private readonly byte[] packed;
    private readonly Awaited[] batch;
    private readonly TMachine machine;
    private int awaited;
    private int packedEnd;
    private Rank now;

    public Expander(TMachine machine, in TState initial, TSeen seen, Frontier frontier)
    {
        this.machine = machine;
        this.seen = seen;
        codec = new StateCodec<TState>(in initial);
        successors = new TState[machine.SuccessorsMax];
        choices = new Choice[machine.SuccessorsMax];
        batch = new Awaited[BatchMax + machine.SuccessorsMax];
        packed = new byte[batch.Length * StateCodec<TState>.BytesMax];
        StepTargets = new Output(frontier, ofOperations: false);
        OperationTargets = new Output(frontier, ofOperations: true);
    }

    /// <summary>States first seen at the next step, and those that cost one more operation.</summary>
    public Output StepTargets { get; }

    public Output OperationTargets { get; }

    public Dictionary<ulong, ulong> Findings { get; } = [];

    public long States { get; private set; }

    public ulong Weight { get; private set; }

    public long Transitions { get; private set; }

    /// <summary>Over all levels.</summary>
    public ulong FinalStates { get; private set; }

    public string? Exhausted { get; private set; }

    /// <summary>Puts the initial state into the set and among the targets.</summary>
    public void Begin(in TState initial)
    {
        var length = codec.Pack(in initial, packed);
        var bytes = packed.AsSpan(0, length);
        seen.Visit(Fingerprint.Of(bytes), bytes, default);
        StepTargets.Add(bytes);
    }

    public void Expand(Chunk chunk, Rank rank, bool operations)
    {
        now = rank;
        for (var at = 0; at < chunk.End;)
        {
            var bytes = chunk.Next(ref at);
            if (chunk.MayBeOutOfDate && seen.RankOf(Fingerprint.Of(bytes), bytes) != rank)
                continue;
            codec.Unpack(bytes, out var state);
            Expand(in state, operations);
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

    private void Expand(in TState state, bool operations)
    {
        var weight = machine.Weight(in state);
        States++;
        Weight += weight;
        var count = machine.Successors(in state, operations, successors, choices);
        if (count < 0)
        {
            Exhausted = "a capacity of the machine";
            return;
        }
        Transitions += count;
        if (count == 0)
            FinalStates += weight;
        var found = machine.Findings(in state, count == 0, keys);
        for (var i = 0; i < found; i++)
            Findings[keys[i]] = Findings.GetValueOrDefault(keys[i]) + weight;
        for (var i = 0; i < count; i++)
            Await(in successors[i], choices[i].IsOperation);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Await(in TState state, bool operation)
    {
        var length = codec.Pack(in state, packed.AsSpan(packedEnd));
        var fingerprint = Fingerprint.Of(packed.AsSpan(packedEnd, length));
        seen.Expect(fingerprint);
        batch[awaited++] = new Awaited(fingerprint, packedEnd, length, operation);
        packedEnd += length;
    }

    private void Visit()
    {
        foreach (ref readonly var waiting in batch.AsSpan(0, awaited))
        {
            var bytes = packed.AsSpan(waiting.Start, waiting.Length);
            if (seen.Visit(waiting.Fingerprint, bytes, now.Next(waiting.IsOperation)) != Sighting.Known)
                (waiting.IsOperation ? OperationTargets : StepTargets).Add(bytes);
        }
        (awaited, packedEnd) = (0, 0);
    }

    private readonly record struct Awaited(Fingerprint Fingerprint, int Start, int Length, bool IsOperation);
}

/// <summary>Chunks that one thread fills.</summary>
internal sealed class Output(Frontier frontier, bool ofOperations)
{
    private List<Chunk> chunks = [];

    public void Add(ReadOnlySpan<byte> packed)
    {
        if (chunks.Count == 0 || !chunks[^1].HasRoomFor(packed.Length))
        {
            chunks.Add(frontier.Rent());
            chunks[^1].MayBeOutOfDate = ofOperations;
        }
        chunks[^1].Add(packed);
    }

    public List<Chunk> TakeAll()
    {
        var all = chunks;
        chunks = [];
        return all;
    }
}
