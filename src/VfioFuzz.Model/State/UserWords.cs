using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>
/// The data of a <see cref="UserBitmap"/> while mapping after mapping, ascending by iova, is copied into it: what it says so far, and its last word that was
/// written, the only one that a later mapping meets again.
/// </summary>
internal struct UserWords
{
    /// <summary>By how much the digest has changed.</summary>
    private ulong change;

    private ulong last;
    private int lastPlusOne;

    public readonly ulong Digest(UserBitmap bitmap) => bitmap.Word + change;

    public readonly ulong At(UserBitmap bitmap, int word) => word + 1 == lastPlusOne ? last : bitmap.Word;

    /// <summary>
    /// copy_to_user of so many words, of which those of <paramref name="mapping"/> in <paramref name="words"/> are not zero.
    /// </summary>
    public void Write(UserBitmap bitmap, int first, int count, int mapping, ReadOnlySpan<DirtyWord> words)
    {
        change -= Term(bitmap, first, At(bitmap, first)) - Term(bitmap, first, 0);
        for (var word = first + 1; bitmap.Word != 0 && word < first + count; word++)
            change += Term(bitmap, word, 0);
        last = 0;
        foreach (ref readonly var dirty in words)
        {
            if (dirty.Mapping != mapping || dirty.Index >= count)
                continue;
            var word = first + (int)dirty.Index;
            change += Term(bitmap, word, dirty.Bits) - Term(bitmap, word, 0);
            last = dirty.Index == count - 1 ? dirty.Bits : last;
        }
        lastPlusOne = first + count;
    }

    /// <summary>What a word adds to the <see cref="BitmapDigest"/>.</summary>
    private static ulong Term(UserBitmap bitmap, int word, ulong bits) =>
        word == 0 ? bits : (bits ^ bitmap.Word) * BitmapDigest.Factor(word);
}
