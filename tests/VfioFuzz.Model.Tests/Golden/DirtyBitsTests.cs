using VfioFuzz.Model.State;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>The words of a mapping's bitmap (type1-semantics 1.7; bitmap_set, bitmap_clear and bitmap_shift_left over whole words).</summary>
public sealed class DirtyBitsTests
{
    private const ulong Top = 1UL << 63;

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 0)]
    [InlineData(63, Top - 1, 0)]
    [InlineData(64, ulong.MaxValue, 0)]
    [InlineData(65, ulong.MaxValue, 1)]
    [InlineData(128, ulong.MaxValue, ulong.MaxValue)]
    public void As_many_bits_as_pages_are_filled_and_cleared(ulong pages, ulong low, ulong high)
    {
        var state = new ModelState();
        DirtyBits.Fill(ref state, 3, pages);
        Assert.Equal((low, high), Words(ref state, 3));
        DirtyBits.Or(ref state, 3, 0, ulong.MaxValue);
        DirtyBits.Or(ref state, 3, 1, ulong.MaxValue);
        DirtyBits.Or(ref state, 4, 0, 5);
        DirtyBits.Clear(ref state, 3, pages);
        Assert.Equal(((~low, ~high), (5UL, 0UL)), (Words(ref state, 3), Words(ref state, 4)));
        DirtyBits.Drop(ref state, 3);
        Assert.Equal(((0UL, 0UL), (5UL, 0UL)), (Words(ref state, 3), Words(ref state, 4)));
    }

    // What is shifted out of the last word that takes part is lost, and a word that does not take part stays.
    [Theory]
    [InlineData(Top | 1, 0, 1, 1, 2, 0)]
    [InlineData(Top | 1, 0, 1, 2, 2, 1)]
    [InlineData(Top | 1, 5, 1, 1, 2, 5)]
    [InlineData(Top | 1, 5, 1, 2, 2, 11)]
    [InlineData(3, 0, 63, 2, Top, 1)]
    public void Words_are_shifted_together(ulong low, ulong high, int shift, ulong words, ulong lowAfter, ulong highAfter)
    {
        var state = new ModelState();
        DirtyBits.Or(ref state, 0, 0, low);
        DirtyBits.Or(ref state, 1, 0, 7);
        DirtyBits.Or(ref state, 0, 1, high);
        DirtyBits.ShiftLeft(ref state, 0, shift, words);
        Assert.Equal(((lowAfter, highAfter), (7UL, 0UL)), (Words(ref state, 0), Words(ref state, 1)));
    }

    private static (ulong Low, ulong High) Words(ref ModelState state, int mapping)
    {
        var words = new ulong[8];
        foreach (var word in DirtyBits.All(ref state))
            if (word.Mapping == mapping)
                words[word.Index] |= word.Bits;
        Assert.Equal(0UL, words[2] | words[3] | words[4]);
        return (words[0], words[1]);
    }
}
