using System.Runtime.InteropServices;

namespace VfioFuzz.Programs;

/// <summary>
/// One thing a program may do: a kind, the thread that does it and raw operands, in 48 bytes that are also the form
/// on the wire to a guest (<c>guest/wire.h</c>). What A, B, X, Y, Z, W, V and the flags mean is said per kind by <see
/// cref="OperationKind"/>; the views below name them. Any value of the operands is legal.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 48)]
public readonly partial record struct Operation(
    OperationKind Kind, TaskId Task, byte A, byte B, uint Flags, ulong X, ulong Y, ulong Z, ulong W = 0, ulong V = 0)
{
    /// <summary>The slot that an ioctl, close or dup addresses.</summary>
    public int Slot => A;

    /// <summary>The slot at which a new fd is put.</summary>
    public int At => B;

    public Iova Iova => new(X);

    public ByteCount Size => new(Y);

    public HostAddress Vaddr => new(Z);

    /// <summary>Pages to pin, unpin, mmap or munmap.</summary>
    public ulong Pages => Y;

    /// <summary>First window page of a memory operation.</summary>
    public int Page => A;

    /// <summary>The device number of operations that address a device.</summary>
    public int Device => Kind == OperationKind.GetDevice ? (int)X : A;

    /// <summary>The process that fork makes, kill kills or a message goes to.</summary>
    public int PeerProcess => Kind == OperationKind.SendFd ? B : A;

    public MapFlags MapFlags => (MapFlags)Flags;

    public UnmapFlags UnmapFlags => (UnmapFlags)Flags;

    public DirtyFlags DirtyFlags => (DirtyFlags)Flags;

    public Access Access => (Access)Flags;

    public MemoryKind MemoryKind => (MemoryKind)B;

    /// <summary>How the struct is handed over (map, unmap, dirty-pages, get-info, group-status), or what the pointer names (attach, get-device).</summary>
    public UserArgument Argument => new(W);

    /// <summary>What an attach names in place of the file at a slot.</summary>
    public OtherFd OtherFd => (OtherFd)X;

    /// <summary>The bitmap behind the struct of an unmap or dirty-pages.</summary>
    public UserBitmap Bitmap => new(B, Z, V);

    public InfoView InfoView => (InfoView)Y;

    /// <summary>Whether the new fd closes on exec (open, dup, get-device, recv-fd).</summary>
    public bool CloseOnExec => (Flags & CloseOnExecFlag) != 0;

    public const uint CloseOnExecFlag = 1;

    /// <summary>As in a program's text.</summary>
    public override string ToString() =>
        OperationForm.Knows(Kind) ? $"{Task}: {OperationText.Print(this)}" : $"{Task}: kind {(int)Kind}";
}
