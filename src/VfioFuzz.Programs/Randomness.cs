using System.Numerics;

namespace VfioFuzz.Programs;

/// <summary>
/// A small seeded generator of random numbers: xoshiro256** (Blackman and Vigna), its state filled by splitmix64 so
/// that any seed will do. A mutable value: copying it copies the rest of the sequence. Same numbers on every machine.
/// </summary>
public struct Randomness
{
    private ulong s0;
    private ulong s1;
    private ulong s2;
    private ulong s3;

    public Randomness(ulong seed)
    {
        s0 = SplitMix(ref seed);
        s1 = SplitMix(ref seed);
        s2 = SplitMix(ref seed);
        s3 = SplitMix(ref seed);
    }

    /// <summary>
    /// The seed of the <paramref name="index"/>th of many things made from one seed, whatever was drawn for the others.
    /// </summary>
    public static ulong SeedOf(ulong seed, ulong index)
    {
        var state = SplitMix(ref seed) ^ index;
        return SplitMix(ref state);
    }

    public ulong Next()
    {
        var result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        var shifted = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= shifted;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>
    /// 0..<paramref name="bound"/>-1; the bias is below 2^-32 times the bound, which no test case can tell.
    /// </summary>
    public uint Below(uint bound) => (uint)(((Next() >> 32) * bound) >> 32);

    /// <summary>A sequence of its own, independent of what this one goes on to draw.</summary>
    public Randomness Split() => new(Next());

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9e3779b97f4a7c15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
