using System.Numerics;
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
        var pages = range >> BitOperations.TrailingZeroCount(bitmap.PageSize);
        return pages != 0 && size != 0 && size <= SizeMax && size >= unchecked(pages + 63) / 64 * 8;
    }

    /// <summary>vfio_dma_populate_bitmap: what is pinned is dirty.</summary>
    public static void AddPins(ref ModelState state, int index)
    {
        ref var mapping = ref state.Mappings[index];
        if (mapping.PinCount == 0)
            return;
        foreach (ref readonly var pin in ((ReadOnlySpan<ExternalPin>)state.Pins)[..state.PinCount])
            if (pin.Mapping == index)
                Add(ref mapping, pin.Iova, 1);
    }

    /// <summary>Marks the pages of [iova, iova + bytes).</summary>
    public static void Add(ref Mapping mapping, ulong iova, ulong bytes)
    {
        var page = (iova - mapping.Iova) / Limits.PageSize;
        var end = (iova - mapping.Iova + bytes - 1) / Limits.PageSize;
        // Of a mapping too long to be followed the bits are never shown.
        for (; page <= end; page++)
            mapping.Dirty.Low |= 1UL << (int)page;
    }

    /// <summary>
    /// update_user_bitmap. A mapping that does not start at a word of the range has its bits shifted in place, and the user's word is ored
    /// into them before they are copied: what lies beyond the mapping's own bits, or is left by a copy that faults, is shown by the next
    /// call.
    /// </summary>
    public static bool CopyOut(ref Mapping mapping, ulong rangeFirst, ref UserWords user)
    {
        var isKnown = mapping.Pages <= DirtyBits.PagesMax;
        var bit = (mapping.Iova - rangeFirst) / Limits.PageSize;
        var (word, shift) = (bit / 64, (int)(bit % 64));
        var words = (mapping.Pages + (ulong)shift + 63) / 64;
        // No group of this machine reports its dirty pages: each that the iommu backs makes all of them dirty.
        if (mapping.IommuMapped)
            mapping.Dirty.Fill(mapping.Pages);
        if (shift != 0)
        {
            mapping.Dirty.ShiftLeft(shift, words);
            if (!user.IsReadable(word))
                return false;
            user.IsUnknown |= isKnown && user.HasUntracked;
            mapping.Dirty.Low |= user[word];
        }
        if (!user.IsWritable(word + words - 1))
            return false;
        user.HasUntracked |= !isKnown;
        if (!isKnown)
            return true;
        user[word] = mapping.Dirty.Low;
        if (words > 1)
            user[word + 1] = mapping.Dirty.High;
        return true;
    }
}

/// <summary>The words of the user's bitmap while it is filled. Only the first page of them exists.</summary>
internal ref struct UserWords(Span<ulong> words, ArgumentPlace place)
{
    public const int Count = UserBitmap.DataBytes / sizeof(ulong);

    private readonly Span<ulong> words = words;

    /// <summary>A mapping too long for its bits to be followed was copied.</summary>
    public bool HasUntracked;

    /// <summary>Such bits have come into another mapping's.</summary>
    public bool IsUnknown;

    public readonly ulong this[ulong index]
    {
        get => words[(int)index];
        set => words[(int)index] = value;
    }

    public readonly bool IsReadable(ulong word) => word < place switch
    {
        ArgumentPlace.Good or ArgumentPlace.ReadOnly => Count,
        ArgumentPlace.Odd => Count - 1,
        ArgumentPlace.Edge => 1UL,
        _ => 0,
    };

    public readonly bool IsWritable(ulong word) => place != ArgumentPlace.ReadOnly && IsReadable(word);
}
