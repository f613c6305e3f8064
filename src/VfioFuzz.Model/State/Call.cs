using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>Where a pending call stands between two of its critical sections.</summary>
internal enum Phase : byte
{
    /// <summary>Nothing done yet.</summary>
    Start = 0,

    /// <summary>Holds the locks that the call takes first (group lock, driver lock).</summary>
    Locked,

    /// <summary>Holds the container's group_lock as well.</summary>
    ContainerLocked,

    /// <summary>Asleep in vfio_wait until <see cref="Call.Woken"/>.</summary>
    WaitingForVaddr,

    /// <summary>UNMAP: holds device_list_lock, the mutex dropped; devices are being notified.</summary>
    Notifying,

    /// <summary>UNMAP: every device was notified; wants the mutex back. Device release: its waiters were flagged.</summary>
    Notified,

    /// <summary>Waits until the other threads of a process (exec, exit) or a whole process (kill) are gone.</summary>
    WaitingForThreads,

    /// <summary>Runs the releases of files whose last reference it dropped.</summary>
    Releasing,

    /// <summary>Device release: the driver's worker is told to stop and waited for.</summary>
    StoppingWorker,

    /// <summary>Device release: the driver unpins what it remembers.</summary>
    DroppingPins,

    /// <summary>Device release or open: holds the iommu mutex, wants device_list_lock.</summary>
    Registering,

    /// <summary>Device release: unregistered; the group's user count goes down next.</summary>
    Unassigning,

    /// <summary>Waits until the worker of a device is idle.</summary>
    Joining,

    /// <summary>Refused before there was a call; the answer stands.</summary>
    Refused,

    /// <summary>Done but for the return, before which its thread is killed.</summary>
    Returning,
}

/// <summary>A call in flight: of a user thread, or the work of a device's worker.</summary>
internal struct Call
{
    /// <summary><see cref="Line"/> of the work of a killed process, which answers no line.</summary>
    public const byte NoLine = byte.MaxValue;

    public bool Active;

    /// <summary>An exit of the calling process, which ends the process itself.</summary>
    public bool IsExit;

    /// <summary>The line that this call will answer.</summary>
    public byte Line;

    public Phase Phase;

    /// <summary>Where the file release that is under way stands.</summary>
    public Phase ReleasePhase;

    /// <summary>The instance whose wait queue the call sleeps in.</summary>
    public byte WaitInstance;

    /// <summary>vfio_wait was woken since it went to sleep.</summary>
    public bool Woken;

    /// <summary>A release of the device's file flagged this sleep (<see cref="Dialect.CloseWakesWaiters"/>).</summary>
    public bool CloseFlagged;

    /// <summary>The task has a fatal signal pending.</summary>
    public bool Fatal;

    /// <summary>Files that the call holds, + 1 (fdget).</summary>
    public byte File;
    public byte OtherFile;

    /// <summary>Notifications sent for the same mapping in a row, and that mapping + 1 (4.2).</summary>
    public byte Retries;
    public byte LastMapping;

    /// <summary>UNMAP: devices of this round that were notified, bit by device. Worker: retries after EFAULT.</summary>
    public byte Progress;

    /// <summary>UNMAP: bytes unmapped so far. dma_rw: bytes done so far. unpin: the iova from which it goes on.</summary>
    public ulong Done;

    /// <summary>UNMAP with GET_DIRTY_BITMAP: the user's bitmap so far.</summary>
    public UserWords UserWords;

    /// <summary>UNMAP: the iova and size that the notified mapping had.</summary>
    public ulong NotifyIova;
    public ulong NotifySize;

    /// <summary>What the call will return when its releases have run.</summary>
    public bool HasResult;
    public byte ResultRule;
    public AnswerKind ResultKind;
    public Errno Result;
    public ulong Value;

    public ReleaseQueue Releases;
}

[InlineArray(Limits.TasksMax)]
internal struct Calls
{
    private Call first;
}

[InlineArray(Capacity.Releases)]
internal struct ReleaseList
{
    private byte first;
}

/// <summary>
/// Files to release, as the kernel's task work runs them: the newest of a batch first, and what a release itself adds
/// only after the batch (type1-semantics 6.4; kernel/task_work.c task_work_run).
/// </summary>
internal struct ReleaseQueue
{
    private ReleaseList batch;
    private ReleaseList next;
    private byte batchCount;
    private byte nextCount;

    public readonly bool IsEmpty => batchCount == 0 && nextCount == 0;

    /// <summary>The file whose release is under way.</summary>
    public readonly int Now => batch[batchCount - 1];

    public void Add(int file) => next[nextCount++] = (byte)file;

    /// <summary>The file to release now; stays until <see cref="RemoveCurrent"/>.</summary>
    public int Current()
    {
        if (batchCount == 0)
        {
            batch = next;
            batchCount = nextCount;
            nextCount = 0;
        }
        return batch[batchCount - 1];
    }

    public void RemoveCurrent() => batch[--batchCount] = 0;
}
