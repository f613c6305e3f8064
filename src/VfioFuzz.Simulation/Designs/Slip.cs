namespace VfioFuzz.Simulation.Designs;

/// <summary>
/// One small thing that a kernel does wrong. A mutant is a design with one of these, named <c>DESIGN~SLIP</c>; on which designs it
/// makes sense and which rule must catch it is said by <see cref="SlipTable"/>.
/// </summary>
internal enum Slip : byte
{
    None = 0,

    // Waiting and waking.

    /// <summary>The removal of an invalid mapping wakes nobody.</summary>
    ForgetsWakeOnUnmap,

    /// <summary>MAP with VADDR wakes nobody.</summary>
    ForgetsWakeOnMap,

    /// <summary>The last close of the container wakes nobody.</summary>
    ForgetsWakeOnContainerClose,

    /// <summary>MAP with VADDR wakes nobody while another vaddr is invalid.</summary>
    WakesOnMapOfLastInvalid,

    /// <summary>The removal of an invalid mapping wakes nobody while another vaddr is invalid.</summary>
    WakesOnUnmapOfLastInvalid,

    /// <summary>Only one of those who wait for a vaddr is woken.</summary>
    WakesFirstWaiterOnly,

    /// <summary>vfio_pin_pages tests the vaddr of its first page alone.</summary>
    TestsVaddrOfFirstPageOnly,

    /// <summary>vfio_dma_rw tests the vaddr of the first mapping alone.</summary>
    TestsVaddrOfFirstChunkOnly,

    /// <summary>An attach that slept replays, whatever else is invalid (bug-zoo BZ-04's kin).</summary>
    ReplaysAfterFirstWakeUp,

    /// <summary>vfio_pin_pages goes through an invalid vaddr.</summary>
    PinsInvalidVaddr,

    /// <summary>vfio_dma_rw goes through an invalid vaddr.</summary>
    CopiesThroughInvalidVaddr,

    /// <summary>An attach replays invalid mappings.</summary>
    ReplaysInvalidVaddr,

    /// <summary>After a sleep the scan for invalid pages goes on behind the page it slept for (bug-zoo BZ-04).</summary>
    ForgetsThatItWaited,

    /// <summary>vfio_wait sleeps with the iommu mutex held.</summary>
    SleepsWithMutex,

    /// <summary>vfio_wait ignores fatal signals.</summary>
    SleepsUnkillable,

    /// <summary>A killed sleeper wakes, finds the vaddr invalid and goes to sleep again, for ever.</summary>
    SpinsAfterKill,

    /// <summary>Only the first waiter of a closed device is flagged.</summary>
    FlagsFirstWaiterOnly,

    /// <summary>The close of a device flags every waiter of the container.</summary>
    FlagsWaitersOfAllDevices,

    /// <summary>Only the last close of a device flags its waiters.</summary>
    FlagsAtLastCloseOnly,

    /// <summary>Whether the container is closed is tested after the sleep alone (DL-04).</summary>
    TestsContainerAfterSleepOnly,

    /// <summary>The close flag is set once the worker has ended.</summary>
    FlagsAfterWorkerEnded,

    /// <summary>The sticky flag is tested after the sleep alone.</summary>
    TestsFlagAfterSleepOnly,

    /// <summary>The sticky flag is set, and nobody is woken.</summary>
    SetsFlagWithoutWaking,

    // Books of the vaddr update.

    /// <summary>vaddr_invalid_count keeps counting a removed mapping.</summary>
    ForgetsInvalidCountOnUnmap,

    /// <summary>A failed UNMAP with VADDR leaves its marks.</summary>
    LeavesMarksOfFailedInvalidate,

    /// <summary>A failed UNMAP with VADDR takes the marks back and leaves them counted.</summary>
    LeavesCountOfFailedInvalidate,

    /// <summary>MAP with VADDR takes any mapping that overlaps.</summary>
    SetsVaddrOfOverlapping,

    /// <summary>MAP with VADDR takes a mapping that is still valid.</summary>
    SetsVaddrOfValid,

    /// <summary>MAP with VADDR marks the mapping valid and keeps the old vaddr.</summary>
    KeepsOldVaddr,

    /// <summary>An invalidation beside an emulated group is let through (half of bug-zoo BZ-05).</summary>
    InvalidatesBesideMediated,

    /// <summary>An emulated group joins while a vaddr is invalid (the other half).</summary>
    AttachesWhileInvalid,

    /// <summary>VFIO_UPDATE_VADDR is offered whatever the groups are.</summary>
    OffersUpdateVaddrAlways,

    // MAP.

    /// <summary>A MAP that fails half-way forgets the pages it had pinned.</summary>
    LeaksPinOnFailedMap,

    /// <summary>A MAP that fails does not give its entry back (bug-zoo BZ-18).</summary>
    LosesEntryOfFailedMap,

    /// <summary>MAP tests for overlap by its first page alone.</summary>
    MapsOverTail,

    /// <summary>MAP does not test the valid iova ranges (bug-zoo BZ-47).</summary>
    MapsOverMsiWindow,

    /// <summary>A READ mapping is translated for writing too.</summary>
    TranslatesReadOnlyForWrite,

    // UNMAP.

    /// <summary>A mapping that ends at 2^64 is lost (bug-zoo BZ-16).</summary>
    LosesLastPage,

    /// <summary>UNMAP of v2 removes a mapping that its range bisects.</summary>
    UnmapsBisected,

    /// <summary>UNMAP ALL stops at 4 GiB (bug-zoo BZ-15).</summary>
    UnmapsAllOf32Bits,

    /// <summary>UNMAP by another process stops and says success (bug-zoo BZ-14).</summary>
    StopsAtForeignMapping,

    /// <summary>UNMAP reports the size of its last mapping alone.</summary>
    ReportsLastSizeOnly,

    /// <summary>UNMAP does not give the entry back.</summary>
    LosesEntryOnUnmap,

    /// <summary>Pages go back before the IOMMU forgets them.</summary>
    UnpinsBeforeInvalidate,

    /// <summary>UNMAP keeps the last page pinned.</summary>
    LeaksLastPageOnUnmap,

    /// <summary>UNMAP tells the newest device alone.</summary>
    NotifiesNewestDeviceOnly,

    /// <summary>UNMAP removes what it has notified, pins or not.</summary>
    RemovesAfterNotifying,

    /// <summary>UNMAP gives up on a driver two notifications too soon.</summary>
    BugsTwoNotificationsEarly,

    /// <summary>The driver's callback unpins the first page of the range whatever it pinned (bug-zoo BZ-39).</summary>
    CallbackUnpinsFirstPageOnly,

    // Pins.

    /// <summary>A pinned page is taken for an error: its API result is right and its record is not made (bug-zoo BZ-07).</summary>
    ForgetsRecordOfPin,

    /// <summary>A pin over the limit keeps its page (bug-zoo BZ-09).</summary>
    LeaksPinOverLimit,

    /// <summary>A pin that fails at a later page keeps the earlier ones.</summary>
    KeepsPagesOfFailedPin,

    /// <summary>A pin does not test the mapping's protection.</summary>
    PinsWithoutPermission,

    /// <summary>A second pin of a page does not count.</summary>
    ForgetsSecondReference,

    /// <summary>An unpin puts the page whatever references are left.</summary>
    UnpinsReferencedPage,

    /// <summary>The close of a device leaves its pins.</summary>
    CloseLeavesPins,

    /// <summary>The close of a device puts its pages whoever else has them pinned.</summary>
    CloseUnpinsForAllDevices,

    /// <summary>A pin that meets a device's memory keeps it (bug-zoo BZ-26's kin).</summary>
    LeaksPinOfDeviceMemory,

    /// <summary>vfio_dma_rw tests for write access in its first mapping alone.</summary>
    TestsAccessOfFirstChunkOnly,

    /// <summary>vfio_pin_pages tests for access at its first page alone.</summary>
    TestsAccessOfFirstPageOnly,

    /// <summary>vfio_dma_rw ends with the first mapping and says all was done.</summary>
    CopiesFirstChunkOnly,

    /// <summary>The close of a device does not wait for the worker.</summary>
    CloseLeavesWorker,

    // Accounting.

    /// <summary>A page that is pinned externally is charged again by the IOMMU's pin.</summary>
    ChargesPinnedPageTwice,

    /// <summary>A device's memory is charged (bug-zoo BZ-03's kin).</summary>
    ChargesDeviceMemory,

    /// <summary>A replay asks for the CAP_IPC_LOCK of the attacher's first thread, not for the mapping's (bug-zoo BZ-44's kin).</summary>
    TestsCapabilityOfAttacher,

    /// <summary>A replay that fails uncharges pages that are pinned externally too.</summary>
    UnwindUnchargesPins,

    /// <summary>External pins are not charged.</summary>
    PinsWithoutCharge,

    /// <summary>An unpin leaves the charge.</summary>
    ForgetsUnchargeOnUnpin,

    /// <summary>An UNMAP leaves the charge.</summary>
    ForgetsUnchargeOnUnmap,

    /// <summary>The limit is not tested.</summary>
    IgnoresLimit,

    /// <summary>CAP_IPC_LOCK of MAP's time does not count.</summary>
    IgnoresCapability,

    /// <summary>The charge goes to the caller (bug-zoo BZ-44's kin).</summary>
    ChargesCaller,

    /// <summary>Charges follow the process into its new mm (bug-zoo BZ-01).</summary>
    ChargesFollowExec,

    /// <summary>MAP with VADDR by another process charges nobody (bug-zoo BZ-02).</summary>
    ForgetsToChargeNewOwner,

    /// <summary>A change of owner charges bytes mapped, not pages pinned (bug-zoo BZ-03).</summary>
    ChargesSizeToNewOwner,

    /// <summary>CHANGE_MM does nothing without an emulated group: the list's optimisation for user space, made the kernel's.</summary>
    ChangesMmForMediatedOnly,

    /// <summary>A change of owner charges the caller for what is its own already, and takes that back afterwards.</summary>
    ChargesOwnTwiceMeanwhile,

    /// <summary>A change of owner leaves the former owner's charge.</summary>
    LeavesChargeOfOldOwner,

    /// <summary>A change of owner that meets the limit has moved some mappings already.</summary>
    MovesSomeBeforeLimit,

    /// <summary>MAP with VADDR by another process does not test its limit (the other half of bug-zoo BZ-02).</summary>
    RemapsPastLimit,

    /// <summary>MAP with VADDR by another process goes by the capability of the mapping's time, not by the caller's (bug-zoo BZ-44's kin).</summary>
    RemapsByCapabilityOfMapper,

    /// <summary>A change of owner does not test the limit.</summary>
    MovesPastLimit,

    /// <summary>A change of owner tests the limit for each mapping by itself, not for all that it charges.</summary>
    TestsLimitMappingByMapping,

    /// <summary>A change of owner that meets the limit keeps the caller charged for the mappings before (bug-zoo BZ-22's kin).</summary>
    KeepsChargesOfFailedMove,

    /// <summary>A change of owner uncharges the former owners before it charges the caller, whom the limit may refuse.</summary>
    UnchargesBeforeLimit,

    /// <summary>A change of owner charges pages twice that are translated and pinned.</summary>
    MovesPinnedPagesTwice,

    /// <summary>A change of owner asks for the caller's CAP_IPC_LOCK again for what is its own already.</summary>
    RenewsCapabilityOfOwn,

    /// <summary>A change of owner leaves the former owner's CAP_IPC_LOCK with the mapping.</summary>
    KeepsCapabilityOfOldOwner,

    /// <summary>A change of owner forgets the mapping with the highest iova.</summary>
    ForgetsLastMapping,

    /// <summary>A change of owner to a caller beside a dead owner fails when all is done (bug-zoo L15).</summary>
    FailsAfterDeadOwner,

    /// <summary>CHANGE_PROCESS takes mappings that are no file's.</summary>
    ChangesProcessOfPrivateMemory,

    // Attach and detach.

    /// <summary>A replay that fails leaves the mappings before (bug-zoo BZ-08).</summary>
    LeavesMappingsOfFailedReplay,

    /// <summary>A replay that fails leaves what it did of the mapping it failed in (the rest of bug-zoo BZ-08).</summary>
    LeavesHalfReplayedMapping,

    /// <summary>The iova ranges stay those of the last domain when it goes (bug-zoo L13).</summary>
    KeepsIovaListOfLastDomain,

    /// <summary>A replay tests for the MSI window too late: never.</summary>
    ReplaysIntoMsiWindow,

    /// <summary>The last domain's detach leaves its pages pinned beside an emulated group.</summary>
    DetachLeavesTranslations,

    /// <summary>The last domain's detach takes the mappings with it (bug-zoo BZ-12's kin).</summary>
    DetachRemovesMappings,

    /// <summary>The last domain's detach uncharges external pins too.</summary>
    DetachUnchargesPins,

    /// <summary>The close of a device leaves a user of its group's container.</summary>
    ForgetsContainerUser,

    /// <summary>The close of a device leaves a reference of its group's file (bug-zoo BZ-34).</summary>
    LeaksGroupFile,

    // Files.

    /// <summary>A pin of a file-backed mapping goes through the mapper's vaddr.</summary>
    PinsFileThroughVaddr,

    /// <summary>A file-backed mapping needs its mapper's mm.</summary>
    NeedsMmForFile,

    /// <summary>A range is taken for a file's by its first page.</summary>
    TakesFileOfFirstPage,

    /// <summary>A pin past the end of a file finds its old page.</summary>
    PinsPastEndOfFile,

    /// <summary>MAP_FILE ignores the offset.</summary>
    IgnoresFileOffset,
}
