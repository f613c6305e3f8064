using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// Large states as trees whose equal parts are kept once: 32 bytes of a state are a leaf, eight leaves a group, four groups a half, and a state is
/// the numbers of its two halves. A step changes few leaves, and few parts differ over millions of states (the recursive indexing of SPIN's
/// COLLAPSE and of LTSmin's tree compression), so that a state costs little more than that pair, and the pair <i>is</i> the state: two states have
/// the same one exactly when they are equal.
/// </summary>
internal sealed class StateTree : IDisposable
{
    public const int LeafBytes = 32;
    public const int Fan = 8;
    public const int LeavesMax = Fan * Fan;

    /// <summary>Largest states.</summary>
    public const int BytesMax = LeavesMax * LeafBytes;

    /// <summary>Leaves and groups.</summary>
    public NodeTable<Octet> Parts { get; } = new();

    public NodeTable<Quartet> Halves { get; } = new();

    public long Bytes => Parts.Bytes + Halves.Bytes;

    public string? Broken => Parts.IsFull || Halves.IsFull ? $"2^{NodeTable<Octet>.NumberBits} parts of states" : null;

    public void Dispose()
    {
        Parts.Dispose();
        Halves.Dispose();
    }

    /// <summary>Brings what a reference refers to near.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Fetch<T>(ref readonly T soon)
        where T : unmanaged
    {
        // The memory may move meanwhile: then a line is fetched in vain.
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in soon)));
    }
}

/// <summary>A leaf's bytes, or a group: the numbers of its leaves.</summary>
internal readonly record struct Octet(Vector256<uint> Content) : INode<Octet>
{
    private const ulong K0 = 0x9e3779b97f4a7c15, K1 = 0xc2b2ae3d27d4eb4f, K2 = 0x165667b19e3779f9, K3 = 0xd6e8feb86659fd93;

    public ulong Hash
    {
        get
        {
            var words = Content.AsUInt64();
            return Mix(Mix(words[0] ^ K0, words[1] ^ K1) ^ K2, Mix(words[2] ^ K2, words[3] ^ K3) ^ K1);
        }
    }

    public bool Is(in Octet other) => Content == other.Content;

    /// <summary>Folded 64-bit product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}

/// <summary>A half: the numbers of its groups.</summary>
internal readonly record struct Quartet(Vector128<uint> Content) : INode<Quartet>
{
    private const ulong K0 = 0xa0761d6478bd642f, K1 = 0xe7037ed1a0b428db, K2 = 0x8ebc6af09c88c6e3;

    public ulong Hash
    {
        get
        {
            var words = Content.AsUInt64();
            return Octet.Mix(Octet.Mix(words[0] ^ K0, words[1] ^ K1), K2);
        }
    }

    public bool Is(in Quartet other) => Content == other.Content;
}
