using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>type1-semantics 5.5 and the deadlock catalogue: what sleeps in the blocking dialect, and what wakes it.</summary>
public sealed class WaitingTests
{
    private const string Invalid = "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; "
        + "unmap 0 iova=0x0 size=0x2000 vaddr; ";

    private const string Pin = "submit d2.w0 pin iova=0x0 pages=1 rw; ";

    // The last answers: first that of the pin, then those of the lines after it.
    [Theory]
    [InlineData(Pin, "blocked")]
    [InlineData("submit d2.w0 pin iova=0x2000 pages=1 rw; ", "0 value=0x1")] // another mapping is valid
    [InlineData(Pin + "map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", "blocked, then 0 value=0x1; 0")]
    [InlineData(Pin + "unmap 0 iova=0x0 size=0x2000", "blocked, then EINVAL; 0 value=0x2000")]
    [InlineData(Pin + "close 0", "blocked, then EFAULT; 0")]
    [InlineData(Pin + "dup 0 at=7; close 0", "blocked; 0; 0")] // not the last close
    [InlineData(Pin + "close 13", "blocked; blocked")] // DL-01
    [InlineData(Pin + "p0.t0: close 13; p0.t1: map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", "blocked, then 0 value=0x1; blocked, then 0; 0")]
    [InlineData(Pin + "p0.t0: close 13; p0.t0: observe", "blocked; blocked; busy")]
    [InlineData("close 0; " + Pin + "close 13", "0; blocked; blocked")] // DL-04: the wake-up was before the sleep
    [InlineData(Pin + "submit d2.w0 pin iova=0x2000 pages=1 rw", "blocked; EBUSY")]
    [InlineData(Pin + "join d2.w0", "blocked; blocked")]
    [InlineData("submit d2.w0 dma-rw read iova=0x1000 size=0x1000; map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", "blocked, then 0 value=0xa9; 0")]
    [InlineData("pin 13 iova=0x0 pages=1 rw; p0.t1: map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", "blocked, then 0 value=0x1; 0")]
    [InlineData("open group d0 at=1; p0.t1: attach 1 0; check-extension 0 type1", "0; blocked; blocked")] // DL-09
    [InlineData("open group d0 at=1; p0.t1: attach 1 0; get-device 1 d3 at=11", "0; blocked; ENODEV")] // the name before the group's lock
    [InlineData("open group d0 at=1; p0.t1: attach 1 0; get-device 1 d0 at=11", "0; blocked; blocked")]
    [InlineData("open group d0 at=1; p0.t1: attach 1 0; map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", "0; blocked, then 0; 0")]
    [InlineData("fork p1; p1.t0: pin 13 iova=0x0 pages=1 rw; kill p1", "0; blocked, then killed; 0")] // the wait is killable
    [InlineData("fork p1; fork p2; p2.t0: pin 13 iova=0x0 pages=1 rw; kill p1; map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", "0; blocked, then 0 value=0x1; 0; 0")]
    [InlineData("fork p1; p1.t0: pin 13 iova=0x0 pages=1 rw; p0.t0: exec; map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", "blocked, then 0 value=0x1; 0; 0")] // a neighbour's
    [InlineData("p0.t1: pin 13 iova=0x0 pages=1 rw; p0.t0: exec; p0.t1: observe", "blocked, then killed; 0; not-run")]
    [InlineData(Pin + "exit", "blocked; blocked")] // DL-02: the device has the higher fd
    [InlineData(Pin + "dup 0 at=15; close 0; exit", "blocked, then EFAULT; 0; 0; 0")] // DL-02': so has the container
    public void The_blocking_dialect_waits(string calls, string expected)
    {
        var count = expected.Split("; ").Length;
        Assert.Equal(expected, Scripted.Answers(DialectName.Blk3, Scripted.Mdev + Invalid + calls, count));
    }

    // Its container is gone for good, so each time the thread is woken it fails, and tries again as often as its driver says.
    [Theory]
    [InlineData(0, "blocked, then EFAULT; 0; 0")]
    [InlineData(1, "blocked, then EFAULT; 0; 0")]
    [InlineData(2, "blocked; 0; blocked")]
    public void A_driver_tries_again_as_often_as_it_says(int retries, string expected) => Assert.Equal(expected, Scripted.Answers(
        DialectName.Blk3, Scripted.Mdev + Invalid + Pin + "close 0; close 13", 3, $"world d2 mdev driver(by=kthread on-efault=retry:{retries})\n"));

    [Fact]
    public void A_kthread_that_nobody_stops_pins_when_it_is_woken() => Assert.Equal("blocked, then 0 value=0x1; 0", Scripted.Answers(
        DialectName.Blk3, Scripted.Mdev + Invalid + Pin + "map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", 2, "world d2 mdev driver(by=kthread)\n"));

    // d0's driver has a pin to give back, and its unpin takes the mutex; without a pin it has nothing to wait for.
    [Theory]
    [InlineData("pin 11 iova=0x8000 pages=1 rw; ", "unpin 11 iova=0x8000 pages=1", "blocked")]
    [InlineData("", "unpin 11 iova=0x8000 pages=1", "0")]
    public void A_driver_needs_the_mutex_to_unpin(string pin, string call, string expected)
    {
        const string World = "world d0 mdev  d2 mdev driver(by=worker lock=own)  d3 mdev driver(by=worker)\n";
        var held = Scripted.Mdev + "open group d0 at=1; attach 1 0; get-device 1 d0 at=11; open group d3 at=4; attach 4 0; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; "
            + "map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; map 0 iova=0x8000 size=0x1000 vaddr=page8 rw; " + pin + "pin 13 iova=0x2000 pages=1 rw; "
            + "unmap 0 iova=0x0 size=0x2000 vaddr; fork p1; " + Pin + "p0.t1: unmap 0 iova=0x2000 size=0x2000; p1.t0: get-device 4 d3 at=14; ";
        Assert.Equal($"blocked; {expected}", Scripted.Answers(DialectName.Blk3, held + call, 2, World));
    }

    // A thread of p2 sleeps for d0 and is killed; it has to have the mutex before it can leave.
    [Fact]
    public void Who_is_killed_in_its_sleep_waits_for_the_mutex()
    {
        const string World = "world d0 mdev  d2 mdev driver(by=worker lock=own)  d3 mdev driver(by=worker)\n";
        const string Held = Scripted.Mdev + "open group d0 at=1; attach 1 0; get-device 1 d0 at=11; open group d3 at=4; attach 4 0; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; "
            + "map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; pin 13 iova=0x2000 pages=1 rw; unmap 0 iova=0x0 size=0x2000 vaddr; fork p1; fork p2; "
            + "p2.t0: pin 11 iova=0x0 pages=1 rw; " + Pin + "p0.t1: unmap 0 iova=0x2000 size=0x2000; p1.t0: get-device 4 d3 at=14; ";
        Assert.Equal("blocked; blocked; blocked", string.Join("; ", Scripted.Answers(DialectName.Blk3, Held + "kill p2", 3, World)));
    }

    // p2 cannot exit while its thread waits for a driver's lock; p1 can.
    [Fact]
    public void A_process_dies_whatever_its_neighbour_waits_for() => Assert.Equal("blocked; blocked; 0", Scripted.Answers(
        DialectName.Blk3, Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; pin 13 iova=0x2000 pages=1 rw; "
            + "unmap 0 iova=0x0 size=0x2000 vaddr; fork p1; fork p2; " + Pin + "p2.t1: unmap 0 iova=0x2000 size=0x2000; p2.t0: exit; kill p1", 3,
        "world d2 mdev driver(by=worker lock=own)\n"));

    // The thread that p2 waits for to exit comes out of the driver, and dies.
    [Theory]
    [InlineData("p2.t0", "p2.t1")]
    [InlineData("p2.t1", "p2.t0")]
    public void A_process_dies_when_its_last_thread_has_left_the_driver(string stuck, string exits) => Assert.Equal(
        "blocked, then killed; blocked, then 0; 0", Scripted.Answers(
            DialectName.Blk3, Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; pin 13 iova=0x2000 pages=1 rw; "
                + $"unmap 0 iova=0x0 size=0x2000 vaddr; fork p2; {Pin}{stuck}: unmap 0 iova=0x2000 size=0x2000; {exits}: exit; "
                + "map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", 3, "world d2 mdev driver(by=worker lock=own)\n"));

    [Theory]
    [InlineData("driver(by=kthread)", "blocked, then EFAULT; 0")]
    [InlineData("driver(by=kthread on-efault=retry:1)", "blocked; blocked")] // DL-16: woken once only
    [InlineData("driver(by=worker on-efault=retry:1)", "blocked; blocked")]
    public void Closing_stops_a_kthread_once(string driver, string expected) =>
        Assert.Equal(expected, Scripted.Answers(
            DialectName.Blk3, Scripted.Mdev + Invalid + Pin + "close 13", 2, $"world d2 mdev {driver}\n"));

    // The worker was woken by its stop, fails once and sleeps again: what wakes the other container's queue is nothing to it.
    [Theory]
    [InlineData("map 5 iova=0x0 size=0x1000 vaddr=page0 vaddr", "blocked; blocked; 0")]
    [InlineData("unmap 5 iova=0x0 size=0x1000", "blocked; blocked; 0 value=0x1000")]
    [InlineData("close 5", "blocked; blocked; 0")]
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page0 vaddr", "blocked, then EFAULT; blocked, then 0; 0")]
    public void Each_container_has_a_queue_of_its_own(string wake, string expected) => Assert.Equal(
        expected,
        Scripted.Answers(
            DialectName.Blk3, Scripted.Mdev + Invalid + "open container at=5; open group d0 at=6; attach 6 5; set-iommu 5 type1v2; "
                + "map 5 iova=0x0 size=0x1000 vaddr=page0 rw; unmap 5 iova=0x0 size=0x1000 vaddr; " + Pin + "close 13; p0.t1: " + wake,
            3, "world d0 pci  d2 mdev driver(by=kthread on-efault=retry:1)\n"));

    [Fact]
    public void A_join_ends_with_the_work_it_waits_for_whatever_becomes_of_the_driver() => Assert.Equal(
        "blocked, then EFAULT; blocked, then 0; 0",
        Scripted.Answers(
            DialectName.Blk3, Scripted.Mdev + Invalid + Pin + "p0.t1: join d2.w0; close 13", 3, "world d2 mdev driver(by=kthread)\n"));

    [Theory]
    [InlineData("p0.t0: unpin 13 iova=0x2000 pages=1; p0.t1: exec", "blocked; blocked")] // DL-10: either sibling holds it up
    [InlineData("p0.t1: unpin 13 iova=0x2000 pages=1; p0.t0: exec", "blocked; blocked")]
    [InlineData("p0.t0: unpin 13 iova=0x2000 pages=1; p0.t1: exit", "blocked; blocked")]
    [InlineData("p0.t1: unpin 13 iova=0x2000 pages=1", "blocked")] // DL-07: the lock is held by the sleeper
    [InlineData("p0.t1: unmap 0 iova=0x2000 size=0x2000", "blocked")] // DL-08: its callback needs the lock
    [InlineData("p0.t1: unmap 0 iova=0x2000 size=0x2000; map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", "blocked, then 0 value=0x2000; 0")]
    [InlineData("p0.t1: unmap 0 iova=0x2000 size=0x2000; fork p1; p1.t0: open group d3 at=4; p1.t0: attach 4 0; "
        + "p1.t0: get-device 4 d3 at=14; map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr", "0; 0; 0; blocked; blocked")] // DL-08'
    public void A_sleeper_keeps_its_drivers_lock(string calls, string expected)
    {
        const string Locked = "world d2 mdev driver(by=worker lock=own)  d3 mdev driver(by=worker)\n";
        const string Pinned = "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; "
            + "pin 13 iova=0x2000 pages=1 rw; unmap 0 iova=0x0 size=0x2000 vaddr; " + Pin;
        var count = expected.Split("; ").Length;
        Assert.Equal(expected, Scripted.Answers(DialectName.Blk3, Scripted.Mdev + Pinned + calls, count, Locked));
    }

    // DL-08': d3's open holds the iommu mutex and waits for the list, which an UNMAP holds that waits for d2's driver.
    [Theory]
    [InlineData("detach 1", "blocked")]
    [InlineData("check-extension 0 dma-cc", "blocked")]
    [InlineData("check-extension 0 update-vaddr", "blocked")]
    [InlineData("check-extension 0 type1", "0 value=0x1")]
    [InlineData("get-info 0 summary argsz=16", "blocked")]
    [InlineData("get-info 0 summary argsz=15", "EINVAL")] // what the struct says of itself is looked at without it
    [InlineData("map 0 iova=0x800 size=0x1000 vaddr=page0 rw", "blocked")] // and what it says of the range with it
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=page0 flags=0x8", "EINVAL")]
    [InlineData("unmap 0 iova=0x800 size=0x1000", "blocked")]
    [InlineData("unmap 0 iova=0x0 size=0x1000 flags=0x8", "EINVAL")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x1000 get", "blocked")]
    [InlineData("dirty-pages 0 iova=0x0 size=0x1000 get bitmap=less", "EINVAL")]
    [InlineData("dirty-pages 0 iova=0x0 size=0x0 start", "blocked")]
    [InlineData("dirty-pages 0 iova=0x0 size=0x1000 get", "blocked")]
    [InlineData("unmap 0 iova=0x0 size=0x2000 vaddr", "blocked")]
    [InlineData("dma-rw 13 read iova=0x2000 size=0x1", "blocked")]
    public void Who_needs_the_mutex_waits_for_who_holds_it(string call, string expected)
    {
        const string World = "world d0 mdev  d2 mdev driver(by=worker lock=own)  d3 mdev driver(by=worker)\n";
        const string Held = Scripted.Mdev + "open group d0 at=1; attach 1 0; open group d3 at=4; attach 4 0; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; "
            + "map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; pin 13 iova=0x2000 pages=1 rw; unmap 0 iova=0x0 size=0x2000 vaddr; " + Pin
            + "p0.t1: unmap 0 iova=0x2000 size=0x2000; fork p1; p1.t0: get-device 4 d3 at=14; ";
        Assert.Equal($"blocked; {expected}", Scripted.Answers(DialectName.Blk3, Held + call, 2, World));
    }

    // A driver with a lock of its own or a shared one: the user thread that sleeps keeps it, and the close of the other device needs it.
    [Theory]
    [InlineData("none", "blocked; 0")]
    [InlineData("own", "blocked; 0")]
    [InlineData("shared", "blocked; blocked")]
    public void A_close_needs_its_drivers_lock(string locked, string expected) => Assert.Equal(expected, Scripted.Answers(
        DialectName.Blk3, Scripted.Mdev + "open group d3 at=4; attach 4 0; get-device 4 d3 at=14; " + Invalid + "p0.t1: pin 13 iova=0x0 pages=1 rw; close 14",
        2, $"world d2 mdev driver(by=worker lock={locked})  d3 mdev driver(by=worker lock={locked})\n"));

    // d3's driver unpins one page a time, the lowest; then d2's callback stops at the lock of its sleeping worker.
    [Theory]
    [InlineData("0x2000", "EFAULT")]
    [InlineData("0x3000", "0 value=0xa3")]
    public void A_driver_that_unpins_too_little_takes_the_lowest(string iova, string expected) => Assert.Equal(expected, Scripted.Answers(
        DialectName.Blk3, Scripted.Mdev + "open group d3 at=4; attach 4 0; get-device 4 d3 at=14; " + Invalid
            + "pin 14 iova=0x2000 pages=2 rw; pin 13 iova=0x2000 pages=1 rw; " + Pin + $"p0.t1: unmap 0 iova=0x2000 size=0x2000; dma d3 read iova={iova}",
        1, "world d2 mdev driver(by=worker lock=own)  d3 mdev driver(by=worker callback=short)\n"));

    private const string TwoFds = Scripted.Mdev + "get-device 3 d2 at=12; open group d3 at=4; attach 4 0; get-device 4 d3 at=14; get-device 4 d3 at=15; " + Invalid;

    // The list's flag: a user thread waits for the device whose fd it called.
    [Theory]
    [InlineData("p0.t1: pin 12 iova=0x0 pages=1 rw; close 13", "blocked, then EFAULT; 0")]
    [InlineData("p0.t1: pin 13 iova=0x0 pages=1 rw; close 12", "blocked, then EFAULT; 0")]
    [InlineData("pin 12 iova=0x0 pages=1 rw; p0.t1: close 13", "blocked, then EFAULT; 0")]
    [InlineData("p0.t1: pin 14 iova=0x0 pages=1 rw; close 15", "blocked, then EFAULT; 0")]
    [InlineData("p0.t1: pin 12 iova=0x0 pages=1 rw; close 15", "blocked; 0")] // another device's
    public void Waiters_are_told_by_their_own_device(string close, string expected) => Assert.Equal(expected, Scripted.Answers(
        DialectName.Waiters, TwoFds + close, 2, "world d2 mdev driver(by=worker)  d3 mdev driver(by=worker)\n"));

    [Fact]
    public void A_forgotten_wait_pins_through_a_vaddr_that_has_become_invalid()
    {
        const string Calls = Scripted.Mdev + Invalid + "submit d2.w0 pin iova=0x0 pages=3 rw; unmap 0 iova=0x2000 size=0x2000 vaddr; "
            + "map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr";
        Assert.Equal("blocked; 0 value=0x2000; 0", Scripted.Answers(DialectName.Blk3, Calls, 3));
    }

    [Theory]
    [InlineData(DialectName.S61)]
    [InlineData(DialectName.Exc)]
    public void The_later_dialects_refuse_in_place_of_waiting(DialectName dialect) =>
        Assert.Equal("EBUSY; 0 value=0x1; 0", Scripted.Answers(
            dialect, Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; unmap 0 iova=0x0 size=0x2000 vaddr; " + Pin + "close 13", 3));
}
