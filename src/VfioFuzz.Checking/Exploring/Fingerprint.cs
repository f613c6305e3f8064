using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// 128 bits that stand for a state. Two states of one search share a fingerprint with a probability of at most n^2 / 2^129 for n
/// states, if the mixing is as good as a random function; <see cref="ExactStates"/> shows on small bounds that none do.
/// </summary>
internal readonly record struct Fingerprint(ulong High, ulong Low)
{
    // Odd constants without structure: fractional digits of the square roots of 2, 3, 5, 7, 11 and 13.
    private const ulong K0 = 0x6a09e667f3bcc909, K1 = 0xbb67ae8584caa73b, K2 = 0x3c6ef372fe94f82b;
    private const ulong K3 = 0xa54ff53a5f1d36f1, K4 = 0x510e527fade682d1, K5 = 0x9b05688c2b3e6c1f;

    /// <summary>Two lanes of folded 64-bit products over 16 bytes at a time, each lane with constants of its own.</summary>
    public static Fingerprint Of(ReadOnlySpan<byte> bytes)
    {
        ref var at = ref MemoryMarshal.GetReference(bytes);
        var (high, low) = (K0 ^ (ulong)bytes.Length, K1 + (ulong)bytes.Length);
        var left = bytes.Length;
        for (; left >= 16; left -= 16)
        {
            var a = Unsafe.ReadUnaligned<ulong>(ref at);
            var b = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, 8));
            high = Fold(a ^ high ^ K2, b ^ K3) + high;
            low = Fold(a ^ K4, b ^ low ^ K5) + low;
            at = ref Unsafe.Add(ref at, 16);
        }
        var (c, d) = Tail(ref at, left);
        high = Fold(c ^ high ^ K2, d ^ K5) + high;
        low = Fold(c ^ K3, d ^ low ^ K4) + low;
        return Finish(high, low);
    }

    private static (ulong, ulong) Tail(ref byte at, int left)
    {
        if (left == 8)
            return (Unsafe.ReadUnaligned<ulong>(ref at), 0);
        ulong c = 0, d = 0;
        for (var i = 0; i < left; i++)
        {
            if (i < 8)
                c |= (ulong)Unsafe.Add(ref at, i) << 8 * i;
            else
                d |= (ulong)Unsafe.Add(ref at, i) << 8 * (i - 8);
        }
        return (c, d);
    }

    /// <summary>All zero marks a free entry of the table, so no fingerprint is.</summary>
    private static Fingerprint Finish(ulong high, ulong low)
    {
        var (h, l) = (Fold(high ^ K1, low ^ K0), Fold(low ^ K2, high ^ K5) ^ high);
        return h == 0 && l == 0 ? new Fingerprint(0, 1) : new Fingerprint(h, l);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
