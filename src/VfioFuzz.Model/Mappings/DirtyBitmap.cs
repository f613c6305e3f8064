using System.Numerics;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Mappings;

/// <summary>The bitmaps that UNMAP and DIRTY_PAGES hand over (type1-semantics 1.6 row 4, 1.7).</summary>
internal static class DirtyBitmap
{
    private const ulong SizeMax = 1UL << 28;

    /// <summary>access_ok of the data, then verify_bitmap_size: a bit a page of the bitmap's own pgsize, in whole words.</summary>
    public static bool IsPlausible(UserBitmap bitmap, ulong range)
    {
        if (bitmap.Data == ArgumentPlace.Kernel)
            return false;
        var size = bitmap.BytesFor(range);
        var pages = range >> BitOperations.TrailingZeroCount(bitmap.PageSize);
        return pages != 0 && size != 0 && size <= SizeMax && size >= unchecked(pages + 63) / 64 * 8;
    }
}
