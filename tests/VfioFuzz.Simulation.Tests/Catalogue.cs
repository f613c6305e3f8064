namespace VfioFuzz.Simulation.Tests;

/// <summary>
/// The deadlocks of deadlocks.md 8.2, each as one program for all designs, with what the worst of its schedules comes to on each, and beside it
/// what deadlocks.md 8.4 derived on paper.
/// </summary>
/// <param name="Id">As in deadlocks 8.2.</param>
/// <param name="World">The world line.</param>
/// <param name="Lines">The lines; one without a thread is p0.t0's.</param>
/// <param name="Grades">
/// For each of <see cref="Designs"/>: <c>-</c> nothing is left asleep, <c>b</c> somebody blocks while the users are idle, <c>k</c> a killed process
/// cannot die; a <c>!</c> when help of the live holders does not free all.
/// </param>
/// <param name="Paper">Y, p or - for the columns A A' B C D E F of deadlocks 8.4; empty where it has no row.</param>
/// <param name="Why">Where the two differ: who is right, and why.</param>
internal sealed record Catalogue(string Id, string World, string Lines, string Grades, string Paper, string Why = "")
{
    public static readonly string[] Designs =
        ["blocking", "waiters", "sticky", "removal", "file", "change-mm", "exclusion", "iommufd"];

    private const string Worker = "d0 mdev driver(by=worker)";
    private const string Locking = "d0 mdev driver(by=worker lock=own)";
    private const string Tenants = "d0 mdev driver(by=worker lock=shared)  d1 mdev driver(by=worker lock=shared)";
    private const string Files = "open container at=3; open group d0 at=4; attach 4 3; set-iommu 3 type1v2; ";
    private const string Open = Files + "get-device 4 d0 at=5; ";
    private const string Map = "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; ";
    private const string Invalidate = "unmap 3 iova=0x0 size=0x0 all vaddr; ";
    private const string Wait = "submit d0.w0 pin iova=0x0 pages=1 rw; ";
    private const string Waiting = Map + Invalidate + Wait;
    private const string Two = "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; map 3 iova=0x1000 size=0x1000 vaddr=page1 rw; "
        + "pin 5 iova=0x0 pages=1 rw; unmap 3 iova=0x1000 size=0x1000 vaddr; submit d0.w0 pin iova=0x1000 pages=1 rw; ";

    /// <summary>Another's container at the same slots of p1, with d1.</summary>
    private const string OfTheOther = "p1.t0: open container at=3; p1.t0: open group d1 at=4; p1.t0: attach 4 3; p1.t0: set-iommu 3 type1v2; "
        + "p1.t0: get-device 4 d1 at=5; ";

    private const string WithRetry = "A: the wake-up does end this with a driver that stops at EFAULT; what is left on paper is the driver that tries "
        + "again: DL-01 (retry), DL-05";

    public static readonly Catalogue[] All =
    [
        new("DL-01", Worker, Open + Waiting + "close 5", "k - - - - - - -", "p - - - - - -", WithRetry),
        new("DL-01 (retry)", "d0 mdev driver(by=worker on-efault=retry:1)",
            Open + Waiting + "close 5",
            "k k - - - - - -", "p - - - - - -"),
        new("DL-02", Worker, Open + Waiting + "exit", "k! - - - - - - -", "p - - - - - -", WithRetry),
        new("DL-02'", Worker, "open group d0 at=4; open container at=9; attach 4 9; set-iommu 9 type1v2; get-device 4 d0 at=5; "
            + "map 9 iova=0x0 size=0x1000 vaddr=page0 rw; unmap 9 iova=0x0 size=0x0 all vaddr; " + Wait + "exit", "- - - - - - - -", ""),
        new("DL-03", Worker, Open + "fork p1; " + Waiting + "close 5; p1.t0: close 5", "k - - - - - - -", "p - - - - - -", WithRetry),
        new("DL-03'", Worker, Open + "fork p1; " + Waiting + "exit", "k b b - - - - -", ""),
        new("DL-04", Worker,
            Open + Map + Invalidate + "close 3; " + Wait + "close 5",
            "k! - - - - - - -", "Y p - - - - -", "paper overlooks that the release of the device's own file flags its sleeper, whatever was closed before; with a driver that tries "
                + "again it is DL-05"),
        new("DL-05", "d0 mdev driver(by=worker on-efault=retry:2)",
            Open + Waiting + "close 3; close 5",
            "k! k! - - - - - -", "Y p - - - - -", "A': the flag of the device is tested before each sleep, so a driver that tries again gets EFAULT each time"),
        new("DL-06", "d0 mdev driver(by=caller)",
            Open + Map + Invalidate + "pin 5 iova=0x0 pages=1 rw",
            "b b b - - - - -", "Y Y - - - - -"),
        new("DL-07", Locking, Open + Waiting + "p0.t1: pin 5 iova=0x0 pages=1 rw", "k k k - - - - -", "Y Y - - - - -"),
        new("DL-08", Locking, Open + Two + "unmap 3 iova=0x0 size=0x1000", "k k k - - - - -", "Y Y - - - - -"),
        new("DL-08'", Locking + "  d1 mdev driver(by=worker)",
            Open + "open group d1 at=6; attach 6 3; " + Two + "unmap 3 iova=0x0 size=0x1000; fork p1; p0.t1: fork p1; p0.t1: get-device 6 d1 at=7",
            "k! k! k! - - - - -", "Y Y - - - - -"),
        new("DL-09", Worker + "  d1 pci",
            Open + "fork p1; open group d1 at=6; " + Map + Invalidate + "attach 6 3; p0.t1: check-extension 3 type1", "b b b - - - - -", "Y Y - - - - -"),
        new("DL-10", Locking, Open + Waiting + "p0.t1: pin 5 iova=0x0 pages=1 rw; exec", "k! k! k! - - - - -", "Y Y - - - - -"),
        new("DL-12", Worker,
            Files + "fork p1; get-device 4 d0 at=5; " + Waiting + "close 5; p1.t0: get-device 4 d0 at=5",
            "k - - - - - - -", "p - - - - - -", WithRetry),
        new("DL-14", Tenants, "fork p1; " + Open + Waiting + OfTheOther + "p1.t0: close 5", "k k k - - - - -", "Y Y - - - - -"),
        new("DL-15", Tenants, Open + "open container at=6; open group d1 at=7; attach 7 6; set-iommu 6 type1v2; get-device 7 d1 at=8; "
            + Waiting + "pin 8 iova=0x0 pages=1 rw", "k k k - - - - -", "Y Y - - - - -"),
        new("DL-16", "d0 mdev driver(by=kthread on-efault=retry:2)",
            Open + Waiting + "close 5",
            "k k - - - - - -", "Y p - - - - -", "A': as DL-05; kthread_stop itself needs no flag of its own"),
        new("DL-21", Tenants,
            "fork p1; " + Open + Map + Invalidate + "pin 5 iova=0x0 pages=1 rw; " + OfTheOther + "p1.t0: exit",
            "k k k - - - - -", "Y Y - - - - -"),
        new("DL-22", Worker,
            "fork p1; " + Open + "send-fd 3 p1; p1.t0: recv-fd at=3; " + Waiting + "close 3; exit",
            "k - - - - - - -", "p - - - - - -", WithRetry),
        new("DL-23", Worker, Open + "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; map 3 iova=0x1000 size=0x1000 vaddr=page1 rw; "
            + "pin 5 iova=0x0 pages=2 rw; par {; p0.t0: unmap 3 iova=0x0 size=0x1000; p0.t1: unmap 3 iova=0x1000 size=0x1000; }", "k! k! k! k! k! k! k! -", ""),
    ];

    /// <summary>Those that no program shows on these designs, or that need a variant: the variant and its program, or the evidence.</summary>
    public static readonly (string Id, string Evidence)[] Elsewhere =
    [
        ("DL-08''", "the rwsem of the notifier chain, to v5.19: sim/blocking?notify=chain"),
        ("DL-11", "an administrator's unbind: sim/blocking?host=odd"),
        ("DL-13", "devices of one set: sim/blocking?host=odd; every mdev has a set of its own"),
        ("DL-17", "the machine has no freezer; by the catalogue's own account suspend gives up and nothing deadlocks"),
        ("DL-18", "the pages that stay pinned are in the state of DL-02: asserted there; the machine has no OOM killer besides SIGKILL"),
        ("DL-19", "an oops, not a wait: sim/blocking?should-stop=faithful"),
        ("DL-20", "a driver that pins from its fault handler: sim/blocking?host=odd; none in the kernel's tree does"),
    ];
}
