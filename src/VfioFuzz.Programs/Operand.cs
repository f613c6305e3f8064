namespace VfioFuzz.Programs;

/// <summary>Where an operand lies in an <see cref="Operation"/>.</summary>
public enum OperandPlace : byte
{
    A,
    B,
    X,
    Y,
    Z,
    Flags,
    W,
    V,
}

/// <summary>What an operand means: its domain, its text and how it is drawn.</summary>
public enum OperandType : byte
{
    /// <summary>An fd slot that is used: <c>3</c>.</summary>
    Slot,

    /// <summary>The slot that a new fd is put at: <c>at=3</c>.</summary>
    NewSlot,

    /// <summary>A device of the world: <c>d0</c>.</summary>
    Device,

    /// <summary>The kernel worker of a device: <c>d0.w0</c>.</summary>
    Worker,

    /// <summary>A process: <c>p1</c>.</summary>
    Process,

    /// <summary>A page of the window: <c>page3</c>.</summary>
    Page,

    /// <summary>A number of pages: <c>pages=2</c>.</summary>
    PageCount,

    /// <summary><c>iova=0x1000</c>.</summary>
    Iova,

    /// <summary>Bytes: <c>size=0x2000</c>.</summary>
    Size,

    /// <summary>A user address: <c>vaddr=page2</c>, <c>vaddr=page2+0x10</c>, <c>vaddr=huge</c>, or raw.</summary>
    Vaddr,

    /// <summary>Bytes from the start of the world's file: <c>offset=0x1000</c>.</summary>
    FileOffset,

    /// <summary>An <see cref="Programs.Extension"/>: <c>type1v2</c>, or raw.</summary>
    Extension,

    /// <summary>A <see cref="IoctlCommand"/> that no other kind issues: <c>0x3b73</c>.</summary>
    Command,

    /// <summary>
    /// <see cref="Programs.MapFlags"/>: <c>rw</c>, <c>vaddr</c>; with unknown bits, <c>flags=0x..</c>.
    /// </summary>
    MapFlags,

    /// <summary>
    /// <see cref="Programs.UnmapFlags"/>: <c>all</c>, <c>vaddr</c>; with unknown bits, <c>flags=0x..</c>.
    /// </summary>
    UnmapFlags,

    /// <summary><see cref="Programs.DirtyFlags"/>: <c>start</c>, <c>stop</c>, <c>get</c>; with unknown bits, <c>flags=0x..</c>.</summary>
    DirtyFlags,

    /// <summary>How a struct is handed over (<see cref="UserArgument"/>): <c>argsz=31</c>, <c>arg=null</c>, or nothing.</summary>
    Argument,

    /// <summary>Where what a pointer names lies (<see cref="UserArgument.Place"/>): <c>arg=null</c>, or nothing.</summary>
    ArgumentPlace,

    /// <summary>An argsz in full: <c>argsz=0x1000</c>.</summary>
    ArgumentSize,

    /// <summary>How a <see cref="UserBitmap"/> is handed over: <c>bitmap=less</c>, <c>data=null</c>, <c>bits=ones</c>, or nothing.</summary>
    Bitmap,

    /// <summary>The pgsize of a <see cref="UserBitmap"/>, kept with the page size's bit turned over: <c>pgsize=0x2000</c>, or nothing.</summary>
    BitmapPageSize,

    /// <summary>The bytes that a <see cref="UserBitmap"/> states, whatever its range: <c>bytes=0x18</c>, or nothing.</summary>
    BitmapBytes,

    /// <summary>An <see cref="Programs.OtherFd"/>: <c>fd=-1</c>, or nothing.</summary>
    OtherFd,

    /// <summary>An <see cref="Programs.InfoView"/>: <c>summary</c>.</summary>
    InfoView,

    /// <summary>What a pin asks for: <c>rw</c>, <c>r</c>, <c>w</c>, <c>none</c>.</summary>
    Access,

    /// <summary><c>read</c> or <c>write</c>.</summary>
    Direction,

    /// <summary>What is tried on a file beside ioctls (<see cref="Programs.FileCall"/>): <c>read</c>, <c>write</c>, <c>mmap</c>.</summary>
    FileCall,

    /// <summary>A <see cref="Programs.MemoryKind"/>: <c>anon</c>, <c>shared</c>, <c>file</c>, <c>anon-ro</c>, <c>no-access</c>, <c>device</c>.</summary>
    MemoryKind,

    /// <summary>A soft limit: <c>pages=8</c> or <c>unlimited</c>.</summary>
    Limit,

    /// <summary>A number of mappings of 16 bits: <c>mappings=2</c>.</summary>
    MappingCount,

    /// <summary><c>raise</c> or <c>drop</c>.</summary>
    Capability,

    /// <summary><c>bind</c> or <c>unbind</c>.</summary>
    Binding,

    /// <summary><c>on</c> or <c>off</c>.</summary>
    Switch,

    /// <summary><c>cloexec</c> or nothing.</summary>
    CloseOnExec,
}

/// <summary>One operand of a kind: where it lies and what it means.</summary>
public readonly record struct Operand(OperandPlace Place, OperandType Type)
{
    /// <summary>The word before <c>=</c>, or null when the operand's text stands by itself.</summary>
    public string? Keyword => Type switch
    {
        OperandType.NewSlot => "at",
        OperandType.PageCount => "pages",
        OperandType.Iova => "iova",
        OperandType.Size => "size",
        OperandType.Vaddr => "vaddr",
        OperandType.FileOffset => "offset",
        OperandType.ArgumentSize => "argsz",
        OperandType.MappingCount => "mappings",
        _ => null,
    };

    /// <summary>Whether the operand is written as flag words after the others, and may be left out.</summary>
    public bool IsOptional =>
        Type is OperandType.MapFlags or OperandType.UnmapFlags or OperandType.DirtyFlags or OperandType.Access or OperandType.CloseOnExec || IsHandedOver;

    /// <summary>Whether the operand says how memory is handed over; 0 is as it should be.</summary>
    public bool IsHandedOver => Type is >= OperandType.Argument and <= OperandType.OtherFd and not OperandType.ArgumentSize;

    /// <summary>
    /// The value that means the same inside the operand's domain. Quantities and the flags of MAP and UNMAP are handed
    /// to the kernel as they stand, so every value is in their domain; names (slots, devices, processes, pages) wrap
    /// around.
    /// </summary>
    public ulong Canonical(ulong value) => Type switch
    {
        OperandType.Slot or OperandType.NewSlot => value % Limits.SlotsMax,
        OperandType.Device or OperandType.Worker => value % Limits.DevicesMax,
        OperandType.Process => value % Limits.ProcessesMax,
        OperandType.Page => value % Limits.WindowPages,
        OperandType.Command => IoctlCommand.Unknown(value),
        OperandType.Argument => UserArgument.Canonical(value),
        OperandType.ArgumentPlace => UserArgument.CanonicalPlace(value),
        OperandType.Bitmap => UserBitmap.Canonical(value),
        OperandType.OtherFd => value % ((ulong)Programs.OtherFd.Directory + 1),
        OperandType.ArgumentSize => (uint)value,
        OperandType.MappingCount => (ushort)value,
        OperandType.InfoView => value % ((ulong)InfoView.Holes + 1),
        OperandType.FileCall => value % ((ulong)Programs.FileCall.Mmap + 1),
        OperandType.MemoryKind => value % ((ulong)MemoryKinds.Last + 1),
        OperandType.Access => value & (ulong)Programs.Access.ReadWrite,
        OperandType.Direction => (ulong)((value & (ulong)Programs.Access.Write) != 0
            ? Programs.Access.Write
            : Programs.Access.Read),
        OperandType.Capability or OperandType.Binding or OperandType.Switch or OperandType.CloseOnExec => value & 1,
        _ => value,
    };

    public ulong Of(in Operation operation) => Place switch
    {
        OperandPlace.A => operation.A,
        OperandPlace.B => operation.B,
        OperandPlace.X => operation.X,
        OperandPlace.Y => operation.Y,
        OperandPlace.Z => operation.Z,
        OperandPlace.W => operation.W,
        OperandPlace.V => operation.V,
        _ => operation.Flags,
    };

    /// <summary>
    /// <paramref name="operation"/> with this operand set to the canonical form of <paramref name="value"/>.
    /// </summary>
    public Operation Put(in Operation operation, ulong value)
    {
        var canonical = Canonical(value);
        return Place switch
        {
            OperandPlace.A => operation with { A = (byte)canonical },
            OperandPlace.B => operation with { B = (byte)canonical },
            OperandPlace.X => operation with { X = canonical },
            OperandPlace.Y => operation with { Y = canonical },
            OperandPlace.Z => operation with { Z = canonical },
            OperandPlace.W => operation with { W = canonical },
            OperandPlace.V => operation with { V = canonical },
            _ => operation with { Flags = (uint)canonical },
        };
    }
}
