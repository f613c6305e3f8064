namespace VfioFuzz.Model.State;

/// <summary>
/// The dirty bitmap of a mapping of up to 64 pages with the word that the kernel allocates behind it. Longer mappings are in no range that
/// a value shows, so theirs are not followed.
/// </summary>
internal struct DirtyBits
{
    public const ulong PagesMax = 64;

    public ulong Low;
    public ulong High;

    public void Fill(ulong pages) => Low |= Mask(pages);

    public void Clear(ulong pages) => Low &= ~Mask(pages);

    /// <summary>bitmap_shift_left over so many whole words.</summary>
    public void ShiftLeft(int shift, ulong words)
    {
        if (words > 1)
            High = High << shift | Low >> (64 - shift);
        Low <<= shift;
    }

    private static ulong Mask(ulong pages) => pages >= PagesMax ? ulong.MaxValue : (1UL << (int)pages) - 1;
}
