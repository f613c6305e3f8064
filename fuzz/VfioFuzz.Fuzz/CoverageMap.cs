using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SharpFuzz.Common;

namespace VfioFuzz.Fuzz;

/// <summary>
/// The edges of one run, and which of them no run before had. Only what runs between <see cref="Start"/> and <see cref="Stop"/> is seen: outside, the
/// instrumented code writes into a map that nobody reads, so that mutating and shrinking with the same libraries leave no trace.
/// </summary>
/// <remarks>
/// A whole map is compared in vectors of 64 counters: the highest bit of each counter is its bucket, the buckets seen so far are a second map. On a
/// run of ten thousand instructions that costs less than to walk a list of the thousands of edges that are known.
/// </remarks>
internal sealed unsafe class CoverageMap
{
    public const int Size = 1 << 16;
    public const int Buckets = 8;

    /// <summary>Counters looked at together.</summary>
    private const int Stride = 4 * 64;

    private readonly byte* map = (byte*)NativeMemory.AlignedAlloc(Size, 64);
    private readonly byte* seen = (byte*)NativeMemory.AlignedAlloc(Size, 64);
    private readonly byte* unread = Trace.SharedMem;

    public CoverageMap()
    {
        new Span<byte>(map, Size).Clear();
        new Span<byte>(seen, Size).Clear();
    }

    public void Start()
    {
        new Span<byte>(map, Size).Clear();
        Trace.SharedMem = map;
        Trace.PrevLocation = 0;
    }

    public void Stop() => Trace.SharedMem = unread;

    /// <summary>Adds the features that no run before had; they are seen from now on.</summary>
    public void Unseen(List<int> into)
    {
        for (var i = 0; i < Size; i += Stride)
        {
            // Which vectors have hits is a coin toss, so nothing asks: a wrong guess of the processor costs more than the few vectors it would spare.
            var unseen = Unseen(i) | Unseen(i + Vector512<byte>.Count) | Unseen(i + 2 * Vector512<byte>.Count) | Unseen(i + 3 * Vector512<byte>.Count);
            if (unseen != Vector512<byte>.Zero)
                Mark(i, into);
        }
    }

    /// <summary>Adds every feature of the last run, ascending.</summary>
    public void Features(List<int> into)
    {
        for (var from = 0; from < Size; from += Vector512<byte>.Count)
        {
            var hit = ~Vector512.Equals(Vector512.LoadAligned(map + from), Vector512<byte>.Zero).ExtractMostSignificantBits();
            for (; hit != 0; hit &= hit - 1)
            {
                var edge = from + BitOperations.TrailingZeroCount(hit);
                into.Add(Feature(edge, map[edge]));
            }
        }
    }

    private static int Feature(int edge, byte hits) => edge * Buckets + BitOperations.Log2(hits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<byte> Unseen(int i) => Bucket(Vector512.LoadAligned(map + i)) & ~Vector512.LoadAligned(seen + i);

    /// <summary>The highest bit of each byte: what is below it is filled, and taken away again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Bucket(Vector512<byte> hits)
    {
        hits |= Half(hits, 1, 0x7f);
        hits |= Half(hits, 2, 0x3f);
        hits |= Half(hits, 4, 0x0f);
        return hits ^ Half(hits, 1, 0x7f);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Half(Vector512<byte> bytes, int shift, byte kept) =>
        Vector512.ShiftRightLogical(bytes.AsUInt16(), shift).AsByte() & Vector512.Create(kept);

    private void Mark(int from, List<int> into)
    {
        for (var i = from; i < from + Stride; i++)
        {
            if (map[i] is not (var hits and not 0))
                continue;
            var bucket = (byte)(1 << BitOperations.Log2(hits));
            if ((seen[i] & bucket) != 0)
                continue;
            seen[i] |= bucket;
            into.Add(Feature(i, hits));
        }
    }
}
