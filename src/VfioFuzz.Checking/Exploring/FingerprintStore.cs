using System.Runtime.InteropServices;

namespace VfioFuzz.Checking.Exploring;

/// <summary>Small states as they are, told by their fingerprints; or states of any size when whole ones are asked for.</summary>
internal struct FingerprintStore<TState, TSeen>(TSeen seen, int expectedMax) : IStateStore<TState, TState>
    where TState : unmanaged
    where TSeen : class, ISeenStates
{
    private readonly TState[] loaded = new TState[1];
    private readonly (Fingerprint Fingerprint, TState State)[] expected = new (Fingerprint, TState)[expectedMax];
    private int count;

    public readonly ref readonly TState Loaded => ref loaded[0];

    public readonly TState KeyOf(in TState state) => state;

    public readonly void Foresee(in TState key, bool rank)
    {
        if (rank)
            seen.Expect(FingerprintOf(in key));
    }

    public readonly void Load(in TState key) => loaded[0] = key;

    public void Expect(in TState state)
    {
        ref var next = ref expected[count++];
        next = (FingerprintOf(in state), state);
        seen.Expect(next.Fingerprint);
    }

    public readonly void Settle()
    {
    }

    public readonly Sighting Visit(int expected, Rank rank, out TState key)
    {
        ref var waiting = ref this.expected[expected];
        key = waiting.State;
        return seen.Visit(waiting.Fingerprint, BytesOf(in waiting.State), rank);
    }

    public void Clear() => count = 0;

    public readonly Rank? RankOf(in TState key) => seen.RankOf(FingerprintOf(in key));

    public readonly void CrossOut(in TState key) => seen.CrossOut(FingerprintOf(in key));

    public readonly void RestoreAll() => seen.RestoreAll();

    private static ReadOnlySpan<byte> BytesOf(in TState state) => MemoryMarshal.AsBytes(new ReadOnlySpan<TState>(in state));

    private static Fingerprint FingerprintOf(in TState state) => Fingerprint.Of(BytesOf(in state));
}
