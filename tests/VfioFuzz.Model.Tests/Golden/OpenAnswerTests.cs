using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>Where the contract leaves an answer open: all that it allows, and that it leaves open no more.</summary>
public sealed class OpenAnswerTests
{
    private const string Beyond = "capability drop; map 0 iova=0x8000000000 size=0x2000 vaddr=page0 rw; ";
    private const string Attach = "open group d0 at=1; attach 1 0";

    // corrections C7: earlier runs of contiguous pages are charged to the mapper, and how long they are is memory's business.
    [Theory]
    [InlineData("capability drop; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; limit pages=0; " + Attach, "ENOMEM")]
    [InlineData("capability drop; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; limit pages=1; " + Attach, "ENOMEM")]
    [InlineData("capability drop; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; limit pages=2; " + Attach, "0")]
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page0 rw; capability drop; limit pages=0; " + Attach, "0")] // the capability of MAP counts
    [InlineData(Beyond + "limit pages=0; " + Attach, "ENOMEM")] // the first page is accounted before it is mapped
    [InlineData(Beyond + "limit pages=1; " + Attach, "EFAULT or ENOMEM")]
    [InlineData(Beyond + "limit pages=2; " + Attach, "EFAULT")]
    [InlineData(Beyond + "limit pages=1; pin 13 iova=0x8000000000 pages=1 rw; " + Attach, "EFAULT or ENOMEM")] // a pinned page costs nothing
    [InlineData(Beyond + "limit pages=2; pin 13 iova=0x8000000000 pages=1 rw; " + Attach, "EFAULT")]
    [InlineData(Beyond + "limit pages=1; pin 13 iova=0x8000001000 pages=1 rw; " + Attach, "ENOMEM")]
    [InlineData("capability drop; map 0 iova=0x0 size=0x4000 vaddr=page0 rw; fork p1; p1.t0: limit pages=0; open group d0 at=1; "
        + "send-fd 1 p1; p1.t0: recv-fd at=2; p1.t0: attach 2 0", "ENOMEM")]
    [InlineData("capability drop; map 0 iova=0x0 size=0x4000 vaddr=page0 rw; fork p1; p1.t0: limit pages=1; open group d0 at=1; "
        + "send-fd 1 p1; p1.t0: recv-fd at=2; p1.t0: attach 2 0", "0 or ENOMEM")]
    [InlineData("capability drop; map 0 iova=0x0 size=0x4000 vaddr=page0 rw; fork p1; p1.t0: limit pages=3; open group d0 at=1; "
        + "send-fd 1 p1; p1.t0: recv-fd at=2; p1.t0: attach 2 0", "0 or ENOMEM")]
    [InlineData("capability drop; map 0 iova=0x0 size=0x4000 vaddr=page0 rw; fork p1; p1.t0: limit pages=4; open group d0 at=1; "
        + "send-fd 1 p1; p1.t0: recv-fd at=2; p1.t0: attach 2 0", "0")]
    [InlineData("capability drop; map 0 iova=0x0 size=0x4000 vaddr=page0 rw; fork p1; limit pages=3; open group d0 at=1; "
        + "send-fd 1 p1; p1.t0: recv-fd at=2; p1.t0: attach 2 0", "ENOMEM")] // the mapper's own limit, on the sum
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page0 rw; munmap page1 pages=1; " + Attach, "EFAULT")]
    [InlineData("capability drop; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; fork p1; limit pages=0; p1.t0: munmap page1 pages=1; open group d0 at=1; "
        + "send-fd 1 p1; p1.t0: recv-fd at=2; p1.t0: attach 2 0", "EFAULT or ENOMEM")] // whether a run ends before the hole
    [InlineData("capability drop; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; fork p1; limit pages=0; p1.t0: munmap page0 pages=2; open group d0 at=1; "
        + "send-fd 1 p1; p1.t0: recv-fd at=2; p1.t0: attach 2 0", "EFAULT")]
    public void What_a_replay_meets_first(string calls, string allowed) =>
        Assert.Equal(allowed, Scripted.Allowed(DialectName.S61, Scripted.Mdev + calls));

    // What a dead address space keeps can still be charged (bug-zoo L8), so nothing but the hole is met.
    [Theory]
    [InlineData("p1.t0: munmap page1 pages=1; ", "EFAULT")]
    [InlineData("", "0")]
    public void What_a_replay_for_a_dead_address_space_meets(string calls, string allowed) => Assert.Equal(allowed, Scripted.Allowed(
        DialectName.S61, Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; open group d0 at=1; fork p1; exit; " + calls + "p1.t0: attach 1 0"));

    // An old release charges the mapper's leader, who may be gone.
    [Theory]
    [InlineData("", "ESRCH")]
    [InlineData("p1.t0: munmap page1 pages=1; ", "EFAULT or ESRCH")]
    public void What_a_replay_for_a_dead_mapper_meets_first(string calls, string allowed) => Assert.Equal(allowed, Scripted.Allowed(
        DialectName.Blk3, Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; open group d0 at=1; fork p1; exit; " + calls + "p1.t0: attach 1 0"));

    // A bitmap of more than 4 MiB may be more than the machine has; one of 2^31 bits is more than the kernel asks for.
    [Theory]
    [InlineData(1L << 25, "0")]
    [InlineData((1L << 25) + 1, "0 or ENOMEM")]
    [InlineData((1L << 31) - 1, "0 or ENOMEM")]
    [InlineData(1L << 31, "EINVAL")]
    public void Whether_a_mapping_can_be_tracked(long pages, string allowed)
    {
        var map = $"map 0 iova=0x0 size=0x{pages * 0x1000:x} vaddr=page0 rw; ";
        const string Start = "dirty-pages 0 iova=0x0 size=0x0 start; ";
        Assert.Equal(allowed, Scripted.Allowed(DialectName.S61, Scripted.Mdev + map + Start));
        Assert.Equal(allowed, Scripted.Allowed(DialectName.S61, Scripted.Mdev + Start + map));
    }

    // bug-zoo L11: which of two mappings an iova that is no page's meets is the tree's business.
    [Theory]
    [InlineData("pin 13 iova=0x1800 pages=1 w", "0 value=0x1 or EPERM")]
    [InlineData("pin 13 iova=0x1800 pages=1 r", "0 value=0x1")]
    [InlineData("pin 13 iova=0x1001 pages=1 w", "0 value=0x1 or EPERM")] // with its last byte
    [InlineData("pin 13 iova=0x1000 pages=1 w", "0 value=0x1")]
    [InlineData("pin 13 iova=0x800 pages=1 r; pin 13 iova=0x1000 pages=1 w", "0 value=0x1")]
    [InlineData("pin 13 iova=0x2000 pages=1 w", "EPERM")]
    [InlineData("map 0 iova=0xfffffffffffff000 size=0x1000 vaddr=page1 r; pin 13 iova=0x800 pages=1 r; pin 13 iova=0xfffffffffffff000 pages=1 w", "EPERM")] // to the last byte of all
    [InlineData("pin 13 iova=0x800 pages=1 w", "0 value=0x1")]
    [InlineData("pin 13 iova=0x3800 pages=1 r", "0 value=0x1")] // the mapping ends behind its first bytes
    [InlineData("pin 13 iova=0x4000 pages=1 r", "EINVAL")]
    [InlineData("pin 13 iova=0x7800 pages=1 r", "EFAULT")] // the next one begins among its bytes, and its page lies before the window
    public void What_an_unaligned_pin_meets(string calls, string allowed) => Assert.Equal(allowed, Scripted.Allowed(
        DialectName.S61, Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; map 0 iova=0x2000 size=0x2000 vaddr=page2 r; "
            + "map 0 iova=0x8000 size=0x1000 vaddr=page0 rw; " + calls));

    // The same whichever of the two was mapped first.
    [Fact]
    public void What_an_unaligned_pin_meets_is_not_told_by_the_order_of_mapping() => Assert.Equal("0 value=0x1 or EPERM", Scripted.Allowed(
        DialectName.S61, Scripted.Mdev + "map 0 iova=0x2000 size=0x2000 vaddr=page2 r; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; pin 13 iova=0x1800 pages=1 w"));

    private const string Full = "send-fd 0 p0; send-fd 0 p0; send-fd 0 p0; send-fd 0 p0; ";

    [Theory]
    [InlineData("send-fd 0 p3", "ESRCH")]
    [InlineData("send-fd 9 p0", "EBADF")]
    [InlineData("send-fd 9 p3", "EBADF or ESRCH")]
    [InlineData(Full + "send-fd 0 p0", "EAGAIN")]
    [InlineData(Full + "send-fd 9 p0", "EAGAIN or EBADF")]
    [InlineData(Full + "recv-fd at=5; send-fd 5 p0", "0")]
    public void Which_refusal_a_message_meets_first(string calls, string allowed)
    {
        Assert.Equal(4, Limits.MailboxMax);
        Assert.Equal(allowed, Scripted.Allowed(DialectName.S61, Scripted.Pci + calls));
    }

    // DL-10: a thread that exits waits for its sibling, whose callback waits for a driver's lock and does not die.
    [Fact]
    public void A_process_that_cannot_die_is_busy_or_gone() => Assert.Equal(
        "busy or not-run",
        Scripted.Allowed(
            DialectName.Blk3, Scripted.Mdev + "map 0 iova=0x2000 size=0x1000 vaddr=page2 rw; pin 13 iova=0x2000 pages=1 rw; "
                + Sleeping[Scripted.Mdev.Length..] + "fork p1; p1.t1: unmap 0 iova=0x2000 size=0x1000; p1.t0: exit; p1.t1: observe",
            "world d2 mdev driver(by=worker lock=own)\n"));

    // What a replay that fails in its second mapping gives back of the first: all pages but those whose own iova is pinned.
    [Theory]
    [InlineData("", "EFAULT; 0")]
    [InlineData("pin 13 iova=0x0 pages=1 rw; ", "EFAULT; 0 value=0x1")]
    [InlineData("pin 13 iova=0x1000 pages=1 rw; pin 13 iova=0x0 pages=1 rw; ", "EFAULT; 0 value=0x2")]
    [InlineData("pin 13 iova=0x800 pages=1 rw; ", "EFAULT; 0 value=0x1")]
    public void What_a_failed_replay_gives_back(string pins, string expected)
    {
        foreach (var dialect in new[] { DialectName.Blk3, DialectName.S61, DialectName.Exc })
            Assert.Equal(expected, Scripted.Answers(
                dialect, Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; map 0 iova=0x8000 size=0x2000 vaddr=page8 rw; munmap page9 pages=1; "
                    + pins + Attach + "; observe", 2));
    }

    private const string Sleeping = Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; unmap 0 iova=0x0 size=0x2000 vaddr; "
        + "submit d2.w0 pin iova=0x0 pages=1 rw; ";

    [Theory]
    [InlineData("submit d2.w0 unpin iova=0x0 pages=1", "EBUSY")]
    [InlineData("p0.t1: close 13; submit d2.w0 unpin iova=0x0 pages=1", "EBUSY or ENODEV")]
    [InlineData("p0.t1: close 13; join d2.w0", "ENODEV or blocked")]
    [InlineData("join d2.w0", "blocked")]
    [InlineData("p0.t1: close 13; p0.t1: observe", "busy")]
    public void What_a_driver_says_that_is_being_closed(string calls, string allowed) =>
        Assert.Equal(allowed, Scripted.Allowed(DialectName.Blk3, Sleeping + calls));
}
