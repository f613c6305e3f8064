using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>
/// The blocking wait as in v6.0-v6.2 (BLK3): pin, dma_rw and replay sleep in vfio_wait until a vaddr is valid again. User threads that are
/// woken survive (DL-19 mended), so that the other deadlocks can be seen, and a mapping of the last page is found (BZ-16 mended), so that it
/// does not hide other wrong answers.
/// </summary>
internal readonly struct Blocking : IDesign
{
    public static string Name => "blocking";

    public static DialectName Dialect => DialectName.Blk3;
}

/// <summary><see cref="Blocking"/> with the last page lost as it was before v6.18 (BZ-16).</summary>
internal readonly struct BlockingLastPageFaithful : IDesign
{
    public static string Name => "blocking?last-page=faithful";

    public static DialectName Dialect => DialectName.Blk3;

    public static bool FindsLastPage => false;
}

/// <summary><see cref="Blocking"/> as it was: a user thread woken in vfio_wait evaluates kthread_should_stop and oopses with the iommu mutex held (DL-19).</summary>
internal readonly struct BlockingShouldStopFaithful : IDesign
{
    public static string Name => "blocking?should-stop=faithful";

    public static DialectName Dialect => DialectName.Blk3;

    public static bool WokenUserOopses => true;
}

/// <summary>
/// <see cref="Blocking"/> as 6.1.y would be without its guards, which has the accounting of v6.3: the twin of the real kernel
/// <c>6.1-waiting-mended</c>.
/// </summary>
internal readonly struct BlockingStable : IDesign
{
    public static string Name => "blocking?stable=6.1";

    public static DialectName Dialect => DialectName.Waiting61;

    public static bool ChargesMm => true;

    public static bool CountsCharges => true;
}

/// <summary>
/// <see cref="Blocking"/> with the notifier chain of v5.19 in place of device_list_lock: UNMAP holds its rwsem for read, and no mutex, so
/// DL-23 and DL-08' are not there and DL-08'' is. The core around it stays that of v6.0, whose locks no earlier release has.
/// </summary>
internal readonly struct BlockingNotifierChain : IDesign
{
    public static string Name => "blocking?notify=chain";

    public static DialectName Dialect => DialectName.Chain;

    public static Notification Notifies => Notification.UnderNotifierChain;
}

/// <summary>
/// <see cref="Blocking"/> on an odd host: an administrator can unbind drivers (DL-11), all devices are of one device set (DL-13), and callers
/// pin from a fault handler (DL-20, no driver in the kernel's tree does).
/// </summary>
internal readonly struct BlockingOddHost : IDesign
{
    public static string Name => "blocking?host=odd";

    /// <summary>Nobody promises its answers: they are not judged, its states and deadlocks are.</summary>
    public static DialectName Dialect => DialectName.Unspecified;

    /// <summary>Underflows (BZ-01) mended: they would be found before anything else.</summary>
    public static bool ChargesMm => true;

    public static DesignOperations Knows => DesignOperations.Unbind;

    public static bool SharesDeviceSet => true;

    public static bool PinsInFault => true;
}
