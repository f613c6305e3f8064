using VfioFuzz.Model.State;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>The two words that a mapping of up to 64 pages has in the kernel (type1-semantics 1.7; bitmap_shift_left over whole words).</summary>
public sealed class DirtyBitsTests
{
    private const ulong Top = 1UL << 63;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(63, Top - 1)]
    [InlineData(64, ulong.MaxValue)]
    public void As_many_bits_as_pages_are_filled_and_cleared(ulong pages, ulong expected)
    {
        var (filled, cleared) = (default(DirtyBits), new DirtyBits { Low = ulong.MaxValue });
        filled.Fill(pages);
        cleared.Clear(pages);
        Assert.Equal((expected, ~expected), (filled.Low, cleared.Low));
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
        var bits = new DirtyBits { Low = low, High = high };
        bits.ShiftLeft(shift, words);
        Assert.Equal((lowAfter, highAfter), (bits.Low, bits.High));
    }
}
