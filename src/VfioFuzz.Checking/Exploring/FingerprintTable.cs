using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// Fingerprints in open-addressing tables: 18 bytes an entry, at most 24 a stored state once there are many. The upper bits of a
/// fingerprint choose one of many segments, each a table of its own that grows alone, so growing never holds two copies of everything;
/// the next bits choose the place in order, so growing reads and writes memory in sequence.
/// </summary>
/// <param name="isShared">Whether several threads use it.</param>
internal sealed unsafe class FingerprintTable(bool isShared) : ISeenStates
{
    private const int SegmentBits = 8;
    private const int LineEntries = 4;
    private const int EntryBytes = sizeof(ulong) * 2 + sizeof(ushort);
    private const ulong FirstLines = 16;

    /// <summary>Fill at which a segment grows.</summary>
    private const double FillMax = 0.87;

    /// <summary>Segments double while they are small and creep when memory begins to count.</summary>
    private const ulong CreepingLines = 1UL << 24 - SegmentBits - 2;
    private const double Creep = 1.15;

    private const ushort CrossedOut = 0x8000;

    private readonly Segment[] segments = new Segment[1 << SegmentBits];

    public long Count
    {
        get
        {
            var count = 0L;
            foreach (ref readonly var segment in segments.AsSpan())
                count += segment.Count;
            return count;
        }
    }

    public long Bytes
    {
        get
        {
            var bytes = 0L;
            foreach (ref readonly var segment in segments.AsSpan())
                bytes += (long)segment.Lines * LineEntries * EntryBytes;
            return bytes;
        }
    }

    /// <summary>n^2 / 2^129.</summary>
    public double CollisionProbability => Math.Pow(Count, 2) / Math.Pow(2, 129);

    public string? Broken => null;

    public void Expect(Fingerprint fingerprint)
    {
        ref readonly var segment = ref segments[fingerprint.High >> 64 - SegmentBits];
        if (!Sse.IsSupported || segment.Entries == null)
            return;
        var home = HomeOf(fingerprint, segment.Lines);
        Sse.Prefetch0(segment.Entries + 2 * home);
        Sse.Prefetch0(segment.Ranks + home);
    }

    public Sighting Visit(Fingerprint fingerprint, ReadOnlySpan<byte> state, Rank rank)
    {
        ref var segment = ref segments[fingerprint.High >> 64 - SegmentBits];
        if (!isShared)
            return Visit(ref segment, fingerprint, rank.Value);
        Enter(ref segment.Gate);
        var sighting = Visit(ref segment, fingerprint, rank.Value);
        Volatile.Write(ref segment.Gate, 0);
        return sighting;
    }

    public Rank? RankOf(Fingerprint fingerprint)
    {
        ref var segment = ref segments[fingerprint.High >> 64 - SegmentBits];
        if (isShared)
            Enter(ref segment.Gate);
        Rank? rank = Find(ref segment, fingerprint, out var at) && (segment.Ranks[at] & CrossedOut) == 0
            ? new Rank(segment.Ranks[at])
            : null;
        Volatile.Write(ref segment.Gate, 0);
        return rank;
    }

    public void CrossOut(Fingerprint fingerprint)
    {
        ref var segment = ref segments[fingerprint.High >> 64 - SegmentBits];
        if (Find(ref segment, fingerprint, out var at))
            segment.Ranks[at] |= CrossedOut;
    }

    public void RestoreAll()
    {
        foreach (ref var segment in segments.AsSpan())
        {
            for (ulong at = 0; at < segment.Lines * LineEntries; at++)
                segment.Ranks[at] &= CrossedOut - 1;
        }
    }

    public void Dispose()
    {
        foreach (ref var segment in segments.AsSpan())
        {
            Free(in segment);
            segment = default;
        }
    }

    private static Sighting Visit(ref Segment segment, Fingerprint fingerprint, ushort rank)
    {
        if (segment.Count >= segment.CountMax)
            Grow(ref segment);
        if (!Find(ref segment, fingerprint, out var at))
        {
            segment.Entries[2 * at] = fingerprint.High;
            segment.Entries[2 * at + 1] = fingerprint.Low;
            segment.Ranks[at] = rank;
            segment.Count++;
            return Sighting.New;
        }
        if (segment.Ranks[at] <= rank)
            return Sighting.Known;
        segment.Ranks[at] = rank;
        return Sighting.Nearer;
    }

    /// <summary>The entry of a fingerprint, or the free one where it belongs.</summary>
    private static bool Find(ref Segment segment, Fingerprint fingerprint, out ulong at)
    {
        at = 0;
        if (segment.Entries == null)
            return false;
        var entries = segment.Entries;
        var end = segment.Lines * LineEntries;
        for (at = HomeOf(fingerprint, segment.Lines); ;)
        {
            var (high, low) = (entries[2 * at], entries[2 * at + 1]);
            if (high == fingerprint.High && low == fingerprint.Low)
                return true;
            if ((high | low) == 0)
                return false;
            if (++at == end)
                at = 0;
        }
    }

    /// <summary>First entry of the cache line where the search for a fingerprint begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HomeOf(Fingerprint fingerprint, ulong lines) =>
        Math.BigMul(fingerprint.High << SegmentBits, lines, out _) * LineEntries;

    private static void Grow(ref Segment segment)
    {
        var old = segment;
        var lines = old.Lines == 0 ? FirstLines : old.Lines < CreepingLines ? 2 * old.Lines : (ulong)(old.Lines * Creep);
        segment.Entries = (ulong*)LargeMemory.AllocZeroed((nuint)(lines * LineEntries * 16));
        segment.Ranks = (ushort*)LargeMemory.AllocZeroed((nuint)(lines * LineEntries * sizeof(ushort)));
        segment.Lines = lines;
        segment.CountMax = (long)(lines * LineEntries * FillMax);
        for (ulong at = 0; at < old.Lines * LineEntries; at++)
        {
            var fingerprint = new Fingerprint(old.Entries[2 * at], old.Entries[2 * at + 1]);
            if ((fingerprint.High | fingerprint.Low) == 0)
                continue;
            Find(ref segment, fingerprint, out var free);
            segment.Entries[2 * free] = fingerprint.High;
            segment.Entries[2 * free + 1] = fingerprint.Low;
            segment.Ranks[free] = old.Ranks[at];
        }
        Free(in old);
    }

    private static void Free(in Segment segment)
    {
        LargeMemory.Free(segment.Entries);
        LargeMemory.Free(segment.Ranks);
    }

    private static void Enter(ref int gate)
    {
        // Whoever holds it may have lost the processor.
        for (var spin = new SpinWait(); Interlocked.CompareExchange(ref gate, 1, 0) != 0;)
            spin.SpinOnce();
    }

    /// <summary>On a cache line of its own, for the sake of the gate.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Segment
    {
        /// <summary>High and low half of each fingerprint; both zero: free.</summary>
        public ulong* Entries;

        public ushort* Ranks;

        public ulong Lines;

        public long Count;

        public long CountMax;

        public int Gate;
    }
}
