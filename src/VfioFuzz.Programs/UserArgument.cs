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
/// How an ioctl's struct is handed over, in one byte: the argsz it states (lower five bits, an index into a table; 0 is the size that the
/// command wants) and its place (upper three bits). 0 is a call as it should be.
/// </summary>
public readonly record struct UserArgument(byte Code)
{
    private const int SizeMask = 0x1f;
    private const int PlaceShift = 5;

    /// <summary>
    /// Values of argsz around the sizes that commands want (8, 16, 20, 24, 32, 48) and the ends of its type. The index is the code: append-only.
    /// </summary>
    public static ReadOnlySpan<uint> Sizes =>
    [
        0, 0, 4, 7, 8, 9, 15, 16, 20, 23, 24, 25, 31, 32, 33, 40, 47, 48, 49, 56, 64, 128, 4096, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
    ];

    public static UserArgument At(ArgumentPlace place, uint? size = null) =>
        new((byte)((int)place << PlaceShift | (size is { } value ? Sizes[1..].IndexOf(value) + 1 : 0)));

    public ArgumentPlace Place => (ArgumentPlace)(Code >> PlaceShift);

    /// <summary>The argsz that is stated; null when it is the one that the command wants.</summary>
    public uint? Size => (Code & SizeMask) == 0 ? null : Sizes[Code & SizeMask];

    /// <summary>Whether what is copied first can be read.</summary>
    public bool IsReadable => Place is not (ArgumentPlace.Null or ArgumentPlace.Unmapped or ArgumentPlace.Split or ArgumentPlace.Kernel);

    /// <summary>Whether what follows it can be read as well.</summary>
    public bool IsReadableBeyond => IsReadable && Place != ArgumentPlace.Edge;

    /// <summary>Whether what is copied first can be written.</summary>
    public bool IsWritable => IsReadable && Place != ArgumentPlace.ReadOnly;

    /// <summary>The code that means the same and is one of the table.</summary>
    public static ulong Canonical(ulong code) =>
        (int)(code & SizeMask) < Sizes.Length ? code & byte.MaxValue : code & byte.MaxValue & ~(ulong)SizeMask;

    /// <summary>The code of the place alone, for pointers to what has no argsz.</summary>
    public static ulong CanonicalPlace(ulong code) => code & byte.MaxValue & ~(ulong)SizeMask;
}
