using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>type1-semantics 5, with the corrections C14, C15, C20.</summary>
public sealed class PinningTests
{
    private const string M = "map 0 iova=0x0 size=0x4000 vaddr=page0 rw; ";

    [Theory]
    [InlineData("pin 13 iova=0x0 pages=4 rw", "0 value=0x4")]
    [InlineData("pin 13 iova=0x3000 pages=2 rw", "EINVAL")]
    [InlineData("pin 13 iova=0x4000 pages=1 rw", "EINVAL")]
    [InlineData("pin 13 iova=0x0 pages=0 rw", "EINVAL")]
    [InlineData("pin 13 iova=0x0 pages=512 rw", "EINVAL")]
    [InlineData("pin 13 iova=0x0 pages=513 rw", "E2BIG")]
    [InlineData("pin 13 iova=0x0 pages=1 none", "0 value=0x1")] // C14
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page4 r; pin 13 iova=0x4000 pages=1 r", "0 value=0x1")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page4 r; pin 13 iova=0x4000 pages=1 w", "EPERM")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page4 r; pin 13 iova=0x3000 pages=2 rw", "EPERM")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=0x0 rw; pin 13 iova=0x3000 pages=2 rw", "EFAULT")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page4 rw; pin 13 iova=0x3000 pages=2 rw", "0 value=0x2")] // two mappings
    [InlineData("exec; get-device 3 d2 at=12; pin 13 iova=0x0 pages=1 rw", "ENODEV")]
    [InlineData("pin 13 iova=0x0 pages=1 rw; exec; pin 13 iova=0x0 pages=1 rw", "0 value=0x1")]
    [InlineData("unpin 13 iova=0x0 pages=4", "0")]
    [InlineData("pin 13 iova=0x0 pages=4 rw; unpin 13 iova=0x1000 pages=512", "0 value=0x3")]
    [InlineData("pin 13 iova=0x0 pages=4 rw; unpin 13 iova=0x1000 pages=18446744073709551615", "0 value=0x4")] // wraps to 0
    [InlineData("pin 13 iova=0x400 pages=1 rw; unpin 13 iova=0x400 pages=1", "0 value=0x1")]
    [InlineData("pin 13 iova=0x400 pages=1 rw; unpin 13 iova=0xc00 pages=1", "0")]
    [InlineData("pin 13 iova=0x0 pages=2 rw; pin 13 iova=0x0 pages=2 rw; unpin 13 iova=0x0 pages=4", "0 value=0x2")]
    [InlineData("dma-rw 13 read iova=0x0 size=0x1000", "0 value=0xa0")]
    [InlineData("dma-rw 13 read iova=0x1000 size=0x3000", "0 value=0xa1")]
    [InlineData("dma-rw 13 read iova=0x0 size=0x4000", "0 value=0xa0")]
    [InlineData("dma-rw 13 read iova=0x3fff size=0x1", "0")] // the mapping's last byte
    [InlineData("get-device 3 d2 at=12; pin 13 iova=0x0 pages=2 rw; close 13; observe", "0 value=0x2")] // the other fd keeps the device open
    [InlineData("dma-rw 13 read iova=0x1001 size=0x10", "0")]
    [InlineData("dma-rw 13 read iova=0x1000 size=0x0", "EINVAL")]
    [InlineData("dma-rw 13 read iova=0x0 size=0x4001", "EINVAL")]
    [InlineData("dma-rw 13 read iova=0x3000 size=0x1001", "EINVAL")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page4 w; dma-rw 13 write iova=0x4000 size=0x1", "EPERM")] // L14
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page4 r; dma-rw 13 write iova=0x4000 size=0x1", "EPERM")]
    [InlineData("munmap page1 pages=1; dma-rw 13 read iova=0x0 size=0x2000", "EFAULT")]
    [InlineData("mmap page1 pages=1 no-access; dma-rw 13 read iova=0x0 size=0x2000", "EFAULT")]
    [InlineData("exec; dma-rw 13 read iova=0x0 size=0x1000", "EPERM")]
    [InlineData("fork p1; p1.t0: dma-rw 13 read iova=0x0 size=0x1000", "EFAULT")]
    [InlineData("fork p1; p1.t0: submit d2.w0 dma-rw read iova=0x0 size=0x1000", "0 value=0xa0")] // a kernel thread borrows the mm
    [InlineData("submit d2.w0 pin iova=0x0 pages=4 rw", "0 value=0x4")]
    [InlineData("submit d0.w0 pin iova=0x0 pages=4 rw", "ENODEV")]
    [InlineData("submit d3.w0 pin iova=0x0 pages=4 rw", "ENODEV")]
    [InlineData("join d2.w0", "0")]
    public void An_mdev_pins_and_copies(string calls, string expected)
    {
        foreach (var dialect in new[] { DialectName.S61, DialectName.Exc })
            Assert.Equal(expected, Scripted.Answers(dialect, Scripted.Mdev + M + calls, 1));
    }

    [Theory]
    [InlineData("pin 13 iova=0x0 pages=1 rw", "EACCES")]
    [InlineData("pin 13 iova=0x0 pages=0 rw", "EINVAL")] // C14: before EACCES
    [InlineData("pin 13 iova=0x0 pages=513 rw", "E2BIG")]
    [InlineData("dma-rw 13 read iova=0x0 size=0x1", "0 value=0xa0")] // C15
    public void A_v1_container_refuses_pins_only(string call, string expected) =>
        Assert.Equal(expected, Scripted.Answers(
            DialectName.S61, Scripted.Mdev.Replace("type1v2", "type1", StringComparison.Ordinal) + M + call, 1));

    // The second page may not be written. What was pinned of it before stays, and the first page does not.
    [Fact]
    public void A_refused_pin_drops_what_it_took_and_nothing_else() => Assert.Equal("EPERM; 0 value=0x1; 0 value=0x1", Scripted.Answers(
        DialectName.S61, Scripted.Mdev + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; map 0 iova=0x1000 size=0x1000 vaddr=page1 r; pin 13 iova=0x1000 pages=1 r; "
            + "pin 13 iova=0x0 pages=2 w; observe; unpin 13 iova=0x0 pages=2", 3));

    /// <summary>From a pin at an iova that is no page's on, every line is judged by search (bug-zoo L11); pages' own pins cost nothing.</summary>
    [Theory]
    [InlineData("0x0", false)]
    [InlineData("0x1000", false)]
    [InlineData("0x1", true)]
    [InlineData("0x800", true)]
    public void A_pin_off_a_page_is_remembered(string iova, bool expected)
    {
        var predictor = new Predictor(Dialect.Of(DialectName.S61), Platform.Simulated);
        predictor.Expect(Scripted.Parse(Scripted.Mdev + M + $"pin 13 iova={iova} pages=1 rw"));
        Assert.Equal(expected, predictor.State.HasUnalignedPin);
    }

    [Fact]
    public void What_was_written_before_a_fault_stays()
    {
        const string Calls = Scripted.Mdev + M + "munmap page1 pages=1; dma-rw 13 write iova=0x0 size=0x2000; read page0";
        Assert.Equal("EFAULT; 0 value=0x8", Scripted.Answers(DialectName.S61, Calls, 2));
    }

    [Theory]
    [InlineData("driver(by=worker callback=refuse:10)", 1, "0 value=0x4000")]
    [InlineData("driver(by=worker callback=refuse:11)", 1, "killed")] // C20
    [InlineData("driver(by=worker callback=short)", 4, "0 value=0x4000")]
    public void A_mapping_is_notified_eleven_times_at_most(string driver, int pages, string expected)
    {
        var world = $"world d2 mdev {driver}\n";
        var calls = Scripted.Mdev + M + $"pin 13 iova=0x0 pages={pages} rw; unmap 0 iova=0x0 size=0x4000";
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, calls, 1, world));
    }

    // Each mapping has eleven notifications of its own.
    [Theory]
    [InlineData("driver(by=worker callback=refuse:11)", "pin 13 iova=0x8000 pages=1 rw; unmap 0 iova=0x0 size=0x0 all", "killed")]
    [InlineData("driver(by=worker callback=refuse:10)", "pin 13 iova=0x8000 pages=1 rw; unmap 0 iova=0x0 size=0x0 all", "0 value=0xc000")]
    [InlineData("driver(by=worker callback=short)", "pin 13 iova=0x0 pages=4 rw; pin 13 iova=0x8000 pages=8 rw; unmap 0 iova=0x0 size=0x0 all", "0 value=0xc000")]
    public void The_count_of_notifications_begins_anew_with_each_mapping(string driver, string calls, string expected) => Assert.Equal(expected, Scripted.Answers(
        DialectName.S61, Scripted.Mdev + M + "map 0 iova=0x8000 size=0x8000 vaddr=page0 rw; " + calls, 1, $"world d2 mdev {driver}\n"));

    [Theory]
    [InlineData(11, "0 value=0xc000")]
    [InlineData(12, "killed")]
    public void A_driver_that_unpins_too_little_ends_in_the_BUG(int pages, string expected)
    {
        var calls = Scripted.Mdev + "map 0 iova=0x0 size=0xc000 vaddr=page0 rw; "
            + $"pin 13 iova=0x0 pages={pages} rw; unmap 0 iova=0x0 size=0xc000";
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, calls, 1, "world d2 mdev driver(by=worker callback=short)\n"));
    }

    [Theory]
    [InlineData("dma d0 read iova=0x0", "0 value=0xa0")]
    [InlineData("dma d0 read iova=0x1fff", "0 value=0xa1")]
    [InlineData("dma d0 read iova=0x4000", "EFAULT")]
    [InlineData("dma d0 read iova=0x100000000", "EINVAL")]
    [InlineData("dma d1 read iova=0x0", "ENODEV")]
    [InlineData("dma d0 write iova=0x1000; read page1", "0 value=0x7")]
    [InlineData("munmap page0 pages=1; dma d0 read iova=0x0", "0 value=0xa0")] // pinned pages stay
    [InlineData("mmap page0 pages=1 no-access; dma d0 read iova=0x0", "0 value=0xa0")]
    [InlineData("mmap page0 pages=1 anon; write page0; dma d0 read iova=0x0", "0 value=0xa0")]
    [InlineData("exec; dma d0 read iova=0x0", "0 value=0xa0")]
    [InlineData("unmap 0 iova=0x0 size=0x4000 vaddr; map 0 iova=0x0 size=0x4000 vaddr=page8 vaddr; dma d0 read iova=0x0", "0 value=0xa0")]
    [InlineData("unmap 0 iova=0x0 size=0x4000; dma d0 read iova=0x0", "EFAULT")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page4 r; dma d0 write iova=0x4000; read page4", "0 value=0xa4")]
    [InlineData("fork p1; p1.t0: write page0; dma d0 read iova=0x0", "0 value=0xa0")]
    [InlineData("fork p1; write page0; dma d0 read iova=0x0", "0 value=0x8")]
    [InlineData("mmap page4 pages=1 shared; map 0 iova=0x4000 size=0x1000 vaddr=page4 rw; exec; mmap page4 pages=1 shared; write page4; dma d0 read iova=0x4000", "0 value=0xb")]
    public void A_bus_master_reaches_what_the_iommu_translates(string calls, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, Scripted.Pci + "get-device 1 d0 at=11; " + M + calls, 1));

    [Theory]
    [InlineData("dma d2 read iova=0x0", "EFAULT")]
    [InlineData("pin 13 iova=0x0 pages=1 r; dma d2 read iova=0x10", "0 value=0xa0")]
    [InlineData("pin 13 iova=0x0 pages=1 r; dma d2 write iova=0x0", "EFAULT")]
    [InlineData("pin 13 iova=0x0 pages=1 rw; pin 13 iova=0x0 pages=1 r; dma d2 write iova=0x0; read page0", "0 value=0x9")]
    [InlineData("pin 13 iova=0x0 pages=1 rw; pin 13 iova=0x0 pages=1 r; unpin 13 iova=0x0 pages=1; dma d2 write iova=0x0", "0")] // the newest goes first
    [InlineData("pin 13 iova=0x0 pages=1 r; pin 13 iova=0x0 pages=1 rw; unpin 13 iova=0x0 pages=1; dma d2 write iova=0x0", "EFAULT")]
    [InlineData("pin 13 iova=0x0 pages=1 rw; unmap 0 iova=0x0 size=0x4000; dma d2 read iova=0x0", "EFAULT")]
    [InlineData("pin 13 iova=0x800 pages=1 rw; dma d2 read iova=0x0", "EFAULT")]
    public void An_mdev_reaches_what_its_driver_has_pinned(string calls, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, Scripted.Mdev + M + calls, 1));
}
