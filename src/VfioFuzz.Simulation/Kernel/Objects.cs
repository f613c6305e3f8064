using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>struct vfio_dma (type1-semantics 2.1). Free when it belongs to no instance.</summary>
internal struct Mapping
{
    public ulong Iova;
    public ulong Size;
    public ulong Vaddr;

    /// <summary>Instance + 1; 0: this entry is free.</summary>
    public byte InUse;

    /// <summary>
    /// The process whose group leader (dma->task) or, in designs that record it, whose mm (dma->mm) is charged and pinned from;
    /// <see cref="MachineState.Nobody"/> when that task or mm was replaced by exec.
    /// </summary>
    public byte Owner;

    private byte prot;

    public MappingFlags Flags;

    /// <summary>dma->locked_vm: pages that were charged for this mapping and not taken off again. 0 in designs that do not count them.</summary>
    public short LockedVm;

    /// <summary>IOMMU_READ and IOMMU_WRITE; never changes.</summary>
    public Access Prot
    {
        readonly get => (Access)prot;
        set => prot = (byte)value;
    }
}

[Flags]
internal enum MappingFlags : byte
{
    None = 0,

    /// <summary>iommu_mapped.</summary>
    IommuMapped = 1,

    VaddrInvalid = 2,

    /// <summary>lock_cap: CAP_IPC_LOCK at MAP time skips the limit, not the charge.</summary>
    LockCap = 4,

    /// <summary>Translated through a file: the vaddr stands for an offset from the window's base.</summary>
    FileBacked = 8,

    /// <summary>That file is the memfd s0, not the file f0.</summary>
    OfMemfd = 16,
}

/// <summary>
/// struct vfio_pfn, and beside it the drivers' records of the same page: a driver's record and type1's reference are made and dropped
/// in one step. A driver that recorded later would leave a window in which a notification finds nothing, which is the driver's
/// defect and not the subject.
/// </summary>
internal struct ExternalPin
{
    /// <summary>
    /// Byte offset of the pin's exact iova from its mapping's (nodes are keyed by byte, type1-semantics 5.2); below zero when only the page's
    /// tail lies in the mapping (bug-zoo L11).
    /// </summary>
    public int Offset;

    /// <summary>Mapping + 1; 0: this entry is free.</summary>
    public byte InUse;

    public byte Frame;

    /// <summary>vfio_pfn.ref_count.</summary>
    public byte References;

    /// <summary>For each device the access of its records, newest in bit 0 (1: write), under a leading 1. 0: no record.</summary>
    public RecordStacks Records;
}

[InlineArray(Limits.DevicesMax)]
internal struct RecordStacks
{
    private byte first;
}

/// <summary>struct vfio_iommu (type1-semantics 2.2).</summary>
internal struct Instance
{
    public InstanceFlags Flags;

    /// <summary>Groups attached behind the IOMMU, a bit for each device. All share one domain: same ops, same coherency.</summary>
    public byte DomainGroups;

    /// <summary>Emulated groups, a bit for each device.</summary>
    public byte EmulatedGroups;

    public ValidIovas ValidIovas;

    /// <summary>vaddr_invalid_count.</summary>
    public byte InvalidCount;

    /// <summary>device_list, newest first: device + 1, 0 ends it.</summary>
    public RegisteredDevices DeviceList;

    /// <summary>dma_avail.</summary>
    public ushort Available;

    /// <summary>dma_entry_limit as SET_IOMMU read it.</summary>
    public ushort Limit;
}

[InlineArray(Limits.DevicesMax)]
internal struct RegisteredDevices
{
    private byte first;
}

[Flags]
internal enum InstanceFlags : byte
{
    None = 0,
    Exists = 1,
    V2 = 2,
    Nesting = 4,

    /// <summary>container_open: never set back once the container's file is gone (type1-semantics 5.5).</summary>
    ContainerOpen = 8,
}

/// <summary>iova_list, of which only three values occur with one kind of IOMMU.</summary>
internal enum ValidIovas : byte
{
    /// <summary>Never had a domain: anything goes.</summary>
    Unrestricted = 0,

    /// <summary>The aperture without the MSI window.</summary>
    Aperture = 1,

    /// <summary>[0, 2^64-1] after the last domain went and emulated groups stayed (bug-zoo L13).</summary>
    Everything = 2,
}

/// <summary>struct vfio_container. Lives while its file or an attached group refers to it.</summary>
internal struct Container
{
    /// <summary>kref.</summary>
    public byte References;

    /// <summary>group_list, a bit for each device's group.</summary>
    public byte Groups;

    /// <summary>iommu_data: instance + 1; 0: no iommu driver set.</summary>
    public byte Instance;
}

/// <summary>A vfio_device with its group and, for an mdev, its driver's state. Every device has a group of its own.</summary>
internal struct Device
{
    public byte OpenCount;

    /// <summary>group->opened_file: file + 1; 0: the group is not open.</summary>
    public byte OpenedFile;

    /// <summary>group->container: container + 1.</summary>
    public byte Container;

    public byte ContainerUsers;

    /// <summary>Notifications that the callback has ignored since the device was opened.</summary>
    public byte Refused;

    public DeviceFlags Flags;

    /// <summary>The driver's worker takes work: from the first open until close_device begins.</summary>
    public readonly bool AcceptsWork => (Flags & DeviceFlags.AcceptsWork) != 0;

    /// <summary>kthread_stop was called (by=kthread).</summary>
    public readonly bool ShouldStop => (Flags & DeviceFlags.ShouldStop) != 0;
}

[Flags]
internal enum DeviceFlags : byte
{
    None = 0,
    AcceptsWork = 1,
    ShouldStop = 2,

    /// <summary>Its driver is gone: neither it nor its group is there any more.</summary>
    Unbound = 4,

    /// <summary>Its group's DMA is vfio's: of a container, or of an attach under way (iommu_group_claim_dma_owner).</summary>
    Claimed = 8,

    /// <summary>A driver of the host has the sibling, and the group's DMA with it.</summary>
    SiblingBound = 16,
}

/// <summary>struct file.</summary>
internal struct OpenFile
{
    /// <summary>fd tables, calls in flight, messages, and devices that hold their group's file.</summary>
    public byte References;

    public FileKind Kind;

    /// <summary>The container, or the device whose fd or group fd this is.</summary>
    public byte Object;

    /// <summary>Next file + 1 on the task_work list of whoever dropped the last reference.</summary>
    public byte Next;
}

internal enum FileKind : byte
{
    None = 0,
    Container,
    Group,
    Device,
}

/// <summary>A process: fd table, limits, mm accounting and mailbox.</summary>
internal struct Process
{
    /// <summary>File + 1 at each slot.</summary>
    public SlotFiles Slots;

    public Mailbox Mailbox;

    /// <summary>Bit s: slot s closes on exec.</summary>
    public ushort CloseOnExec;

    /// <summary>Soft RLIMIT_MEMLOCK in pages; <see cref="Unlimited"/> stands for any value that no charge can reach.</summary>
    public ushort Limit;

    /// <summary>mm->locked_vm; below zero after an underflow (bug-zoo BZ-01).</summary>
    public short LockedVm;

    public ProcessState State;

    /// <summary>Bit t: thread t has not run exit_mm yet.</summary>
    public byte MmThreads;

    /// <summary>Bit t: thread t exists.</summary>
    public byte Threads;

    /// <summary>Bit t: thread t has CAP_IPC_LOCK.</summary>
    public byte Capable;

    private byte leaderAndOwnLocked;

    /// <summary>Line + 1 of the exit that this process called.</summary>
    public byte ExitLine;

    public const ushort Unlimited = ushort.MaxValue;

    /// <summary>The thread that is group leader: 0, or the one that called exec.</summary>
    public byte Leader
    {
        readonly get => (byte)(leaderAndOwnLocked & 1);
        set => leaderAndOwnLocked = (byte)((leaderAndOwnLocked & ~1) | value);
    }

    /// <summary>Pages of its own that the process has locked with mlock; LockedVm counts them too.</summary>
    public byte OwnLocked
    {
        readonly get => (byte)(leaderAndOwnLocked >> 1);
        set => leaderAndOwnLocked = (byte)((value << 1) | (leaderAndOwnLocked & 1));
    }
}

[InlineArray(Limits.SlotsMax)]
internal struct SlotFiles
{
    private byte first;
}

/// <summary>Files in flight, oldest first: file + 1, 0 ends it. The mailbox outlives its process.</summary>
[InlineArray(Limits.MailboxMax)]
internal struct Mailbox
{
    private byte first;
}

internal enum ProcessState : byte
{
    NotBorn = 0,
    Alive,

    /// <summary>exit_group or SIGKILL has been seen; its threads are on their way out.</summary>
    Exiting,

    /// <summary>Reaped.</summary>
    Dead,
}
