using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VfioFuzz.Model.State;

/// <summary>States as bytes: copied, cleared and compared by what is used of them.</summary>
internal partial struct ModelState
{
    public readonly void CopyTo(ref ModelState other)
    {
        Fixed(ref Unsafe.AsRef(in this)).CopyTo(Fixed(ref other));
        var mappings = 64 - BitOperations.LeadingZeroCount(MappingsUsed);
        ((ReadOnlySpan<Mapping>)Mappings)[..mappings].CopyTo(other.Mappings);
        ((ReadOnlySpan<byte>)Frames)[..FrameCount].CopyTo(other.Frames);
        ((ReadOnlySpan<ExternalPin>)Pins)[..PinCount].CopyTo(other.Pins);
        ((ReadOnlySpan<PinRecord>)Records)[..RecordCount].CopyTo(other.Records);
        ((ReadOnlySpan<DirtyWord>)DirtyWords)[..DirtyWordCount].CopyTo(other.DirtyWords);
        if (IsHugePageWritten)
            other.HugeTags = HugeTags;
    }

    /// <summary>Mixes the used parts into 128 bits; states with equal fingerprints are taken for equal.</summary>
    public readonly (ulong High, ulong Low) Fingerprint()
    {
        var mix = new Mixer();
        mix.Add(Fixed(ref Unsafe.AsRef(in this)));
        for (var used = MappingsUsed; used != 0; used &= used - 1)
            mix.Add(MemoryMarshal.AsBytes(new ReadOnlySpan<Mapping>(
                in Mappings[BitOperations.TrailingZeroCount(used)])));
        mix.Add(((ReadOnlySpan<byte>)Frames)[..FrameCount]);
        mix.Add(MemoryMarshal.AsBytes(((ReadOnlySpan<ExternalPin>)Pins)[..PinCount]));
        mix.Add(MemoryMarshal.AsBytes(((ReadOnlySpan<PinRecord>)Records)[..RecordCount]));
        mix.Add(MemoryMarshal.AsBytes(((ReadOnlySpan<DirtyWord>)DirtyWords)[..DirtyWordCount]));
        if (IsHugePageWritten)
            mix.Add((ReadOnlySpan<byte>)HugeTags);
        return mix.Result;
    }

    private static Span<byte> Fixed(ref ModelState state)
    {
        ref var start = ref Unsafe.As<ModelState, byte>(ref state);
        ref var end = ref Unsafe.As<Mappings, byte>(ref state.Mappings);
        return MemoryMarshal.CreateSpan(ref start, (int)Unsafe.ByteOffset(ref start, ref end));
    }
}
