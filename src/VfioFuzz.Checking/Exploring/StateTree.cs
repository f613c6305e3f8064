using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// Large states as trees whose equal parts are kept once: 32 bytes of a state are a leaf, eight leaves a group. The first group is the head, the
/// numbers of the others are the rest, and a state is the number of its head and the number of its rest. A step changes few leaves, and few
/// parts differ over millions of states (the recursive indexing of SPIN's COLLAPSE and of LTSmin's tree compression), so that a state costs little
/// more than that pair, and the pair <i>is</i> the state: two states have the same one exactly when they are equal.
/// </summary>
/// <remarks>
/// A machine has in the first 256 bytes what nearly every step changes. Where it has the rest matters less: of two million states of the full
/// blocking design there are 70,000 heads and 241,000 rests, and 966,000 halves when head and rest are of one size.
/// </remarks>
/// <param name="isShared">Whether several threads use it.</param>
internal sealed class StateTree(bool isShared) : IDisposable
{
    public const int LeafBytes = 32;
    public const int Fan = 8;
    public const int GroupsMax = 1 + Fan;

    /// <summary>Largest states.</summary>
    public const int BytesMax = GroupsMax * Fan * LeafBytes;

    /// <summary>Few: the table stays near.</summary>
    public NodeTable Leaves { get; } = new(isShared);

    public NodeTable Heads { get; } = new(isShared);

    /// <summary>All but heads.</summary>
    public NodeTable Groups { get; } = new(isShared);

    public NodeTable Rests { get; } = new(isShared);

    public long Bytes => Leaves.Bytes + Heads.Bytes + Groups.Bytes + Rests.Bytes;

    public string? Broken =>
        Leaves.IsFull || Heads.IsFull || Groups.IsFull || Rests.IsFull ? $"2^{NodeTable.NumberBits} parts of states" : null;

    public void Dispose()
    {
        Leaves.Dispose();
        Heads.Dispose();
        Groups.Dispose();
        Rests.Dispose();
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

/// <summary>A leaf's bytes, or the numbers of eight parts.</summary>
internal readonly record struct Octet(Vector256<uint> Content)
{
    private const ulong K0 = 0x9e3779b97f4a7c15, K1 = 0xc2b2ae3d27d4eb4f, K2 = 0x165667b19e3779f9, K3 = 0xd6e8feb86659fd93;

    /// <summary>64 well-mixed bits of it.</summary>
    public ulong Hash
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var words = Content.AsUInt64();
            return Mix(Mix(words[0] ^ K0, words[1] ^ K1) ^ K2, Mix(words[2] ^ K2, words[3] ^ K3) ^ K1);
        }
    }

    public bool Is(in Octet other) => Content == other.Content;

    /// <summary>Folded 64-bit product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong a, ulong b)
    {
        // Math.BigMul hands the lower half over in memory.
        if (Bmi2.X64.IsSupported)
            return Bmi2.X64.MultiplyNoFlags(a, b) ^ (a * b);
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
