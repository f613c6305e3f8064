namespace VfioFuzz.Programs;

/// <summary>
/// Operand values at which something changes: ends of address spaces, of the aperture and of the MSI window of the
/// emulated Intel IOMMU (notes/real-kernel.md, "Booting"), limits of the interface (type1-semantics 5.2). Appending a
/// value changes the <see cref="Grammar"/>.
/// </summary>
internal static class HotValues
{
    private const ulong Page = Limits.PageSize;

    /// <summary>First byte of the last page of the address space.</summary>
    public const ulong LastPage = unchecked(0 - Page);

    /// <summary>Edges between two worlds of iovas: ranges end or start here.</summary>
    public static ReadOnlySpan<ulong> IovaEdges =>
    [
        0xfee00000, 0xfef00000, 0x1_0000_0000, 0x80_0000_0000, 0x1_0000_0000_0000, 0x8000_0000_0000_0000, LastPage,
    ];

    public static ReadOnlySpan<ulong> Iovas =>
    [
        LastPage, LastPage - Page, 0xfedff000, 0xfee00000, 0xfef00000, 0xfffff000, 0x1_0000_0000, 0x7f_ffff_f000, 0x80_0000_0000,
        0x8000_0000_0000_0000, 0x200000, 0x40000000, 0x100800, 1, 0x800, 0xfff, 0x7f_ffff_ffff, ulong.MaxValue,
    ];

    public static ReadOnlySpan<ulong> Sizes =>
    [
        ulong.MaxValue, LastPage, LastPage - Page, 0x8000_0000_0000_0000, 0x1_0000_0000, 0x200000, 0x40000000, 0x80_0000_0000,
        0x4001, 1, 2, 4, 8, 0x10, 0x100, 0x800, 0xfff, 0x1001,
    ];

    /// <summary>
    /// Around the window and far from it: page after, page before, start and end of the user's half, inside pages.
    /// </summary>
    public static ReadOnlySpan<ulong> Vaddrs =>
    [
        Limits.WindowEnd, Limits.WindowBase - Page, 0, Page, 0x7fff_ffff_f000, 0x8000_0000_0000, LastPage, ulong.MaxValue,
        Limits.WindowBase + 1, Limits.WindowBase + 0x10, Limits.WindowBase + 0x800, Limits.HugeBase, Limits.HugeBase + Page,
        Limits.HugeEnd - Page,
    ];

    /// <summary>Pages to pin or to allow: around PAGE_SIZE / 8 and where a product with the page size wraps.</summary>
    public static ReadOnlySpan<ulong> Counts =>
    [
        ulong.MaxValue, Limits.PinPagesMax, Limits.PinPagesMax + 1, 0x10_0000, 0x10_0000_0000_0000, 0x8000_0000_0000_0000,
        0xffff_ffff, 0x1_0000_0000,
    ];

    /// <summary>Known values with bits above an int's, ends of int and long, and what a signed comparison takes for negative.</summary>
    public static ReadOnlySpan<ulong> Extensions =>
    [
        0x1_0000_0001, 0x1_0000_0003, 0x1_0000_000a, 0x8000_0000_0000_0003, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000,
        ulong.MaxValue,
    ];

    /// <summary>Of bitmaps: none, smaller than a page, sizes with two bits, of a huge page, and the end of the type.</summary>
    public static ReadOnlySpan<ulong> PageSizes => [0, 1, 2, 0x800, 0x1800, 0x20_0000, 0x4000_0000, 0x8000_0000_0000_0000, ulong.MaxValue];

    /// <summary>Bytes of bitmaps: a word and its neighbours, the data's, the most that kernels take, and what access_ok wraps at.</summary>
    public static ReadOnlySpan<ulong> BitmapBytes =>
    [
        1, 7, 9, 0xff8, 0x1001, 0x1000_0000, 0x1000_0001, 0xffff_ffff, 0x1_0000_0008, 0x7fff_ffff_ffff, 0x8000_0000_0000_0000, ulong.MaxValue - 7,
        ulong.MaxValue,
    ];

    /// <summary>Commands of other backends, and MAP_DMA with a size and direction, which VFIO's numbers do not have.</summary>
    public static ReadOnlySpan<ulong> Commands => [IoctlCommand.Enable, IoctlCommand.Enable + 1, 0x3b76, 0x3b6b, 0x3bff, 0xc020_3b71, 0x4008_3b64];
}
