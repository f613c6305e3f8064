using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Mappings;

/// <summary>The bitmaps that UNMAP and DIRTY_PAGES hand over, and those of mappings (type1-semantics 1.6 row 4, 1.7).</summary>
internal static class DirtyBitmap
{
    private const ulong SizeMax = 1UL << 28;

    /// <summary>access_ok of the data: not in the kernel's half.</summary>
    public static bool IsUsers(UserBitmap bitmap) => bitmap.Data != ArgumentPlace.Kernel;

    /// <summary>verify_bitmap_size: a bit a page of the bitmap's own pgsize, in whole words, and no more bytes than there may be.</summary>
    public static bool IsLongEnough(UserBitmap bitmap, ulong range)
    {
        var size = bitmap.BytesFor(range);
        var pages = range >> bitmap.PageShift;
        return pages != 0 && size != 0 && size <= SizeMax && size >= unchecked(pages + 63) / 64 * 8;
    }

    /// <summary>vfio_dma_populate_bitmap: what is pinned is dirty.</summary>
    public static void AddPins(ref ModelState state, int index)
    {
        if (state.Mappings[index].PinCount == 0)
            return;
        foreach (ref readonly var pin in ((ReadOnlySpan<ExternalPin>)state.Pins)[..state.PinCount])
            if (pin.Mapping == index)
                Add(ref state, index, pin.Iova, 1);
    }

    /// <summary>Marks the pages of [iova, iova + bytes).</summary>
    public static void Add(ref ModelState state, int index, ulong iova, ulong bytes)
    {
        var start = iova - state.Mappings[index].Iova;
        for (var page = start / Limits.PageSize; page <= (start + bytes - 1) / Limits.PageSize; page++)
            DirtyBits.Or(ref state, index, page / 64, 1UL << (int)(page % 64));
    }

    /// <summary>
    /// update_user_bitmap. A mapping that does not start at a word of the range has its bits shifted in place, and the user's whole word is ored
    /// into them before they are copied: what lies beyond the mapping's own bits, or is left by a copy that faults, is shown by the next
    /// call.
    /// </summary>
    public static bool CopyOut(ref ModelState state, int index, ulong rangeFirst, UserBitmap bitmap, ref UserWords user)
    {
        ref var mapping = ref state.Mappings[index];
        var bit = (mapping.Iova - rangeFirst) / Limits.PageSize;
        var (word, shift) = (bit / 64, (int)(bit % 64));
        var words = (mapping.Pages + (ulong)shift + 63) / 64;
        // No group of this machine reports its dirty pages: each that the iommu backs makes all of them dirty.
        if (mapping.IommuMapped)
            DirtyBits.Fill(ref state, index, mapping.Pages);
        if (shift != 0)
        {
            DirtyBits.ShiftLeft(ref state, index, shift, words);
            if (!IsReadable(bitmap, word))
                return false;
            DirtyBits.Or(ref state, index, 0, user.At(bitmap, (int)word));
        }
        if (!IsWritable(bitmap, word + words - 1))
            return false;
        user.Write(bitmap, (int)word, (int)words, index, DirtyBits.All(ref state));
        return true;
    }

    private static bool IsReadable(UserBitmap bitmap, ulong word)
    {
        const ulong Count = UserBitmap.DataBytes / sizeof(ulong);
        return word < bitmap.Data switch
        {
            ArgumentPlace.Good or ArgumentPlace.ReadOnly => Count,
            ArgumentPlace.Odd => Count - 1,
            ArgumentPlace.Edge => 1UL,
            _ => 0,
        };
    }

    private static bool IsWritable(UserBitmap bitmap, ulong word) => bitmap.Data != ArgumentPlace.ReadOnly && IsReadable(bitmap, word);
}
