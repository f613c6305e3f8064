namespace VfioFuzz.Programs;

/// <summary>
/// The named capacities that every target, the model and the file formats share. A program cannot exceed them by
/// construction; a machine that runs out of one of its own says <i>inconclusive: capacity</i>.
/// </summary>
public static class Limits
{
    public const int ProcessesMax = 4;

    public const int ThreadsPerProcess = 2;

    /// <summary>User tasks: process * <see cref="ThreadsPerProcess"/> + thread.</summary>
    public const int UserTasksMax = ProcessesMax * ThreadsPerProcess;

    public const int DevicesMax = 4;

    /// <summary>User tasks first, then one kernel worker for each device.</summary>
    public const int TasksMax = UserTasksMax + DevicesMax;

    /// <summary>Fd slots of a process. Slot n is fd <see cref="FdBase"/> + n.</summary>
    public const int SlotsMax = 16;

    public const int FdBase = 100;

    public const int LinesMax = 64;

    /// <summary>Messages (fds in flight) that a process's mailbox holds.</summary>
    public const int MailboxMax = 4;

    public const ulong PageSize = 4096;

    /// <summary>Pages of the user memory window.</summary>
    public const int WindowPages = 16;

    /// <summary>Where the window lies, in every process and every image.</summary>
    public const ulong WindowBase = 0x10_0000_0000;

    public const ulong WindowEnd = WindowBase + WindowPages * PageSize;

    /// <summary>Where the huge page lies, in every process and every image of a machine that has one (<see cref="Platform.HasHugePage"/>).</summary>
    public const ulong HugeBase = 0x20_0000_0000;

    public const int HugePages = 512;

    public const ulong HugeEnd = HugeBase + HugePages * PageSize;

    /// <summary>Pages that a process has for itself to lock (<see cref="OperationKind.Mlock"/>).</summary>
    public const int OwnPages = 16;

    /// <summary>Most pages one vfio_pin_pages call accepts (PAGE_SIZE / 8, type1-semantics 5.2).</summary>
    public const int PinPagesMax = 512;
}
