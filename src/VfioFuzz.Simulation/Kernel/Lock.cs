using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>Numbers of the kernel's sleeping locks, as in v6.0-v6.2 (deadlocks F6, type1-semantics 7.2).</summary>
internal static class Lock
{
    private const int Iommu = 1;
    private const int DeviceListBase = Iommu + MachineState.InstancesMax;
    private const int ContainerBase = DeviceListBase + MachineState.InstancesMax;
    private const int GroupBase = ContainerBase + MachineState.ContainersMax;
    private const int DeviceSetBase = GroupBase + Limits.DevicesMax;
    private const int DriverBase = DeviceSetBase + Limits.DevicesMax;

    /// <summary>The one mutex of all drivers that say lock=shared.</summary>
    public const byte SharedDriver = DriverBase + Limits.DevicesMax;

    private const int MmapBase = SharedDriver + 1;

    public const int Count = MmapBase + Limits.ProcessesMax;

    /// <summary>In <see cref="TaskState.Wants"/>: for read.</summary>
    public const byte ForRead = 0x40;

    /// <summary>In <see cref="MachineState.Locks"/>: base of the number of readers.</summary>
    public const byte Readers = 0x80;

    /// <summary>vfio_iommu.lock: mappings and everything about them.</summary>
    public static byte IommuMutex(int instance) => (byte)(Iommu + instance);

    /// <summary>vfio_iommu.device_list_lock.</summary>
    public static byte DeviceList(int instance) => (byte)(DeviceListBase + instance);

    /// <summary>vfio_container.group_lock, a rwsem.</summary>
    public static byte ContainerGroups(int container) => (byte)(ContainerBase + container);

    /// <summary>vfio_group.group_lock.</summary>
    public static byte Group(int device) => (byte)(GroupBase + device);

    /// <summary>vfio_device_set.lock; mdevs and these pci devices have sets of their own.</summary>
    public static byte DeviceSet(int device) => (byte)(DeviceSetBase + device);

    /// <summary>A driver's mutex (lock=own).</summary>
    public static byte Driver(int device) => (byte)(DriverBase + device);

    /// <summary>mm.mmap_lock of a process, a rwsem. Taken where somebody waits with it held; elsewhere inside steps.</summary>
    public static byte Mmap(int process) => (byte)(MmapBase + process);

    /// <summary>
    /// What a task wants (<see cref="TaskState.Wants"/>) without whose it is: locks of one class, for read or write, are one kind; events are their own.
    /// </summary>
    public static int KindOf(byte wants)
    {
        if (wants >= Wait.First)
            return wants;
        var kind = (wants & ~ForRead) switch
        {
            < DeviceListBase => 1,
            < ContainerBase => 2,
            < GroupBase => 3,
            < DeviceSetBase => 4,
            < DriverBase => 5,
            <= SharedDriver => 6,
            _ => 7,
        };
        return kind | (wants & ForRead);
    }

    public static string Describe(int number) => number switch
    {
        < DeviceListBase => $"iommu mutex {number - Iommu}",
        < ContainerBase => $"device_list_lock {number - DeviceListBase}",
        < GroupBase => $"group_lock of container {number - ContainerBase}",
        < DeviceSetBase => $"group lock of d{number - GroupBase}",
        < DriverBase => $"dev_set lock of d{number - DeviceSetBase}",
        < SharedDriver => $"driver lock of d{number - DriverBase}",
        SharedDriver => "shared driver lock",
        _ => $"mmap_lock of p{number - MmapBase}",
    };
}

/// <summary>What a task may wait for that is not a lock, in <see cref="TaskState.Wants"/>.</summary>
internal static class Wait
{
    public const byte First = 0x80;

    /// <summary>On vaddr_wait, TASK_KILLABLE. Only a waker moves a task on from here.</summary>
    public const byte Vaddr = 0x80;

    /// <summary>Until the worker of <see cref="TaskState.Device"/> has no work (flush_work, kthread_stop): not killable.</summary>
    public const byte WorkerIdle = 0x81;

    /// <summary>As <see cref="WorkerIdle"/>, killable: a join.</summary>
    public const byte WorkerJoined = 0x82;

    /// <summary>Until process <see cref="TaskState.Cursor"/> is reaped; killable.</summary>
    public const byte Reaped = 0x83;

    /// <summary>de_thread: until the sibling is gone; killable.</summary>
    public const byte SiblingGone = 0x84;

    /// <summary>Until nobody has <see cref="TaskState.Device"/> open; not killable.</summary>
    public const byte DeviceUnused = 0x85;
}
