using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// States as the shortest bytes that are cheap to make: a small state as it is; of a large one the words in which it differs from the
/// initial state, behind a bit for each word. Equal states have equal bytes, so fingerprints are taken of these.
/// </summary>
internal sealed class StateCodec<TState>
    where TState : unmanaged
{
    private const int RawMax = 64;

    private readonly ulong[] basis = new ulong[Words];

    public StateCodec(in TState initial)
    {
        if (!IsRaw)
            WordsOf(in initial).CopyTo(basis);
    }

    /// <summary>Most bytes of a packed state.</summary>
    public static int BytesMax => IsRaw ? Unsafe.SizeOf<TState>() : (MarkWords + Words) * sizeof(ulong);

    private static bool IsRaw => Unsafe.SizeOf<TState>() <= RawMax || Unsafe.SizeOf<TState>() % sizeof(ulong) != 0;

    private static int Words => IsRaw ? 0 : Unsafe.SizeOf<TState>() / sizeof(ulong);

    private static int MarkWords => (Words + 63) / 64;

    /// <summary>Writes a state into <paramref name="into"/>; how many bytes it took.</summary>
    public int Pack(in TState state, Span<byte> into)
    {
        if (IsRaw)
        {
            MemoryMarshal.Write(into, in state);
            return Unsafe.SizeOf<TState>();
        }
        ref var word = ref Unsafe.As<TState, ulong>(ref Unsafe.AsRef(in state));
        ref var known = ref MemoryMarshal.GetArrayDataReference(basis);
        ref var target = ref Unsafe.As<byte, ulong>(ref MemoryMarshal.GetReference(into));
        var length = MarkWords;
        for (var mark = 0; mark < MarkWords; mark++)
        {
            var first = mark * 64;
            var differing = Differing(ref Unsafe.Add(ref word, first), ref Unsafe.Add(ref known, first), Math.Min(64, Words - first));
            Unsafe.WriteUnaligned(ref Unsafe.As<ulong, byte>(ref Unsafe.Add(ref target, mark)), differing);
            for (var marks = differing; marks != 0; marks &= marks - 1)
            {
                var at = first + BitOperations.TrailingZeroCount(marks);
                Unsafe.WriteUnaligned(
                    ref Unsafe.As<ulong, byte>(ref Unsafe.Add(ref target, length++)), Unsafe.Add(ref word, at) ^ Unsafe.Add(ref known, at));
            }
        }
        return length * sizeof(ulong);
    }

    public void Unpack(ReadOnlySpan<byte> packed, out TState state)
    {
        if (IsRaw)
        {
            state = MemoryMarshal.Read<TState>(packed);
            return;
        }
        state = Unsafe.As<ulong, TState>(ref MemoryMarshal.GetArrayDataReference(basis));
        ref var word = ref Unsafe.As<TState, ulong>(ref state);
        ref var source = ref Unsafe.As<byte, ulong>(ref MemoryMarshal.GetReference(packed));
        var next = MarkWords;
        for (var mark = 0; mark < MarkWords; mark++)
        {
            for (var marks = Unsafe.Add(ref source, mark); marks != 0; marks &= marks - 1)
                Unsafe.Add(ref word, mark * 64 + BitOperations.TrailingZeroCount(marks)) ^= Unsafe.Add(ref source, next++);
        }
    }

    /// <summary>A bit for each of up to 64 words that differ. Most do not, so four at a time.</summary>
    private static ulong Differing(ref ulong word, ref ulong known, int count)
    {
        var (marks, at) = (0UL, 0);
        for (; at + 4 <= count; at += 4)
        {
            var equal = Vector256.Equals(Vector256.LoadUnsafe(ref word, (nuint)at), Vector256.LoadUnsafe(ref known, (nuint)at));
            marks |= (ulong)(~equal.ExtractMostSignificantBits() & 15) << at;
        }
        for (; at < count; at++)
            marks |= (Unsafe.Add(ref word, at) != Unsafe.Add(ref known, at) ? 1UL : 0) << at;
        return marks;
    }

    private static ReadOnlySpan<ulong> WordsOf(in TState state) =>
        MemoryMarshal.Cast<TState, ulong>(new ReadOnlySpan<TState>(in state));
}
