namespace VfioFuzz.Programs;

/// <summary>
/// Where what an ioctl's pointer names lies in user memory. What the kernel copies first is the struct up to its last field of old (minsz;
/// type1-semantics 0.3), an int of SET_CONTAINER, the name of GET_DEVICE_FD with its end.
/// </summary>
public enum ArgumentPlace : byte
{
    /// <summary>Where it can be read and written, with a page behind it as far as the page goes.</summary>
    Good = 0,

    /// <summary>The pointer is NULL.</summary>
    Null = 1,

    /// <summary>In a page without access.</summary>
    Unmapped = 2,

    /// <summary>The last byte of what is copied first lies in a page without access.</summary>
    Split = 3,

    /// <summary>What is copied first ends where the page does; what follows lies in a page without access.</summary>
    Edge = 4,

    /// <summary>In a page that can be read and not written.</summary>
    ReadOnly = 5,

    /// <summary>An address of the kernel's half.</summary>
    Kernel = 6,

    /// <summary>As <see cref="Good"/>, at an odd address.</summary>
    Odd = 7,
}

/// <summary>
/// How an ioctl's struct is handed over: the argsz it states (bit 0 and the upper 32 bits; without bit 0 the size that the command wants) and its
/// place (bits 5 to 7). 0 is a call as it should be.
/// </summary>
public readonly record struct UserArgument(ulong Code)
{
    /// <summary>The bits of the place.</summary>
    internal const ulong PlaceMask = 7UL << PlaceShift;

    private const ulong Stated = 1;
    private const int PlaceShift = 5;
    private const int SizeShift = 32;

    /// <summary>Values of argsz around the sizes that commands want (8, 16, 20, 24, 32, 48) and the ends of its type: those that are drawn most.</summary>
    public static ReadOnlySpan<uint> Sizes =>
    [
        0, 4, 7, 8, 9, 15, 16, 20, 23, 24, 25, 31, 32, 33, 40, 47, 48, 49, 56, 64, 128, 4096, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
    ];

    public static UserArgument At(ArgumentPlace place, uint? size = null) =>
        new((ulong)place << PlaceShift | (size is { } value ? Stated | (ulong)value << SizeShift : 0));

    public ArgumentPlace Place => (ArgumentPlace)(Code >> PlaceShift & 7);

    /// <summary>The argsz that is stated; null when it is the one that the command wants.</summary>
    public uint? Size => (Code & Stated) == 0 ? null : (uint)(Code >> SizeShift);

    /// <summary>Whether what is copied first can be read.</summary>
    public bool IsReadable => Place is not (ArgumentPlace.Null or ArgumentPlace.Unmapped or ArgumentPlace.Split or ArgumentPlace.Kernel);

    /// <summary>Whether what follows it can be read as well.</summary>
    public bool IsReadableBeyond => IsReadable && Place != ArgumentPlace.Edge;

    /// <summary>Whether what is copied first can be written.</summary>
    public bool IsWritable => IsReadable && Place != ArgumentPlace.ReadOnly;

    /// <summary>The code that means the same and holds nothing else.</summary>
    public static ulong Canonical(ulong code) =>
        (code & Stated) != 0 ? code & (PlaceMask | Stated | ulong.MaxValue << SizeShift) : code & PlaceMask;

    /// <summary>The code of the place alone, for pointers to what has no argsz.</summary>
    public static ulong CanonicalPlace(ulong code) => code & PlaceMask;
}
