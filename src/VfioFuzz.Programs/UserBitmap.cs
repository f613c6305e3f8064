namespace VfioFuzz.Programs;

/// <summary>
/// The <c>struct vfio_bitmap</c> that a command hands over (type1-semantics 0.3), in three bytes: its pgsize (an index into a table; 0 is the
/// page size), its size in bytes (relative to what the range needs), and where its data lies. The data is one page of zeros, with no access
/// behind it. 0 is a bitmap as it should be, for ranges of up to 32768 pages.
/// </summary>
public readonly record struct UserBitmap(ulong Code)
{
    /// <summary>Bytes of the data that there are; a larger size is stated, not backed.</summary>
    public const int DataBytes = (int)Limits.PageSize;

    private const ulong SizeMax = 1UL << 28;
    private const int SizeShift = 8;
    private const int PlaceShift = 16;

    /// <summary>
    /// The page size, others than the smallest that the container knows, and one with two bits. 0 is left out: what a kernel makes of it is
    /// undefined (type1-semantics 1.6). The index is the code: append-only.
    /// </summary>
    public static ReadOnlySpan<ulong> PageSizes =>
        [Limits.PageSize, 1, 0x800, 2 * Limits.PageSize, 3 * Limits.PageSize, 0x20_0000, 0x8000_0000_0000_0000];

    public static UserBitmap Of(ulong pageSize = Limits.PageSize, BitmapSize size = BitmapSize.Exact, ArgumentPlace data = ArgumentPlace.Good) =>
        new((ulong)(uint)PageSizes.IndexOf(pageSize) | (ulong)size << SizeShift | (ulong)data << PlaceShift);

    public ulong PageSize => PageSizes[(byte)Code];

    public BitmapSize Size => (BitmapSize)(byte)(Code >> SizeShift);

    public ArgumentPlace Data => (ArgumentPlace)(byte)(Code >> PlaceShift);

    /// <summary>The size stated for a range of <paramref name="range"/> bytes: a bit a page, in whole words, modulo 2^64 as kernels count.</summary>
    public ulong BytesFor(ulong range)
    {
        var pages = range >> System.Numerics.BitOperations.TrailingZeroCount(PageSize);
        var exact = unchecked(pages + 63) / 64 * 8;
        return Size switch
        {
            BitmapSize.Empty => 0,
            BitmapSize.Less => unchecked(exact - 1),
            BitmapSize.More => exact + 8,
            BitmapSize.Most => SizeMax,
            BitmapSize.TooMuch => SizeMax + 1,
            BitmapSize.Endless => ulong.MaxValue,
            _ => exact,
        };
    }

    public static ulong Canonical(ulong code)
    {
        var (pageSize, size, place) = (code & 0xff, code >> SizeShift & 0xff, code >> PlaceShift & 7);
        return (pageSize < (ulong)PageSizes.Length ? pageSize : 0)
            | (size <= (ulong)BitmapSize.Endless ? size : 0) << SizeShift
            | place << PlaceShift;
    }
}

/// <summary>The size that a bitmap states.</summary>
public enum BitmapSize : byte
{
    /// <summary>What the range needs.</summary>
    Exact = 0,
    Empty = 1,

    /// <summary>A byte less than the range needs.</summary>
    Less = 2,

    /// <summary>A word more.</summary>
    More = 3,

    /// <summary>2^28, the most that kernels take.</summary>
    Most = 4,
    TooMuch = 5,
    Endless = 6,
}
