namespace VfioFuzz.Programs;

/// <summary>
/// What a line does. Codes are fixed and append-only: they are in stored bytes and on the wire to a guest.
/// The summary of each member is its contract for every target and for the model, as far as the harness decides it;
/// what a kernel answers beyond that is the dialect's.
/// </summary>
/// <remarks>
/// Rules common to all kinds. A line of a thread that is still inside a call answers <see cref="AnswerKind.Busy"/>.
/// A line of a process that does not exist (yet, or any more), or of a sibling of a thread that called exec, answers
/// <see cref="AnswerKind.NotRun"/>. An operation that would put a file at a slot that is occupied, or that a call of
/// a sibling is about to fill, answers NotRun and does nothing. An ioctl on an empty slot answers EBADF. Container, group and driver ioctls are issued as they stand on
/// whatever file is at the slot, except that container and group ioctls on a <i>device</i> fd answer NotRun (the
/// numbers mean other things there).
/// </remarks>
public enum OperationKind : byte
{
    /// <summary>Never in a program; the zero value is not an operation.</summary>
    None = 0,

    /// <summary>open /dev/vfio/vfio at slot B. Always succeeds.</summary>
    OpenContainer = 1,

    /// <summary>open the group of device A at slot B. ENOENT when the world has no such device.</summary>
    OpenGroup = 2,

    /// <summary>GROUP_GET_DEVICE_FD on slot A for the device numbered X, its name at place W (<see cref="UserArgument"/>), the fd put at slot B.</summary>
    GetDevice = 3,

    /// <summary>close slot A. Returns when the file's release has run if this was the last reference.</summary>
    Close = 4,

    /// <summary>dup slot A at slot B.</summary>
    Dup = 5,

    /// <summary>GROUP_SET_CONTAINER on group slot A with the fd of slot B, or another (X, <see cref="Programs.OtherFd"/>), which lies at
    /// place W (<see cref="UserArgument"/>).</summary>
    Attach = 6,

    /// <summary>GROUP_UNSET_CONTAINER on slot A.</summary>
    Detach = 7,

    /// <summary>SET_IOMMU(X) on slot A.</summary>
    SetIommu = 8,

    /// <summary>CHECK_EXTENSION(X) on slot A; the value is the answer.</summary>
    CheckExtension = 9,

    /// <summary>MAP_DMA on slot A: iova X, size Y, vaddr Z, flags (<see cref="MapFlags"/>), handed over as W says (<see cref="UserArgument"/>).</summary>
    Map = 10,

    /// <summary>
    /// UNMAP_DMA on slot A: iova X, size Y, flags (<see cref="UnmapFlags"/>), handed over as W says (<see cref="UserArgument"/>; wanted are
    /// 24 bytes). A <see cref="UserBitmap"/> (B, Z, V) follows the struct; GET_DIRTY_BITMAP with argsz 48 and more makes the kernel look at it. The
    /// value is the size written back; with GET_DIRTY_BITMAP it is pages in bits 48-63 (at most 0xffff), and below them a <see cref="BitmapDigest"/>
    /// of 48 bits: the bits of a range of up to 48 pages. EPROTO, which no call may answer, when anything else of the struct was changed.
    /// </summary>
    Unmap = 11,

    /// <summary>
    /// GET_INFO on slot A with argsz X (32 bits), the struct at place W (<see cref="UserArgument"/>) of a page of bytes 0xaa; the value is
    /// what the view Y (<see cref="InfoView"/>) shows of the answer. EPROTO, which no call may answer, when a byte behind argsz was written.
    /// </summary>
    GetInfo = 12,

    /// <summary>
    /// DIRTY_PAGES on slot A with flags (<see cref="DirtyFlags"/>), handed over as W says (<see cref="UserArgument"/>; wanted are 48 bytes
    /// with GET_BITMAP, else 8). Behind the flags follow iova X, size Y and a bitmap (B, Z, V; <see cref="UserBitmap"/>). GET_BITMAP's value is
    /// the <see cref="BitmapDigest"/> of all of the bitmap's data: the bits of a range of up to 64 pages.
    /// </summary>
    DirtyPages = 13,

    /// <summary>GET_API_VERSION on slot A; the value is the version.</summary>
    GetApiVersion = 14,

    /// <summary>GROUP_GET_STATUS on slot A, handed over as W says (<see cref="UserArgument"/>); the value is the flags that were written.</summary>
    GroupStatus = 15,

    /// <summary>
    /// An ioctl that no other kind issues, on slot A: command X (<see cref="IoctlCommand"/>), argument NULL. Every file answers an errno.
    /// </summary>
    UnknownIoctl = 16,

    /// <summary>
    /// read or write of one byte, or mmap of one shared page, as X says (<see cref="Programs.FileCall"/>), on slot A: files of containers and
    /// groups have none of them. NotRun on a device fd, where they reach the device's regions.
    /// </summary>
    FileCall = 17,

    /// <summary>
    /// vfio_pin_pages by the calling thread, through the driver's ioctl on device slot A: iova X, Y pages, flags
    /// (<see cref="Access"/>). Value: pages pinned. The driver remembers one record for each page it got.
    /// ENOTTY on a pci device.
    /// </summary>
    Pin = 20,

    /// <summary>
    /// Like <see cref="Pin"/>, unpin: for each of Y pages from X, the driver drops its newest record with exactly that
    /// iova and calls vfio_unpin_pages for it; pages without a record are skipped. Value: records dropped.
    /// </summary>
    Unpin = 21,

    /// <summary>
    /// vfio_dma_rw by the calling thread through device slot A: iova X, Y bytes (at most 16384, else EINVAL from the
    /// driver), write when flags has <see cref="Access.Write"/>. A write fills the range with the line's tag; a read's value
    /// is the byte at X when X is page-aligned, else 0. By the caller, the data comes through its own mm.
    /// </summary>
    DmaRw = 22,

    /// <summary>
    /// <see cref="Pin"/> by the kernel worker of device A. The line answers with the worker's result, or Blocked while
    /// the worker waits (the submitting thread does not wait and stays usable). EBUSY while the worker still has work; ENODEV when
    /// the device is not open, is no mdev, or its driver has by=caller.
    /// </summary>
    SubmitPin = 23,

    SubmitUnpin = 24,

    /// <summary><see cref="DmaRw"/> by the worker, which borrows the mapping's mm as a kernel thread does.</summary>
    SubmitDmaRw = 25,

    /// <summary>Wait (killable) until the worker of device A is idle. 0, or ENODEV as for submit.</summary>
    JoinWorker = 26,

    /// <summary>
    /// The device A itself accesses memory at iova X's page: read, or write (flags). The calling process must hold an fd of the
    /// device at some slot (else ENODEV). A pci device masters the bus through the IOMMU with 32-bit addresses (X of
    /// 2^32 and above: EINVAL); a write always answers 0 and reaches memory or not; a read's value is the byte at the
    /// page's start, EFAULT when no memory answered, which to this machine's devices looks like a page of nothing but zeros
    /// (<see cref="MemoryKind.Untouched"/>). Outside the valid iova ranges (interrupts) nothing is memory. An mdev uses
    /// the page of its pin record with exactly the page's iova: EFAULT without one, and for a write when the pin was not
    /// asked for write.
    /// </summary>
    Dma = 27,

    /// <summary>CPU write of the line's tag over window page A. EFAULT when unmapped or read-only.</summary>
    WritePage = 30,

    /// <summary>CPU read of window page A; the value is its tag. EFAULT when unmapped.</summary>
    ReadPage = 31,

    /// <summary>
    /// mmap Y pages of the window from page A, kind B (<see cref="MemoryKind"/>), over whatever was there; anonymous pages are touched and
    /// tagged with the line, shared, file and device pages keep their content. Cut at the window's end; 0 pages answers EINVAL.
    /// </summary>
    Mmap = 32,

    /// <summary>munmap Y pages of the window from page A; cut at the window's end; 0 pages answers EINVAL.</summary>
    Munmap = 33,

    /// <summary>Answers the calling process's VmLck, in pages.</summary>
    Observe = 34,

    /// <summary>Soft RLIMIT_MEMLOCK of the process := X pages (2^64-1: unlimited).</summary>
    SetLimit = 35,

    /// <summary>Raise (flags 1) or drop (0) CAP_IPC_LOCK of the calling thread. fork inherits the caller's; exec raises it.</summary>
    SetCapability = 36,

    /// <summary>
    /// vfio_iommu_type1's parameter dma_entry_limit := X mappings (16 bits): how many an instance may have that SET_IOMMU makes from now on.
    /// A parameter of the machine, as it was again when the next program starts.
    /// </summary>
    EntryLimit = 37,

    /// <summary>
    /// A driver of the host is bound to (flags 1) or unbound from (0) the sibling of device A, one such call at a time; that driver does
    /// nothing, and uses the DMA of the kernel. ENODEV when the device has no sibling, or to unbind what is not bound; EBUSY to bind what is.
    /// What else the driver core answers is the dialect's. No driver has a sibling when the next program starts.
    /// </summary>
    Sibling = 38,

    /// <summary>
    /// The memory bit of the command register of the device whose memory programs map (<see cref="MemoryKind.Device"/>): set (flags 1) or cleared
    /// (0). While it is clear nobody reaches that memory. Set again when the next program starts. Always 0.
    /// </summary>
    DeviceMemory = 39,

    /// <summary>
    /// vfio_iommu_type1's parameter allow_unsafe_interrupts: set (flags 1) or cleared (0); whether groups may come behind an IOMMU that keeps no
    /// device from forging interrupts (<see cref="Platform.HasUnsafeInterrupts"/>). Of the machine; set again when the next program starts.
    /// </summary>
    UnsafeInterrupts = 28,

    /// <summary>fork: the child is process A, started by its thread 0. NotRun when A exists, has existed, or is being
    /// made by another thread.</summary>
    Fork = 40,

    /// <summary>
    /// exec the same program again. Slots with cloexec close, the window starts afresh (anonymous, initial tags), the limit stays.
    /// The calling thread goes on; its sibling's later lines are NotRun.
    /// </summary>
    Exec = 41,

    /// <summary>exit_group of the calling process. Returns (0) when it is reaped; Blocked when its exit is stuck.</summary>
    Exit = 42,

    /// <summary>
    /// SIGKILL process A. Returns 0 when it is reaped (ESRCH when there is none); Blocked when its exit is stuck. Killing the own process
    /// answers as <see cref="Exit"/>.
    /// </summary>
    Kill = 43,

    /// <summary>
    /// Send the file at slot A to process B's mailbox: EBADF, ESRCH when B never existed, EAGAIN when it is full, in that order. The
    /// mailbox is the harness's and outlives its process: messages hold their files until they are received or the run is torn down.
    /// </summary>
    SendFd = 44,

    /// <summary>Take the oldest file of the own mailbox, at slot B. EAGAIN when it is empty.</summary>
    ReceiveFd = 45,

    /// <summary>
    /// mlock of the first Y pages (at most <see cref="Limits.OwnPages"/>) of memory that the process has for itself and no other line names.
    /// What is locked counts in VmLck and against RLIMIT_MEMLOCK beside what type1 charges; fork and exec begin without.
    /// </summary>
    Mlock = 46,

    /// <summary>munlock of all of that memory. Always 0.</summary>
    Munlock = 47,

    // Known to some designs only, and unbind to real kernels. Elsewhere the harness answers ENOTTY, whatever the operands: no slot is looked at.

    /// <summary>map from a file instead of a vaddr (file-backed design, iommufd MAP_FILE): as <see cref="Map"/>, Z the file offset.</summary>
    MapFile = 60,

    /// <summary>switch every mapping of the container at slot A to the caller's mm.</summary>
    ChangeMm = 61,

    /// <summary>iommufd's CHANGE_PROCESS on slot A.</summary>
    ChangeProcess = 62,

    /// <summary>ftruncate of the world's file to Y pages.</summary>
    Truncate = 63,

    /// <summary>punch a hole of Y pages at page A of the world's file.</summary>
    PunchHole = 64,

    /// <summary>
    /// A write to the unbind of device A's driver: a real kernel's, and one design's. ENODEV when it has none. Every device has its driver when the
    /// next program starts.
    /// </summary>
    Unbind = 65,
}

/// <summary>Flags of MAP_DMA as in the uapi; other bits are carried raw.</summary>
[Flags]
public enum MapFlags
{
    None = 0,
    Read = 1,
    Write = 2,
    Vaddr = 4,
}

/// <summary>Flags of UNMAP_DMA as in the uapi; other bits are carried raw.</summary>
[Flags]
public enum UnmapFlags
{
    None = 0,
    GetDirtyBitmap = 1,
    All = 2,
    Vaddr = 4,
}

/// <summary>Flags of DIRTY_PAGES as in the uapi; other bits are carried raw.</summary>
[Flags]
public enum DirtyFlags
{
    None = 0,
    Start = 1,
    Stop = 2,
    GetBitmap = 4,
}

/// <summary>
/// Ioctl commands of VFIO's type (<c>;</c>): <c>_IO(';', 100 + n)</c>, without size or direction (type1-semantics 0.2).
/// </summary>
public static class IoctlCommand
{
    /// <summary>Of the spapr backends; type1 does not know it.</summary>
    public const ulong Enable = 0x3b73;

    private const ulong Type = 0x3b00;

    /// <summary>
    /// The command with the low 32 bits of <paramref name="value"/>, made one of VFIO's type: a file knows what the generic layers do not
    /// take. One that another kind issues becomes <see cref="Enable"/>.
    /// </summary>
    public static ulong Unknown(ulong value)
    {
        var command = (value & 0xffff_00ff) | Type;
        return command is (>= 0x3b64 and <= 0x3b6a) or (>= 0x3b70 and <= 0x3b72) or 0x3b75 ? Enable : command;
    }
}

/// <summary>VFIO_CHECK_EXTENSION and SET_IOMMU values (type1-semantics 0.2).</summary>
public static class Extension
{
    public const ulong Type1 = 1;
    public const ulong SpaprTce = 2;
    public const ulong Type1V2 = 3;
    public const ulong DmaCc = 4;
    public const ulong Type1Nesting = 6;
    public const ulong UnmapAll = 9;
    public const ulong UpdateVaddr = 10;
}
