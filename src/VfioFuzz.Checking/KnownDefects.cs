using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>The defects of real kernels that are known.</summary>
public static class KnownDefects
{
    /// <summary>Part of no design's name: time does not pass in a simulation.</summary>
    private const string NoDesign = "?none";

    private static readonly ImmutableArray<DialectName> Waiting =
        [DialectName.Blk1, DialectName.Blk2, DialectName.Blk3, DialectName.Chain, DialectName.Waiters, DialectName.Sticky];

    private static readonly ImmutableArray<DialectName> SinceDeviceList =
    [
        DialectName.Blk3, DialectName.Waiters, DialectName.Sticky, DialectName.S61, DialectName.Exc, DialectName.Ovf, DialectName.Removal,
        DialectName.File, DialectName.ChangeMm, DialectName.Waiting61,
    ];

    /// <summary>Designs that no release has, drawn from v6.3.</summary>
    private static readonly ImmutableArray<DialectName> Designs = [DialectName.File, DialectName.ChangeMm, DialectName.Iommufd];

    /// <summary>
    /// The unmap path calls drivers back under the device-list lock and they take the iommu mutex; a second unmap, or a device being opened
    /// or closed, takes the two the other way round.
    /// </summary>
    public static KnownDefect LockInversion { get; } = new(
        "DL-23",
        "an unmap of a mapping with external pins deadlocks against a second one, or against open or close of an mdev of the container",
        "v6.0 to 7.3.4 at least",
        SinceDeviceList,
        LockInversions.CanHappen,
        [
            .. LockInversions.Others.Select(other =>
                new DefectSign(RuleBook.Stuck.Name, ["unmap @ vfio_iommu_type1_unpin_pages", other])),
            .. LockInversions.Others.Select(other =>
                new DefectSign(RuleBook.Deadlock.Name, ["unmap @ vfio_iommu_type1_unpin_pages", other])),
            new DefectSign(RuleBook.Deadlock.Name, ["unmap @ dma_unmap callback: vfio_unpin_pages", "unmap @ vfio_notify_dma_unmap"]),
            new DefectSign(RuleBook.Deadlock.Name, ["unmap @ dma_unmap callback: vfio_unpin_pages", "register_device"]),
            .. LockInversions.Reports.Select(report => new DefectSign(RuleBook.ConsoleClean.Name, ["possible circular locking", report])),
        ],
        "deadlocks 8.2 DL-23; corrections C23");

    /// <summary>
    /// Ends are computed as iova + size, which is 0 for a mapping of the last page: lookups never find it, and a lookup of a range that ends there finds
    /// nothing. The same sum makes an UNMAP of such a range find nothing (rule unmap.top): it harms nobody there and is taken as the contract; in a
    /// MAP it lets mappings overlap.
    /// </summary>
    public static KnownDefect LastPage { get; } = new(
        "BZ-16",
        "a mapping that ends at 2^64 is not found again, and a MAP of a range that ends there finds no other: a duplicate succeeds, pins answer EINVAL, unmap finds nothing",
        "to v6.17",
        [DialectName.Pre, .. Waiting, DialectName.Waiting61, DialectName.S61, DialectName.Exc, DialectName.Removal],
        LastPages.CanHappen,
        [
            new DefectSign(RuleBook.AnswerAllowed.Name, [], LastPages.IsAnswer),
            new DefectSign(RuleBook.LockedVm.Name, [], LastPages.IsAmount),
            new DefectSign(RuleBook.PinBalance.Name, ["leaked"], LastPages.IsAmount),
            new DefectSign("I1", ["overlap"]),
        ],
        "bug-zoo BZ-16; notes/real-kernel, known defects 2")
    {
        Design = "last-page=faithful",
    };

    /// <summary>Uncharging goes to whatever mm the mapper has now: after exec, to one that was never charged.</summary>
    public static KnownDefect Underflow { get; } = new(
        "BZ-01",
        "after the mapper's exec an unmap uncharges the new mm: locked_vm underflows and then exceeds every limit",
        "to v6.2, mended in stable kernels",
        Waiting,
        Underflows.CanHappen,
        [new DefectSign(RuleBook.LockedVm.Name, [], seen => IsAsModelled(seen) && Underflows.IsAmount(seen))],
        "bug-zoo BZ-01");

    /// <summary>A driver that still has pins after eleven notifications meets BUG_ON with the iommu mutex held.</summary>
    public static KnownDefect UnpinnedTooLate { get; } = new(
        "L2",
        "a driver that does not unpin in eleven notifications, or pinned an iova that lies before the mapping, meets BUG_ON in unmap",
        "all",
        [DialectName.Pre, .. Waiting, DialectName.S61, DialectName.Exc, DialectName.Ovf, DialectName.Removal, .. Designs, DialectName.Waiting61,
            DialectName.Unspecified],
        OddPins.CanHappen,
        [
            new DefectSign(RuleBook.KernelBug.Name, ["vfio_dma_do_unmap: BUG_ON(++retries"]),
            new DefectSign(RuleBook.KernelBug.Name, ["kernel BUG at drivers/vfio/vfio_iommu_typeN.c:N! in vfio_iommu_type1_ioctl"]),
        ],
        "bug-zoo L2, L11; corrections C20");

    /// <summary>
    /// Pins are kept by exact iova, charges by page: one between two pages is charged beside the page's own charge and returned with a
    /// mapping that it may not have been taken from.
    /// </summary>
    public static KnownDefect UnalignedPin { get; } = new(
        "L11",
        "a pin of an iova that is no page's start is charged twice, or looked up in another mapping when it is returned",
        "v6.0 and later",
        [.. SinceDeviceList, DialectName.Chain, DialectName.Iommufd, DialectName.Unspecified],
        OddPins.HasUnaligned,
        [
            new DefectSign(RuleBook.LockedVm.Name, [], seen => IsAsModelled(seen) && OddPins.IsAmount(seen)),
            new DefectSign(RuleBook.PinBalance.Name, ["leaked"], OddPins.IsAmount),
        ],
        "bug-zoo L11");

    /// <summary>A user thread that wakes in vfio_wait is taken for a kernel thread.</summary>
    public static KnownDefect ShouldStop { get; } = new(
        "DL-19",
        "a user thread woken in vfio_wait evaluates kthread_should_stop and oopses with the iommu mutex held",
        "v5.12 to v6.2; seen on 6.1.192 without its guards",
        [.. Waiting, DialectName.Waiting61],
        program => program.Lines.Any(line => Invalidates(line.Operation)) && program.Lines.Any(line => MayWait(line.Operation)),
        [
            new DefectSign(RuleBook.KernelBug.Name, ["oops: kthread_should_stop by a user thread woken in vfio_wait"]),
            new DefectSign(RuleBook.KernelBug.Name, ["nable to handle", " in kthread_should_stop"]),
            new DefectSign(RuleBook.KernelBug.Name, ["NULL pointer dereference", " in kthread_should_stop"]),
            new DefectSign(RuleBook.KernelBug.Name, ["WARNING: ", " at kernel/kthread.c", " in kthread_should_stop"]),
        ],
        "deadlocks 8.2 DL-19")
    {
        Design = "should-stop=faithful",
        MendedBy = "should-stop",
    };

    /// <summary>
    /// An attach whose replay cannot pin looks up every page of every mapping to undo it, pages that it never came to included, with the iommu
    /// mutex held (read in vfio_iommu_replay). Replaying it took 8 s in all for 16 GiB and 16 s for 128 GiB, a boot included, on a busy host with
    /// 6.1.192; with 6.12.117, 128 GiB took 2 s beside the boot behind Intel's IOMMU and 3 s behind virtio's.
    /// </summary>
    public static KnownDefect UnwindByPages { get; } = new(
        "RU-1",
        "an attach that fails in replay walks each mapping page by page, pinned or not: the guest seems to hang with a large one",
        "seen on 6.1.192 and 6.12.117",
        [DialectName.S61, DialectName.Waiting61, DialectName.Exc],
        LongUnwinds.CanHappen,
        [
            new DefectSign(RuleBook.Stuck.Name, [], LongUnwinds.IsHang),
            .. LongUnwinds.Functions.Select(function =>
                new DefectSign(RuleBook.KernelBug.Name, ["soft lockup", $" in {function}"], LongUnwinds.IsLockup)),
        ],
        "first seen by this project: corpus/regressions/ru-1-attach-unwinds-page-by-page.vprog")
    {
        Design = NoDesign,
    };

    /// <summary>
    /// Container ioctls read the instance without a lock: a MAP, UNMAP or GET_INFO that waits for the iommu mutex outlives the detach of the last
    /// group, which frees the instance and its list of iova ranges and puts its mappings' tasks (read in vfio_fops_unl_ioctl,
    /// vfio_iommu_type1_detach_group and vfio_iommu_type1_release of 6.1.192: the last takes no mutex).
    /// </summary>
    public static KnownDefect DetachedUnderway { get; } = new(
        "UD-1",
        "MAP, UNMAP or GET_INFO racing the detach of the container's last group works on a freed instance",
        "seen on 6.1.192",
        [.. SinceDeviceList, DialectName.Chain, DialectName.Iommufd],
        LateDetaches.CanHappen,
        [
            new DefectSign(RuleBook.AnswerAllowed.Name, [], LateDetaches.IsAnswer),
            new DefectSign(RuleBook.KernelBug.Name, ["use after free: vfio_dma_do_map waits for the mutex of a freed vfio_iommu"]),
            new DefectSign(RuleBook.KernelBug.Name, ["use after free: vfio_dma_do_unmap waits for the mutex of a freed vfio_iommu"]),
            new DefectSign(RuleBook.KernelBug.Name, ["use after free: vfio_iommu_typeN_get_info waits for the mutex of a freed vfio_iommu"]),
            new DefectSign(RuleBook.KernelBug.Name, ["general protection fault", " in vfio_iommu_type1_ioctl"]),
            new DefectSign(RuleBook.ConsoleClean.Name, ["WARNING: ", "__put_task_struct"]),
            new DefectSign(RuleBook.ConsoleClean.Name, ["refcount_t: underflow; use-after-free"]),
        ],
        "first seen by this project: corpus/regressions/unmap-against-last-detach.vprog");

    /// <summary>
    /// The release of a container's file reads driver and instance without a lock to wake waiters (read in vfio_fops_release of 6.1.192): the
    /// detach of the last group may free the instance before its mutex is taken.
    /// </summary>
    public static KnownDefect ClosedUnderway { get; } = new(
        "UD-2",
        "close of a container racing the detach of its last group notifies a freed instance",
        "v5.12 to v6.2, stable 6.1, derived",
        [.. Waiting, DialectName.Waiting61, DialectName.S61],
        LateDetaches.CanCloseUnderway,
        [new DefectSign(RuleBook.KernelBug.Name, ["use after free: vfio_fops_release waits for the mutex of a freed vfio_iommu"])],
        "first seen by this project: corpus/regressions/close-against-last-detach.vprog");

    /// <summary>
    /// A replay translates a page that a driver has pinned and been charged for, and finds a device's memory there by now: the charge stays with
    /// the mapper for good (read in vfio_pin_pages_remote, vfio_unpin_pages_remote and vfio_iommu_type1_unpin_pages).
    /// </summary>
    public static KnownDefect LostCharge { get; } = new(
        "LC-1",
        "a charge for a pinned page is never returned when an attach finds a device's memory mapped over the page",
        "seen on 6.1.192 and 6.12.117",
        [DialectName.Pre, .. Waiting, DialectName.S61, DialectName.Exc, DialectName.Ovf, DialectName.Removal, .. Designs],
        LostCharges.CanHappen,
        [new DefectSign(RuleBook.LockedVm.Name, [], seen => IsAsModelled(seen) && LostCharges.IsAmount(seen))],
        "first seen by this project: corpus/regressions/lc-1-charge-under-device-memory.vprog");

    /// <summary>
    /// Where a pin for reading takes the page of zeros, which nobody is charged for, a replay at the pinned iova charges nothing for the page that it
    /// finds by then, and uncharges it at the end; zeros found over a page that was charged are LC-1 again (read in vfio_pin_pages_remote and
    /// vfio_unpin_pages_remote).
    /// </summary>
    public static KnownDefect UnevenZeros { get; } = new(
        "ZC-1",
        "an attach that finds memory where a driver pinned the page of zeros uncharges what was never charged, and one that finds zeros over a pinned page keeps its charge",
        "to v6.1; seen on 6.1.192",
        [DialectName.Pre, .. Waiting, DialectName.S61, DialectName.Waiting61],
        LostCharges.CanHappenByZeros,
        [
            new DefectSign(RuleBook.LockedVm.Name, [], seen => IsAsModelled(seen) && LostCharges.IsAmountByZeros(seen)),
            new DefectSign(RuleBook.ConsoleClean.Name, ["WARNING: ", "__account_locked_vm"]),
        ],
        "first seen by this project: corpus/regressions/zc-1-charge-missed-under-zeros.vprog");

    /// <summary>
    /// A pin that is returned when the mapper's mm is gone uncharges nobody, and the mapping's own count keeps the page: MAP+VADDR then charges it
    /// to the new owner, for good. Where mdevs and vaddr updates exclude each other no program comes to it.
    /// </summary>
    public static KnownDefect KeptCharge { get; } = new(
        "KC-1",
        "a pin returned after the mapper's exec stays in the mapping's count, and MAP with the vaddr flag charges it to the new owner for good",
        "seen on 6.1.192 without its guards",
        [DialectName.Waiting61],
        KeptCharges.CanHappen,
        [new DefectSign(RuleBook.LockedVm.Name, [], seen => IsAsModelled(seen) && LostCharges.IsAmount(seen))],
        "first seen by this project: corpus/regressions/kc-1-charge-kept-over-exec.vprog");

    /// <summary>
    /// An unbind waits for the last close of the device, interruptible once; killed, the waiter keeps its files, and one of them is what it waits for
    /// (read in vfio_unregister_group_dev). Where nobody else can close it, as when it is its own, the wait never ends.
    /// </summary>
    public static KnownDefect OwnUnbind { get; } = new(
        "OU-1",
        "a process that unbinds a device which it has open itself never dies when it is killed",
        "seen on 6.1.192 and 6.12.117",
        [DialectName.S61, DialectName.Waiting61, DialectName.Exc, DialectName.Unspecified],
        OwnUnbinds.CanHappen,
        [
            new DefectSign(RuleBook.Stuck.Name, ["unbind @ vfio_unregister_group_dev"]),
            new DefectSign(RuleBook.Deadlock.Name, ["unbind @ vfio_unregister_group_dev"]),
        ],
        "first seen by this project: corpus/regressions/unbind-of-the-own-device.vprog")
    {
        Design = "host=odd",
    };

    public static ImmutableArray<KnownDefect> All { get; } =
    [
        LockInversion, LastPage, Underflow, UnpinnedTooLate, UnalignedPin, ShouldStop, UnwindByPages, DetachedUnderway, ClosedUnderway, LostCharge,
        UnevenZeros, KeptCharge, OwnUnbind,
    ];

    /// <summary>The entry that explains a violation on a platform, or null: then it is news.</summary>
    public static KnownDefect? Explaining(SeenViolation seen, Platform platform) =>
        All.FirstOrDefault(defect => defect.AppliesTo(platform) && defect.Explains(seen));

    /// <summary>The first entry of a platform that a program can reach, or null.</summary>
    public static KnownDefect? Reached(Program program, Platform platform) =>
        All.FirstOrDefault(defect => defect.AppliesTo(platform) && defect.CanReach(program));

    /// <summary>
    /// A charge that stays in the end and that the model of the dialect counts too, page by page: one that it does not count is reported in the
    /// model's words and is news.
    /// </summary>
    private static bool IsAsModelled(SeenViolation seen) => seen.Key.Place == Judge.AfterTeardown;

    private static bool Invalidates(in Operation operation) =>
        operation.Kind == OperationKind.Unmap && (operation.UnmapFlags & UnmapFlags.Vaddr) != 0;

    /// <summary>What a user thread waits for a vaddr in: its own pin or dma_rw, and the replay of an attach (deadlocks DL-06, DL-09).</summary>
    private static bool MayWait(in Operation operation) =>
        operation.Kind is OperationKind.Pin or OperationKind.DmaRw or OperationKind.Attach;
}
