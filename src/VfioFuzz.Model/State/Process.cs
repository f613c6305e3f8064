using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

internal enum Life : byte
{
    /// <summary>Never made.</summary>
    None = 0,
    Alive = 1,

    /// <summary>Exiting or killed, and not yet reaped.</summary>
    Dying = 2,

    /// <summary>Reaped; its number is never used again.</summary>
    Dead = 3,
}

internal struct Process
{
    public Life Life;

    /// <summary>The process's address space.</summary>
    public byte AddressSpace;

    /// <summary>
    /// Tells group leaders apart: an exec from another thread than the leader takes its place, under the number of the address space it makes.
    /// </summary>
    public byte Leader;

    /// <summary>The group leader, as a thread number.</summary>
    public byte LeaderThread;

    /// <summary>CAP_IPC_LOCK, bit by thread.</summary>
    public byte LockCaps;

    /// <summary>Threads that are gone, bit by thread.</summary>
    public byte GoneThreads;

    public byte MailCount;

    public ushort CloseOnExec;

    /// <summary>Soft RLIMIT_MEMLOCK in pages.</summary>
    public ulong Limit;

    /// <summary>File + 1 for each slot.</summary>
    public FdTable Slots;

    /// <summary>Files in flight to this process, oldest first, as file + 1.</summary>
    public Mailbox Mail;

    public PageTable Window;

    public readonly bool HasLockCap(int thread) => (LockCaps >> thread & 1) != 0;
}

[InlineArray(Limits.ProcessesMax)]
internal struct Processes
{
    private Process first;
}

[InlineArray(Limits.SlotsMax)]
internal struct FdTable
{
    private byte first;
}

[InlineArray(Limits.MailboxMax)]
internal struct Mailbox
{
    private byte first;
}

/// <summary>One page of the window: frame 0 is unmapped.</summary>
internal struct PageEntry
{
    public ushort Frame;
    public MemoryKind Kind;

    public readonly bool IsMapped => Frame != 0;

    public readonly bool IsWritable => Frame != 0 && Kind is not (MemoryKind.AnonymousReadOnly or MemoryKind.Untouched);
}

[InlineArray(Limits.WindowPages)]
internal struct PageTable
{
    private PageEntry first;
}

/// <summary>An address space's VmLck. It outlives its process: mappings keep the struct (mmgrab), and may charge it (L8).</summary>
internal struct AddressSpace
{
    public ulong Locked;

    /// <summary>The process whose address space it is, + 1; 0 once it is dead.</summary>
    public byte UserPlusOne;

    /// <summary>How many of those pages mlock has locked and no mapping has charged. They stay counted when it dies (since v5.18).</summary>
    public byte Own;

    public readonly bool IsAlive => UserPlusOne != 0;

    public void Die() => UserPlusOne = Own = 0;
}

[InlineArray(Capacity.AddressSpaces)]
internal struct AddressSpaces
{
    private AddressSpace first;
}

/// <summary>What each page of the huge page holds.</summary>
[InlineArray(Limits.HugePages)]
internal struct HugeTags
{
    private byte first;
}

[InlineArray(Capacity.Frames)]
internal struct Frames
{
    private byte first;
}
