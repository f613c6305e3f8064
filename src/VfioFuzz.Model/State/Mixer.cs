using System.Numerics;
using System.Runtime.InteropServices;

namespace VfioFuzz.Model.State;

/// <summary>A 128-bit mix of bytes; fixed constants, so that it is the same in every process.</summary>
internal struct Mixer
{
    /// <summary>Bytes from which on lanes pay.</summary>
    private const int LongFrom = 256;

    private const int LaneWords = 4;

    private const ulong LowPrime = 0x87c37b91114253d5;
    private const ulong HighPrime = 0x4cf5ad432745937f;

    private ulong high = 0x9e3779b97f4a7c15;
    private ulong low = 0xc2b2ae3d27d4eb4f;

    public Mixer()
    {
    }

    public readonly (ulong High, ulong Low) Result => (high ^ BitOperations.RotateLeft(low, 29), low ^ (high >> 17));

    public void Add(ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var rest = bytes[(words.Length * sizeof(ulong))..];
        if (bytes.Length >= LongFrom)
            words = AddLanes(words);
        foreach (var word in words)
            Add(word);
        foreach (var one in rest)
            Add(one);
    }

    public void Add(ulong word)
    {
        low = (low ^ word) * LowPrime;
        high = BitOperations.RotateLeft(high + low, 31) * HighPrime;
        low ^= high >> 33;
    }

    /// <summary>
    /// Mixes all but the last few words, which it returns: every fourth word goes to the same two of eight lanes, so that a processor works on all of
    /// them at once where a chain of words would wait for each product. Each word meets 128 bits, as in the chain.
    /// </summary>
    private ReadOnlySpan<ulong> AddLanes(ReadOnlySpan<ulong> words)
    {
        var (a, b, c, d) = (low, low + 1, low + 2, low + 3);
        var (e, f, g, h) = (high, high + 1, high + 2, high + 3);
        for (; words.Length >= LaneWords; words = words[LaneWords..])
        {
            var last = words[3];
            (a, e) = (Low(a, words[0]), High(e, words[0]));
            (b, f) = (Low(b, words[1]), High(f, words[1]));
            (c, g) = (Low(c, words[2]), High(g, words[2]));
            (d, h) = (Low(d, last), High(h, last));
        }
        foreach (var lane in (ReadOnlySpan<ulong>)[a, b, c, d, e, f, g, h])
            Add(lane);
        return words;
    }

    private static ulong Low(ulong lane, ulong word) => BitOperations.RotateLeft(lane ^ word, 29) * LowPrime;

    private static ulong High(ulong lane, ulong word) => BitOperations.RotateLeft(lane + word, 37) * HighPrime;
}
