using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>A word of a mapping's dirty bitmap that is not zero.</summary>
internal struct DirtyWord
{
    public ulong Bits;
    public uint Index;
    public uint Mapping;
}

[InlineArray(Capacity.DirtyWords)]
internal struct DirtyWords
{
    private DirtyWord first;
}

/// <summary>
/// The dirty bitmaps of mappings, with the word that the kernel allocates behind each: the words that are not zero, in one pool for all of them,
/// since mappings may have 2^31 pages.
/// </summary>
internal static class DirtyBits
{
    private const int WordBits = 64;

    public static ReadOnlySpan<DirtyWord> All(ref ModelState state) => ((ReadOnlySpan<DirtyWord>)state.DirtyWords)[..state.DirtyWordCount];

    public static void Or(ref ModelState state, int mapping, ulong word, ulong bits)
    {
        if (bits == 0)
            return;
        foreach (ref var known in ((Span<DirtyWord>)state.DirtyWords)[..state.DirtyWordCount])
        {
            if (known.Mapping != mapping || known.Index != word)
                continue;
            known.Bits |= bits;
            return;
        }
        state.DirtyWords[state.DirtyWordCount++] = new DirtyWord { Bits = bits, Index = (uint)word, Mapping = (uint)mapping };
    }

    /// <summary>bitmap_set of the first <paramref name="pages"/> bits. Only a mapping that the iommu translates is filled: a huge page at most.</summary>
    public static void Fill(ref ModelState state, int mapping, ulong pages)
    {
        for (ulong word = 0; word * WordBits < pages; word++)
            Or(ref state, mapping, word, Mask(pages - word * WordBits));
    }

    /// <summary>bitmap_clear of the first <paramref name="pages"/> bits: those behind them stay.</summary>
    public static void Clear(ref ModelState state, int mapping, ulong pages)
    {
        for (var i = state.DirtyWordCount - 1; i >= 0; i--)
        {
            ref var word = ref state.DirtyWords[i];
            if (word.Mapping != mapping || word.Index * (ulong)WordBits >= pages)
                continue;
            word.Bits &= ~Mask(pages - word.Index * (ulong)WordBits);
            if (word.Bits == 0)
                RemoveAt(ref state, i);
        }
    }

    /// <summary>The bitmap is freed.</summary>
    public static void Drop(ref ModelState state, int mapping)
    {
        for (var i = state.DirtyWordCount - 1; i >= 0; i--)
            if (state.DirtyWords[i].Mapping == mapping)
                RemoveAt(ref state, i);
    }

    /// <summary>bitmap_shift_left over so many whole words: what leaves the last of them is lost, and words behind it stay.</summary>
    public static void ShiftLeft(ref ModelState state, int mapping, int shift, ulong words)
    {
        Span<DirtyWord> shifted = stackalloc DirtyWord[state.DirtyWordCount];
        var count = 0;
        for (var i = state.DirtyWordCount - 1; i >= 0; i--)
        {
            if (state.DirtyWords[i].Mapping != mapping || state.DirtyWords[i].Index >= words)
                continue;
            shifted[count++] = state.DirtyWords[i];
            RemoveAt(ref state, i);
        }
        foreach (ref readonly var word in shifted[..count])
        {
            Or(ref state, mapping, word.Index, word.Bits << shift);
            if (word.Index + 1 < words)
                Or(ref state, mapping, word.Index + 1, word.Bits >> (WordBits - shift));
        }
    }

    private static ulong Mask(ulong pages) => pages >= WordBits ? ulong.MaxValue : (1UL << (int)pages) - 1;

    private static void RemoveAt(ref ModelState state, int at)
    {
        var words = ((Span<DirtyWord>)state.DirtyWords)[..state.DirtyWordCount--];
        words[(at + 1)..].CopyTo(words[at..]);
    }
}
