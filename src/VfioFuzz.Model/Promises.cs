using System.Collections.Immutable;

namespace VfioFuzz.Model;

/// <summary>
/// The dialects as data (type1-semantics 0.1): one row for each promise that differs between releases. What every release promises is
/// no row here but a rule (<see cref="Rules"/>), and what a machine is belongs to its platform.
/// </summary>
public static class Promises
{
    /// <summary>Every row, in the order of <see cref="Promise"/>.</summary>
    public static ImmutableArray<PromiseRow> All { get; } =
    [
        // PRE, BLK1, BLK2, BLK3, S61, EXC, OVF, and the removal that was proposed.
        new(Promise.KnowsUnmapAll, "- x x x x x x x",
            "UNMAP knows ALL and CHECK_EXTENSION says so; else the flag is unknown: EINVAL.",
            "type1-semantics 1.2, 1.6 rows 2, 8"),
        new(Promise.UpdatesVaddr, "- x x x x x x -",
            "MAP and UNMAP know VADDR; else the flag is unknown: EINVAL.",
            "type1-semantics 1.5 row 2, 1.6 row 2; deadlocks 8.3"),
        new(Promise.OffersUpdateVaddrBeforeSetIommu, "- x x x - - - -",
            "CHECK_EXTENSION(UPDATE_VADDR) is 1 always; else 1 with a driver and no emulated group.",
            "type1-semantics 1.2"),
        new(Promise.KnowsNesting, "x x x x x x - x",
            "SET_IOMMU and CHECK_EXTENSION know TYPE1_NESTING; else ENODEV and 0.",
            "type1-semantics 1.2, 1.3"),
        new(Promise.WaitsForVaddr, "- x x x - - - -",
            "pin, dma_rw and the replay of an attach sleep in vfio_wait while a vaddr they need is invalid.",
            "type1-semantics 5.5"),
        new(Promise.ForgetsThatItWaited, "- x - - - - - -",
            "After a wait vfio_pin_pages goes on where it slept; else it looks at every page again.",
            "type1-semantics 5.5; bug-zoo BZ-04"),
        new(Promise.ExcludesEmulatedGroups, "- - - - x x x x",
            "An invalid vaddr and an emulated group exclude each other: UNMAP+VADDR and SET_CONTAINER answer EBUSY.",
            "type1-semantics 1.6 row 5, 3.1 row 1"),
        new(Promise.ChangesOwner, "- - - - x x x x",
            "MAP+VADDR from another address space charges that one and makes it the owner; else nothing moves.",
            "type1-semantics 4.4; bug-zoo BZ-02"),
        new(Promise.RecordsAddressSpace, "x - - - x x x x",
            "Pins and charges go to the address space recorded at MAP; else to what the mapper's group leader has now.",
            "type1-semantics 6.1, 6.3; bug-zoo BZ-01"),
        new(Promise.UnmapStopsAtForeignMapping, "x x x - - - - -",
            "UNMAP stops silently at a mapping whose task now has another address space than the caller.",
            "type1-semantics 4.1 row 2; bug-zoo BZ-14"),
        new(Promise.UnmapFollowsTheTree, "x - - - - - - -",
            "UNMAP takes the mappings of its range in the order its tree gives, so what goes before it stops is open; "
                + "else ascending.",
            "type1-semantics 0.1 PRE"),
        new(Promise.NotifiesByChain, "x x x - - - - -",
            "UNMAP calls drivers oldest first, holding the notifier chain for reading and no mutex; else newest first, "
                + "with device_list_lock taken under the mutex.",
            "type1-semantics 4.2; deadlocks DL-23"),
        new(Promise.OpensDriverFirst, "- - - x x - - -",
            "The driver of an mdev is opened, then its device registered; between, nobody can be notified and a pin is refused.",
            "type1-semantics 5.6; corrections C5"),
        new(Promise.RegistersFirst, "x x x - - - x -",
            "The device of an mdev is registered before its driver takes work. A dialect with neither order changed it "
                + "on the way: both are allowed.",
            "type1-semantics 5.1, 5.6; corrections C5"),
        new(Promise.AttachLooksAtTheGroupFirst, "x x x - - - - -",
            "SET_CONTAINER of a group that has a container is EINVAL even with a bad fd; else EBADF comes first.",
            "type1-semantics 7.1 SET_CONTAINER"),
        new(Promise.ForeignContainerIsBadFd, "- - - - - x x x",
            "SET_CONTAINER with an fd that is no container's is EBADFD; else EINVAL.",
            "type1-semantics 7.1; corrections C6"),
        new(Promise.GetDeviceLooksAtTheContainerFirst, "x x x - - - - -",
            "GET_DEVICE_FD without a container is EINVAL whatever the name; else an unknown name is ENODEV first.",
            "type1-semantics 7.1 GET_DEVICE_FD"),
        new(Promise.DeviceKeepsGroupFile, "- - - x x x x x",
            "An open device refers to its group's file, whose release waits for it; else it keeps the container alone, "
                + "and the last device dissolves it.",
            "type1-semantics 7.2"),
        new(Promise.LocksGroups, "- - - x x x x x",
            "A call on a group waits for another one that sleeps in it; else it goes by the group's user count.",
            "type1-semantics 7.2 Locks"),
        new(Promise.ContainersRefuseMmap, "x x x - - - - -",
            "mmap of a container is EINVAL, from a handler of its own; else it has none: ENODEV, as of a group.",
            "type1-semantics 1; corrections C21"),
        new(Promise.ChecksOverflow, "- - - - - - x -",
            "Ranges that wrap are EOVERFLOW, before most other checks, and may end at 2^64.",
            "type1-semantics 1.5, 1.6 row 9, 5.2 row 4; corrections C4"),
        new(Promise.AlignsInfoCapabilities, "- - - - - x x x",
            "GET_INFO aligns its capabilities to 8 bytes and writes back as much of the struct as argsz has (v6.6); else DMA_AVAIL's 12 "
                + "bytes are followed at once, and 16 or 20 bytes are written.",
            "type1-semantics 1.4"),
        new(Promise.RefusesPinOfDeviceMemory, "- - - x x x x x",
            "vfio_pin_pages of a device's memory is EINVAL: there is no struct page; else drivers get its number, uncharged.",
            "type1-semantics 5.2 row 8; corrections C15; 6.1.192 for BLK3, whose first releases lacked the check"),
        new(Promise.RefusesPinWithoutCallback, "- - - - - x x x",
            "vfio_pin_pages by a driver without a dma_unmap callback is EINVAL; else it is refused only while no device with one is open.",
            "vfio_pin_pages of 6.12.117; v6.6; vfio_iommu_type1_pin_pages of 6.1.192"),
        new(Promise.ClaimsGroups, "- - - x x x x x",
            "SET_CONTAINER claims the DMA of the group: EPERM beside a driver of the host, which cannot be bound later: EBUSY; else such a group "
                + "is attached and gives no device: EINVAL, and a driver bound later is a BUG.",
            "corrections C19; iommu_group_claim_dma_owner (v5.19); type1-semantics 7.1 GET_DEVICE_FD"),
        new(Promise.UnsharesZeroPages, "- - - - - x x x",
            "A pin for reading of private memory that nobody wrote makes it a page of its own, which is charged; else the page of zeros is pinned, "
                + "reserved and so uncharged.",
            "corrections C9; type1-semantics 3 Reserved"),
        new(Promise.ListsWhileUnbinding, "- - - x x - - -",
            "GET_DEVICE_FD finds a device while an unbind waits for its last close, which waits for the new fd as well.",
            "vfio_unregister_group_dev of 6.1.192; type1-semantics 7.2"),
        new(Promise.UnlistsFirst, "- - - - - - x -",
            "GET_DEVICE_FD does not find a device that an unbind waits for: ENODEV. A dialect with neither order changed it on the way (v6.6): both "
                + "are allowed.",
            "vfio_unregister_group_dev of 6.12.117; v6.6"),
        // What designs add that no release has: Dialect.All says which.
        new(Promise.CloseWakesWaiters, "- - - - - - - -",
            "Each release of a device's file wakes those who wait for the device then: EFAULT.",
            "deadlocks 8.3, 2022-10-10"),
        new(Promise.CloseEndsWaits, "- - - - - - - -",
            "Who works for a device that is being closed does not go to sleep, and is woken: EFAULT.",
            "deadlocks 8.4 A'"),
        new(Promise.KeepsFile, "- - - - - - - -",
            "MAP of a range that is wholly one shared file's is translated through the file, whatever becomes of the mapper.",
            "deadlocks 8.3, 2022-10-11; 8.4 C"),
        new(Promise.KnowsMapFile, "- - - - - - - -",
            "MAP_FILE is known, and the world's file can be truncated and punched.",
            "iommufd-compat 10.2"),
        new(Promise.KnowsChangeMm, "- - - - - - - -",
            "CHANGE_MM makes every mapping of a container the caller's.",
            "deadlocks 8.4 D"),
        new(Promise.KnowsChangeProcess, "- - - - - - - -",
            "CHANGE_PROCESS does the same where all mappings are files', and answers EINVAL elsewhere.",
            "iommufd-compat 10.2"),
    ];

    /// <summary>The row of a promise.</summary>
    public static PromiseRow Of(Promise promise) => All[(int)promise];
}
