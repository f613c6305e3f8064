using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SharpFuzz.Common;

namespace VfioFuzz.Fuzz;

/// <summary>
/// The edges of one run, and which of them no run before had. Only what runs between <see cref="Start"/> and <see cref="Stop"/> is seen: outside, the
/// instrumented code writes into a map that nobody reads, so that mutating and shrinking with the same libraries leave no trace.
/// </summary>
/// <remarks>
/// A whole map is compared in vectors of 32 counters: the highest bit of each counter is its bucket, the buckets seen so far are a second map. On a
/// run of ten thousand instructions that costs less than to walk a list of the thousands of edges that are known.
/// </remarks>
internal sealed unsafe class CoverageMap
{
    public const int Size = 1 << 16;
    public const int Buckets = 8;

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
        for (var i = 0; i < Size; i += Vector256<byte>.Count)
        {
            var hits = Vector256.LoadAligned(map + i);
            if (hits == Vector256<byte>.Zero)
                continue;
            if ((Bucket(hits) & ~Vector256.LoadAligned(seen + i)) != Vector256<byte>.Zero)
                Mark(i, into);
        }
    }

    /// <summary>Adds every feature of the last run, ascending.</summary>
    public void Features(List<int> into)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(new ReadOnlySpan<byte>(map, Size));
        for (var word = 0; word < words.Length; word++)
        {
            if (words[word] == 0)
                continue;
            for (var i = word * sizeof(ulong); i < (word + 1) * sizeof(ulong); i++)
            {
                if (map[i] is var hits and not 0)
                    into.Add(Feature(i, hits));
            }
        }
    }

    private static int Feature(int edge, byte hits) => edge * Buckets + BitOperations.Log2(hits);

    /// <summary>The highest bit of each byte: what is below it is filled, and taken away again.</summary>
    private static Vector256<byte> Bucket(Vector256<byte> hits)
    {
        hits |= Half(hits, 1, 0x7f);
        hits |= Half(hits, 2, 0x3f);
        hits |= Half(hits, 4, 0x0f);
        return hits ^ Half(hits, 1, 0x7f);
    }

    private static Vector256<byte> Half(Vector256<byte> bytes, int shift, byte kept) =>
        Vector256.ShiftRightLogical(bytes.AsUInt16(), shift).AsByte() & Vector256.Create(kept);

    private void Mark(int from, List<int> into)
    {
        for (var i = from; i < from + Vector256<byte>.Count; i++)
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
