using System.Numerics;

namespace VfioFuzz.Programs;

/// <summary>
/// The <c>struct vfio_bitmap</c> that a command hands over (type1-semantics 0.3): its pgsize, its size in bytes (relative to what the range needs, or
/// <paramref name="Bytes"/> when that is not 0), where its data lies, and what the data holds before the call. The data is one page, with no access
/// behind it. All zero is a bitmap as it should be, for ranges of up to 32768 pages.
/// </summary>
/// <param name="How">The size in bits 0 to 2, the data's place in bits 3 to 5, its content in bits 6 and 7.</param>
/// <param name="TurnedPageSize">The pgsize, the page size's bit turned over.</param>
/// <param name="Bytes">The size in bytes; 0 for the one that <see cref="Size"/> says.</param>
public readonly record struct UserBitmap(byte How, ulong TurnedPageSize = 0, ulong Bytes = 0)
{
    /// <summary>Bytes of the data that there are; a larger size is stated, not backed.</summary>
    public const int DataBytes = (int)Limits.PageSize;

    private const ulong SizeMax = 1UL << 28;
    private const int PlaceShift = 3;
    private const int ContentShift = 6;

    public static UserBitmap Of(
        ulong pageSize = Limits.PageSize, BitmapSize size = BitmapSize.Exact, ArgumentPlace data = ArgumentPlace.Good,
        BitmapContent content = BitmapContent.Zeros, ulong bytes = 0) =>
        new((byte)((int)size | (int)data << PlaceShift | (int)content << ContentShift), pageSize ^ Limits.PageSize, bytes);

    public ulong PageSize => TurnedPageSize ^ Limits.PageSize;

    public BitmapSize Size => (BitmapSize)(How & 7);

    public ArgumentPlace Data => (ArgumentPlace)(How >> PlaceShift & 7);

    public BitmapContent Content => (BitmapContent)(How >> ContentShift);

    /// <summary>Each word of the data before the call; a page that is only read holds zeros.</summary>
    public ulong Word => Data == ArgumentPlace.ReadOnly ? 0 : Content switch
    {
        BitmapContent.Ones => ulong.MaxValue,
        BitmapContent.Stripes => 0xaaaa_aaaa_aaaa_aaaa,
        BitmapContent.Sparse => 0x0101_0101_0101_0101,
        _ => 0,
    };

    /// <summary>
    /// The bits by which kernels shift to count the pages of a range: of the pgsize's lowest bit (__ffs). Of a pgsize of 0 it is undefined;
    /// whatever it is, the call fails with EINVAL, then or soon after.
    /// </summary>
    public int PageShift => PageSize == 0 ? 0 : BitOperations.TrailingZeroCount(PageSize);

    /// <summary>The size stated for a range of <paramref name="range"/> bytes: a bit a page, in whole words, modulo 2^64 as kernels count.</summary>
    public ulong BytesFor(ulong range)
    {
        var exact = unchecked((range >> PageShift) + 63) / 64 * 8;
        return Bytes != 0 ? Bytes : Size switch
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

    public static ulong Canonical(ulong how) => (how & 7) <= (ulong)BitmapSize.Endless ? how & byte.MaxValue : how & 0xf8;
}

/// <summary>What a bitmap's data holds before the call, in each byte: the kernel leaves, ors or overwrites it.</summary>
public enum BitmapContent : byte
{
    Zeros = 0,
    Ones = 1,

    /// <summary>0xaa.</summary>
    Stripes = 2,

    /// <summary>0x01.</summary>
    Sparse = 3,
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
