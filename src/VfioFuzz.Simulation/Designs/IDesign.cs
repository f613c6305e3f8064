using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>
/// Where a simulated kernel differs from v6.0-v6.2 (dialect BLK3): the defaults are that kernel, and a design overrides what it
/// changes and nothing else. Machines are compiled for each design, so a question asked in a step costs nothing.
/// </summary>
internal interface IDesign
{
    static abstract string Name { get; }

    static abstract DialectName Dialect { get; }

    /// <summary>Whether MAP and UNMAP know the VADDR flag and VFIO_UPDATE_VADDR is offered at all.</summary>
    static virtual bool UpdatesVaddr => true;

    /// <summary>
    /// Whether vaddr updates and emulated groups exclude each other (ef3a3f6a294b): EBUSY for an invalidation with an emulated group
    /// and for any attach while a vaddr is invalid; the extension only with a driver and without an emulated group.
    /// </summary>
    static virtual bool ExcludesMediated => false;

    /// <summary>Whether charges follow the mapper's mm, also across exec (046eca5018f8, 90fdd158a695, 18e292705ba2).</summary>
    static virtual bool ChargesMm => false;

    /// <summary>
    /// Whether each mapping counts its own charges and a new owner takes over that count, not the pages that are there (046eca5018f8). The two part
    /// where a page is returned after its mm (KC-1); where mdevs and vaddr updates exclude each other nobody can tell.
    /// </summary>
    static virtual bool CountsCharges => false;

    /// <summary>Whether a user thread that wakes in vfio_wait oopses on kthread_should_stop (DL-19).</summary>
    static virtual bool WokenUserOopses => false;

    /// <summary>
    /// Whether the release of a container's file tells its instance, read without a lock, so that waiters are woken (vfio_fops_release; gone
    /// with the waiting in v6.3).
    /// </summary>
    static virtual bool NotifiesContainerClose => true;

    /// <summary>SET_CONTAINER with an fd that is no container (corrections C6).</summary>
    static virtual Errno ForeignContainer => Errno.EINVAL;

    /// <summary>Whether lookups find a mapping that ends at 2^64; before v6.18 its end computes to 0 and they do not (bug-zoo BZ-16).</summary>
    static virtual bool FindsLastPage => true;

    /// <summary>What the close of a device does for those who sleep in vfio_wait on its behalf.</summary>
    static virtual CloseWake CloseWakes => CloseWake.Nobody;

    /// <summary>The operations beyond the type1 uapi that the design knows; the others answer ENOTTY.</summary>
    static virtual DesignOperations Knows => DesignOperations.None;

    /// <summary>
    /// Whether MAP of a range that is wholly one shared file's keeps the file and translates through it ever after (deadlocks 8.3,
    /// 2022-10-11); MAP_FILE always does.
    /// </summary>
    static virtual bool KeepsFile => false;

    /// <summary>How drivers are told of an UNMAP, and what they hold meanwhile.</summary>
    static virtual Notification Notifies => Notification.UnderDeviceList;

    /// <summary>Whether all devices are of one device set, as functions of one card may be (deadlocks DL-13).</summary>
    static virtual bool SharesDeviceSet => false;

    /// <summary>Whether a caller's pin and dma_rw come from a fault handler, with mmap_lock held for read (deadlocks DL-20).</summary>
    static virtual bool PinsInFault => false;

    /// <summary>Whether the machine is a mutant: then <see cref="Slip"/> says what it does wrong.</summary>
    static virtual bool CanSlip => false;
}

/// <summary>What the close of a device does for those who sleep in vfio_wait on its behalf.</summary>
internal enum CloseWake
{
    /// <summary>Nothing: only a vaddr, a removal or the container's last close wakes.</summary>
    Nobody,

    /// <summary>
    /// Each release of a device file flags and wakes who is on the list now; the flag lies in the list's entry and goes with it
    /// (deadlocks 8.3, 2022-10-10).
    /// </summary>
    ListedWaiters,

    /// <summary>The last close sets a flag of the device that stays until the next first open, tested before and after each sleep.</summary>
    StickyFlag,
}

/// <summary>How drivers are told of an UNMAP.</summary>
internal enum Notification
{
    /// <summary>v6.0 and later: under device_list_lock, taken under the iommu mutex (deadlocks DL-23).</summary>
    UnderDeviceList,

    /// <summary>To v5.19: under the notifier chain's rwsem for read, without the mutex; (un)registering takes it for write (DL-08'').</summary>
    UnderNotifierChain,

    /// <summary>iommufd: each access is referenced and told with no lock held.</summary>
    WithoutLock,
}

/// <summary>Operations that only some designs know.</summary>
[Flags]
internal enum DesignOperations
{
    None = 0,
    MapFile = 1,
    ChangeMm = 2,
    ChangeProcess = 4,

    /// <summary>truncate and punch-hole of the world's file.</summary>
    FileSize = 8,
    Unbind = 16,
}
