using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// States of a <see cref="StateTree"/>, 56 bits each, with their ranks, in open-addressing tables: eight bytes an entry, and nothing is lost, since
/// eight of the bits are told by the segment. The numbers are scattered by a map that has an inverse. Each segment is a table of its own that
/// grows alone; the upper bits choose the place in order, so growing reads and writes memory in sequence.
/// </summary>
/// <param name="isShared">Whether several threads use it.</param>
internal sealed unsafe class PairTable(bool isShared) : IDisposable
{
    /// <summary>Bits of a state.</summary>
    public const int PairBits = 2 * NodeTable.NumberBits;

    private const int SegmentBits = 8;
    private const int LineEntries = 8;
    private const int LineBytes = LineEntries * sizeof(ulong);
    private const ulong FirstLines = 4;

    /// <summary>Lines of a block: a segment grows by blocks, which are never given back, so that memory does not crumble.</summary>
    private const ulong BlockLines = 1024;

    private const double FillMax = 0.87;
    private const double Creep = 1.3;

    private const ulong RankMask = 0xffff;
    private const ulong CrossedOut = 0x8000;

    private readonly Segment[] segments = new Segment[1 << SegmentBits];
    private readonly BlockPool pool = new((nuint)BlockLines * LineBytes);

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
                bytes += (long)segment.Lines * LineBytes;
            return bytes;
        }
    }

    /// <summary>Brings a state's line near.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Expect(ulong pair)
    {
        var scattered = Scattered(pair);
        ref var segment = ref SegmentOf(scattered);
        // Nobody is kept from growing the segment meanwhile: blocks are there before the lines that are in them, and a table of blocks stays when
        // a larger one takes its place. What is fetched in vain, of a block that was given back, does no harm.
        var lines = Volatile.Read(ref segment.Lines);
        if (Sse.IsSupported && lines != 0)
            Sse.Prefetch0(segment.Line(HomeOf(scattered, lines)));
    }

    /// <summary>Keeps the lower of the state's old and new rank.</summary>
    public Sighting Visit(ulong pair, Rank rank)
    {
        var scattered = Scattered(pair);
        ref var segment = ref SegmentOf(scattered);
        if (!isShared)
            return Visit(ref segment, scattered, rank);
        Enter(ref segment.Gate);
        var sighting = Visit(ref segment, scattered, rank);
        Volatile.Write(ref segment.Gate, 0);
        return sighting;
    }

    /// <summary>The rank of a state, or null when it is unknown or was crossed out.</summary>
    public Rank? RankOf(ulong pair)
    {
        var scattered = Scattered(pair);
        ref var segment = ref SegmentOf(scattered);
        if (isShared)
            Enter(ref segment.Gate);
        Rank? rank = Find(in segment, scattered, out var entry) && (*entry & CrossedOut) == 0 ? RankIn(*entry) : null;
        Volatile.Write(ref segment.Gate, 0);
        return rank;
    }

    public void CrossOut(ulong pair)
    {
        var scattered = Scattered(pair);
        if (Find(in SegmentOf(scattered), scattered, out var entry))
            *entry |= CrossedOut;
    }

    public void RestoreAll()
    {
        foreach (ref var segment in segments.AsSpan())
        {
            for (ulong line = 0; line < segment.Lines; line++)
            {
                foreach (ref var entry in new Span<ulong>(segment.Line(line), LineEntries))
                    entry &= ~CrossedOut;
            }
        }
    }

    public void Dispose()
    {
        foreach (ref var segment in segments.AsSpan())
        {
            if (segment.Lines is > 0 and < BlockLines)
                LargeMemory.Free(segment.Blocks[0]);
            for (var blocks = segment.Blocks; blocks != null;)
            {
                var before = (ulong**)blocks[-1];
                NativeMemory.Free(blocks - 1);
                blocks = before;
            }
            segment = default;
        }
        pool.Dispose();
    }

    /// <summary>The bits of a state in disorder, at the upper end: each multiplication and each folding has an inverse within 56 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Scattered(ulong pair)
    {
        const ulong mask = (1UL << PairBits) - 1;
        var bits = pair * 0x9e3779b97f4a7c15 & mask;
        bits ^= bits >> PairBits / 2;
        bits = bits * 0xc2b2ae3d27d4eb4f & mask;
        bits ^= bits >> PairBits / 2;
        return bits * 0x165667b19e3779f9 << 64 - PairBits;
    }

    private ref Segment SegmentOf(ulong scattered) => ref segments[scattered >> 64 - SegmentBits];

    /// <summary>The line where the search for a state begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HomeOf(ulong scattered, ulong lines) => Math.BigMul(scattered << SegmentBits, lines, out _);

    /// <summary>What tells a state in its segment; the rank has the low bits.</summary>
    private static ulong KeyOf(ulong scattered) => scattered << SegmentBits;

    /// <summary>One more than the rank is kept, so that no entry is zero.</summary>
    private static Rank RankIn(ulong entry) => new((ushort)((entry & RankMask & ~CrossedOut) - 1));

    private Sighting Visit(ref Segment segment, ulong scattered, Rank rank)
    {
        if (segment.Count >= segment.CountMax)
            Grow(ref segment);
        var fresh = KeyOf(scattered) | rank.Value + 1u;
        if (!Find(in segment, scattered, out var entry))
        {
            *entry = fresh;
            segment.Count++;
            return Sighting.New;
        }
        if (*entry <= fresh)
            return Sighting.Known;
        *entry = fresh;
        return Sighting.Nearer;
    }

    /// <summary>The entry of a state, or the free one where it belongs. Lines fill from their beginning.</summary>
    private static bool Find(in Segment segment, ulong scattered, out ulong* entry)
    {
        entry = null;
        if (segment.Lines == 0)
            return false;
        var (key, state) = (Vector256.Create(KeyOf(scattered)), Vector256.Create(~RankMask));
        for (var line = HomeOf(scattered, segment.Lines); ;)
        {
            var first = segment.Line(line);
            var (low, high) = (Vector256.Load(first), Vector256.Load(first + LineEntries / 2));
            var free = Mask(Vector256.Equals(low, default), Vector256.Equals(high, default));
            var same = Mask(Vector256.Equals(low & state, key), Vector256.Equals(high & state, key)) & ~free;
            if ((same | free) != 0)
            {
                entry = first + BitOperations.TrailingZeroCount(same != 0 ? same : free);
                return same != 0;
            }
            if (++line == segment.Lines)
                line = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Mask(Vector256<ulong> low, Vector256<ulong> high) =>
        low.ExtractMostSignificantBits() | high.ExtractMostSignificantBits() << LineEntries / 2;

    private void Grow(ref Segment segment)
    {
        var before = segment.Lines;
        var lines = before == 0 ? FirstLines : before < BlockLines ? 2 * before : (ulong)(before * Creep);
        var entries = (ulong*)NativeMemory.Alloc((nuint)(segment.Count + 1), sizeof(ulong));
        var count = Gather(in segment, entries);
        Extend(ref segment, before, lines);
        Volatile.Write(ref segment.Lines, lines);
        segment.CountMax = (long)(lines * LineEntries * FillMax);
        for (ulong line = 0; line < segment.Lines; line++)
            new Span<ulong>(segment.Line(line), LineEntries).Clear();
        for (long at = 0; at < count; at++)
        {
            Find(in segment, (entries[at] & ~RankMask) >> SegmentBits, out var entry);
            *entry = entries[at];
        }
        NativeMemory.Free(entries);
    }

    private static long Gather(in Segment segment, ulong* into)
    {
        var count = 0L;
        for (ulong line = 0; line < segment.Lines; line++)
        {
            foreach (var entry in new ReadOnlySpan<ulong>(segment.Line(line), LineEntries))
            {
                if (entry != 0)
                    into[count++] = entry;
            }
        }
        return count;
    }

    /// <summary>
    /// Memory for the segment's lines: one short block while it is small, then whole ones. Before each table of blocks stands the address of the one
    /// whose place it takes.
    /// </summary>
    private void Extend(ref Segment segment, ulong before, ulong lines)
    {
        var (blocksBefore, count) = ((before + BlockLines - 1) / BlockLines, (lines + BlockLines - 1) / BlockLines);
        if (before <= BlockLines / 2 && before != 0)
        {
            LargeMemory.Free(segment.Blocks[0]);
            blocksBefore = 0;
        }
        var blocks = (ulong**)NativeMemory.Alloc((nuint)count + 1, (nuint)sizeof(ulong*)) + 1;
        blocks[-1] = (ulong*)segment.Blocks;
        for (ulong block = 0; block < count; block++)
        {
            blocks[block] = block < blocksBefore ? segment.Blocks[block]
                : lines < BlockLines ? (ulong*)LargeMemory.Alloc((nuint)(lines * LineBytes)) : (ulong*)pool.Rent();
        }
        segment.Blocks = blocks;
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
        public ulong** Blocks;

        public ulong Lines;

        public long Count;

        public long CountMax;

        public int Gate;

        public readonly ulong* Line(ulong line) => Blocks[line / BlockLines] + line % BlockLines * LineEntries;
    }
}
