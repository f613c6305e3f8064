using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>Memory of a device (VM_PFNMAP): mapped by the iommu, charged to nobody, given to no driver (type1-semantics 3 Reserved; C15).</summary>
public sealed class DeviceMemoryTests
{
    private const string D = "mmap page0 pages=2 device; ";
    private const string M = "map 0 iova=0x0 size=0x4000 vaddr=page0 rw; ";
    private const string AttachP = "open group d0 at=1; attach 1 0; ";

    [Theory]
    [InlineData(D + M + "observe", "0 value=0x2")] // pages 2 and 3
    [InlineData(D + M + "unmap 0 iova=0x0 size=0x4000; observe", "0")]
    [InlineData("mmap page0 pages=4 device;" + M + "observe", "0")]
    [InlineData("mmap page0 pages=4 device; map 0 iova=0x0 size=0x4000 vaddr=page0 r; observe", "0")]
    [InlineData("capability drop; limit pages=0; mmap page0 pages=4 device;" + M, "0")] // no charge, no limit
    [InlineData("capability drop; limit pages=2;" + D + M, "0")]
    [InlineData("capability drop; limit pages=1;" + D + M + "observe", "0")]
    [InlineData(M + D + "unmap 0 iova=0x0 size=0x4000; observe", "0")] // what was pinned counts, not what is there now
    [InlineData(D + M + "mmap page0 pages=4 anon; unmap 0 iova=0x0 size=0x4000; observe", "0")]
    [InlineData("mmap page0 pages=4 device;" + M + "unmap 0 iova=0x0 size=0x0 all vaddr; exec; map 0 iova=0x8000 size=0x4000 vaddr=page4 rw; capability drop; "
        + "limit pages=0; map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr", "0")] // who takes nothing over meets no limit
    [InlineData(D + M + "unmap 0 iova=0x0 size=0x0 all vaddr; exec; map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr; observe", "0 value=0x2")]
    public void An_iommu_maps_it_and_nobody_is_charged(string calls, string expected) => Expect(Scripted.Pci, calls, expected);

    [Theory]
    [InlineData(D + M + "pin 13 iova=0x0 pages=1 rw", "EINVAL")]
    [InlineData(D + M + "pin 13 iova=0x1000 pages=2 rw", "EINVAL")]
    [InlineData(D + M + "pin 13 iova=0x2000 pages=2 rw; observe", "0 value=0x2")]
    [InlineData("mmap page3 pages=1 device;" + M + "pin 13 iova=0x0 pages=4 rw; observe", "0")] // three pages are put back
    [InlineData("capability drop; limit pages=0;" + D + M + "pin 13 iova=0x0 pages=1 rw", "EINVAL")] // not ENOMEM
    [InlineData(D + "map 0 iova=0x0 size=0x1000 vaddr=page0 r; pin 13 iova=0x0 pages=1 w", "EPERM")] // before any page is looked for
    [InlineData(M + "pin 13 iova=0x0 pages=1 rw;" + D + "pin 13 iova=0x0 pages=1 rw", "0 value=0x1")] // the record of the page that was
    [InlineData(D + M + "exec; get-device 3 d2 at=12; pin 13 iova=0x0 pages=1 rw", "ENODEV")]
    [InlineData(D + M + "dma-rw 13 read iova=0x0 size=0x1000", "0")]
    [InlineData(D + M + "dma-rw 13 write iova=0x0 size=0x3000; read page1", "0 value=0x8")]
    [InlineData(D + M + "submit d2.w0 dma-rw write iova=0x0 size=0x1000; read page0", "0 value=0x8")]
    [InlineData(D + M + AttachP + "observe", "0 value=0x2")]
    [InlineData("capability drop; limit pages=1;" + D + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; limit pages=0;" + AttachP, "0")]
    [InlineData(D + M + AttachP + "detach 1; observe", "0")]
    [InlineData(D + M + "pin 13 iova=0x2000 pages=1 rw;" + AttachP + "detach 1; observe", "0 value=0x1")]
    public void A_driver_cannot_pin_it_and_can_copy_from_and_to_it(string calls, string expected) =>
        Expect(Scripted.Mdev, calls, expected);

    [Theory]
    [InlineData("mmap page0 pages=1 device; read page0", "0")]
    [InlineData("mmap page0 pages=1 device; write page0; mmap page0 pages=1 anon; mmap page0 pages=1 device; read page0", "0 value=0x6")]
    [InlineData("mmap page0 pages=1 device; write page0; mmap page1 pages=1 device; read page1", "0")]
    [InlineData("mmap page0 pages=1 device; fork p1; p1.t0: write page0; read page0", "0 value=0x7")]
    [InlineData("mmap page0 pages=1 device; write page0; exec; read page0", "0 value=0xa0")]
    [InlineData(D + M + "get-device 1 d0 at=11; dma d0 write iova=0x1000; read page1", "0 value=0x8")]
    [InlineData(D + M + "get-device 1 d0 at=11; dma d0 write iova=0x0; read page0", "0 value=0x8")]
    [InlineData(D + M + "write page0; get-device 1 d0 at=11; munmap page0 pages=4; dma d0 read iova=0x0", "0 value=0x7")]
    public void It_is_memory_to_processors_and_devices(string calls, string expected) => Expect(Scripted.Pci, calls, expected);

    [Theory]
    [InlineData(DialectName.Pre, "0 value=0x1; 0")]
    [InlineData(DialectName.Blk2, "0 value=0x1; 0")]
    [InlineData(DialectName.Blk3, "EINVAL; 0")]
    [InlineData(DialectName.Ovf, "EINVAL; 0")]
    public void Old_releases_gave_drivers_its_number_uncharged(DialectName dialect, string expected) =>
        Assert.Equal(expected, Scripted.Answers(dialect, Scripted.Mdev + D + M + "pin 13 iova=0x0 pages=1 rw; observe", 2));

    [Theory]
    [InlineData(D + "device-memory off; read page0", "EFAULT")]
    [InlineData(D + "device-memory off; write page1", "EFAULT")]
    [InlineData(D + "device-memory off; read page2", "0 value=0xa2")] // other memory is as ever
    [InlineData(D + "device-memory off; write page2", "0")]
    [InlineData(D + "device-memory off; write page0; device-memory on; read page0", "0")]
    [InlineData(D + "write page0; device-memory off; device-memory on; read page0", "0 value=0x6")] // it keeps its content
    [InlineData("device-memory off; " + D + "read page0", "EFAULT")]
    [InlineData("device-memory on; " + D + "read page0", "0")]
    [InlineData(D + "device-memory off; " + M, "EFAULT")]
    [InlineData(D + "device-memory off; map 0 iova=0x0 size=0x1000 vaddr=page0 r", "EFAULT")]
    [InlineData(D + "device-memory off; " + M + "observe", "0")]
    [InlineData(D + "device-memory off; map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; observe", "0 value=0x2")]
    [InlineData(D + "device-memory off; device-memory on; " + M, "0")]
    [InlineData(D + M + "device-memory off; unmap 0 iova=0x0 size=0x4000; observe", "0")]
    [InlineData(D + M + "write page0; get-device 1 d0 at=11; device-memory off; dma d0 read iova=0x0", "EFAULT")]
    [InlineData(D + M + "write page2; get-device 1 d0 at=11; device-memory off; dma d0 read iova=0x2000", "0 value=0x7")]
    [InlineData(D + M + "write page0; get-device 1 d0 at=11; device-memory off; device-memory on; dma d0 read iova=0x0", "0 value=0x7")]
    [InlineData(D + M + "write page0; get-device 1 d0 at=11; device-memory off; dma d0 write iova=0x0", "0")]
    [InlineData(D + M + "write page0; get-device 1 d0 at=11; device-memory off; dma d0 write iova=0x0; device-memory on; read page0", "0 value=0x7")]
    [InlineData(D + "fork p1; p1.t0: device-memory off; read page0", "EFAULT")] // one device for all
    public void Without_its_memory_bit_nobody_reaches_it(string calls, string expected) => Expect(Scripted.Pci, calls, expected);

    [Theory]
    [InlineData("pin 13 iova=0x0 pages=1 rw", "EFAULT")] // not EINVAL: there is no page to look at
    [InlineData("pin 13 iova=0x2000 pages=1 rw", "0 value=0x1")]
    [InlineData("dma-rw 13 read iova=0x0 size=0x1000", "EFAULT")]
    [InlineData("dma-rw 13 write iova=0x0 size=0x1000", "EFAULT")]
    [InlineData("dma-rw 13 read iova=0x2000 size=0x1000", "0 value=0xa2")]
    [InlineData(AttachP, "EFAULT")]
    [InlineData(AttachP + "observe", "0")]
    [InlineData(AttachP + "device-memory on; attach 1 0", "0")]
    public void Nor_do_drivers_nor_an_attach(string calls, string expected) => Expect(Scripted.Mdev, D + M + "device-memory off; " + calls, expected);

    [Fact]
    public void The_bit_is_a_rule_of_its_own() => Assert.Equal("memory.of-device", Scripted.Rule(DialectName.S61, "device-memory off"));

    // What stays charged when the iommu lets go: the pin of page 2, and not the one of the device's page 0.
    [Theory]
    [InlineData(DialectName.Pre)]
    [InlineData(DialectName.Blk2)]
    public void Its_pins_are_no_charge_after_the_iommu(DialectName dialect) => Assert.Equal("0 value=0x2; 0; 0 value=0x1", Scripted.Answers(
        dialect, Scripted.Mdev + D + M + "pin 13 iova=0x0 pages=1 rw; pin 13 iova=0x2000 pages=1 rw;" + AttachP + "observe; detach 1; observe", 3));

    [Theory]
    [InlineData("unpin 13 iova=0x0 pages=1; unmap 0 iova=0x0 size=0x1000; observe", "0 value=0x1")]
    [InlineData("detach 1; observe", "0 value=0x2")]
    public void A_page_pinned_before_it_and_replayed_after_it_keeps_its_charge(string calls, string expected) => Expect(
        Scripted.Mdev,
        "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; pin 13 iova=0x0 pages=1 rw; mmap page0 pages=1 device;" + AttachP + calls,
        expected);

    private static void Expect(string setUp, string calls, string expected)
    {
        foreach (var dialect in (DialectName[])[DialectName.S61, DialectName.Exc, DialectName.Ovf])
            Assert.Equal(expected, Scripted.Answers(dialect, setUp + calls, 1));
    }
}
