using System.Numerics;
using VfioFuzz.Model.Mappings;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>
/// verify_bitmap_size over every page size, every stated size and ranges around each whole word (type1-semantics 1.6 row 4), counted in
/// integers that have no end where the kernel counts modulo 2^64.
/// </summary>
public sealed class BitmapSizeTests
{
    private static readonly BigInteger WordEnd = BigInteger.One << 64;

    private static readonly ulong[] PageSizes = [4096, 1, 0x800, 8192, 0x3000, 0x20_0000, 0x8000_0000_0000_0000];

    private static readonly ulong[] Bits =
        [0, 1, 2, 63, 64, 65, 127, 128, 129, (1UL << 31) - 63, 1UL << 31, (1UL << 31) + 1, (1UL << 52) - 1, ulong.MaxValue - 63, ulong.MaxValue - 62, ulong.MaxValue];

    [Fact]
    public void A_bitmap_has_a_bit_for_each_page_and_256_MiB_at_most()
    {
        var (enough, refused) = (0, 0);
        foreach (var pageSize in PageSizes)
            foreach (var size in Enum.GetValues<BitmapSize>())
                foreach (var place in Enum.GetValues<ArgumentPlace>())
                    foreach (var bits in Bits)
                    {
                        var bitmap = UserBitmap.Of(pageSize, size, place);
                        // The page size's lowest bit is the unit (__ffs).
                        var unit = pageSize & (~pageSize + 1);
                        var range = unchecked(bits * unit);
                        var expected = IsEnough(range, unit, bitmap.BytesFor(range));
                        Assert.Equal(place != ArgumentPlace.Kernel, DirtyBitmap.IsUsers(bitmap));
                        Assert.Equal(expected, DirtyBitmap.IsLongEnough(bitmap, range));
                        _ = expected ? enough++ : refused++;
                    }
        Assert.True(enough > 100 && refused > 100, $"{enough} and {refused}");
    }

    private static bool IsEnough(ulong range, ulong pageSize, ulong bytes)
    {
        var pages = (BigInteger)range / pageSize;
        var words = (pages + 63) % WordEnd / 64;
        return pages > 0 && bytes > 0 && bytes <= 256 << 20 && bytes >= 8 * words;
    }
}
