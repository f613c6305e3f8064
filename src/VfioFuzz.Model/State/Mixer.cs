using System.Numerics;
using System.Runtime.InteropServices;

namespace VfioFuzz.Model.State;

/// <summary>A 128-bit mix of bytes; fixed constants, so that it is the same in every process.</summary>
internal struct Mixer
{
    private ulong high = 0x9e3779b97f4a7c15;
    private ulong low = 0xc2b2ae3d27d4eb4f;

    public Mixer()
    {
    }

    public readonly (ulong High, ulong Low) Result => (high ^ BitOperations.RotateLeft(low, 29), low ^ (high >> 17));

    public void Add(ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            Add(word);
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
            Add(rest);
    }

    public void Add(ulong word)
    {
        low = (low ^ word) * 0x87c37b91114253d5;
        high = BitOperations.RotateLeft(high + low, 31) * 0x4cf5ad432745937f;
        low ^= high >> 33;
    }
}
