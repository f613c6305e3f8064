using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>
/// Private memory that nobody touched (corrections C9): readers meet the page of zeros, which is reserved like a device's memory but has a struct
/// page, until a release's pins make a page of it. Each case: all before v6.3, then the others.
/// </summary>
public sealed class ZeroPageTests
{
    private const string Z = "mmap page0 pages=2 untouched; ";
    private const string R = "map 0 iova=0x0 size=0x4000 vaddr=page0 r; ";
    private const string One = "map 0 iova=0x0 size=0x1000 vaddr=page0 r; ";
    private const string AttachP = "open group d0 at=1; attach 1 0; ";
    private const string PinZ = "pin 13 iova=0x0 pages=1 r; ";

    [Theory]
    [InlineData(Z + R + "observe", "0 value=0x2", "0 value=0x4")] // pages 2 and 3 are the process's own
    [InlineData(Z + R + "unmap 0 iova=0x0 size=0x4000; observe", "0", "0")]
    [InlineData(Z + "read page0; read page1; " + R + "observe", "0 value=0x2", "0 value=0x4")] // reading leaves the zeros
    [InlineData(Z + "map 0 iova=0x0 size=0x4000 vaddr=page0 rw", "EFAULT", "EFAULT")] // it may not be written
    [InlineData("capability drop; limit pages=2; " + Z + R, "0", "ENOMEM")]
    [InlineData("capability drop; limit pages=0; " + Z + One, "0", "ENOMEM")]
    [InlineData(Z + "fork p1; p1.t0: " + R + "p1.t0: observe", "0 value=0x2", "0 value=0x4")] // the child has the same zeros
    public void An_iommu_translates_to_it(string calls, string before, string since) => Expect(Scripted.Pci, calls, before, since);

    [Theory]
    [InlineData(Z + R + PinZ, "0 value=0x1", "0 value=0x1")] // unlike a device's page
    [InlineData(Z + R + PinZ + "observe", "0", "0 value=0x1")]
    [InlineData(Z + R + "pin 13 iova=0x0 pages=4 r; observe", "0 value=0x2", "0 value=0x4")]
    [InlineData(Z + R + "pin 13 iova=0x0 pages=4 r; unpin 13 iova=0x0 pages=4; observe", "0", "0")]
    [InlineData("capability drop; limit pages=0; " + Z + R + PinZ, "0 value=0x1", "ENOMEM")]
    [InlineData(Z + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; pin 13 iova=0x0 pages=1 r", "EFAULT", "EFAULT")] // GUP asks for what the mapping allows
    [InlineData(Z + R + PinZ + "dma d2 read iova=0x0", "0", "0")]
    [InlineData(Z + R + "dma-rw 13 read iova=0x0 size=0x1000; observe", "0", "0")] // a copy makes no page
    [InlineData(Z + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; dma-rw 13 write iova=0x0 size=0x1000", "EFAULT", "EFAULT")]
    [InlineData(Z + R + AttachP + "observe", "0 value=0x2", "0 value=0x4")]
    [InlineData(Z + R + AttachP + "detach 1; observe", "0", "0")]
    [InlineData(Z + R + PinZ + AttachP + "detach 1; observe", "0", "0 value=0x1")]
    [InlineData(Z + R + "pin 13 iova=0x2000 pages=1 r; " + AttachP + "detach 1; observe", "0 value=0x1", "0 value=0x1")]
    public void A_driver_can_pin_it(string calls, string before, string since) => Expect(Scripted.Mdev, calls, before, since);

    [Theory]
    [InlineData(DialectName.S61, "0 value=0x2")]
    [InlineData(DialectName.Exc, "0 value=0x4")]
    public void A_new_owner_takes_over_what_was_charged(DialectName dialect, string expected) => Assert.Equal(expected, Scripted.Answers(
        dialect, Scripted.Pci + Z + R + "unmap 0 iova=0x0 size=0x0 all vaddr; exec; map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr; observe", 1));

    [Theory]
    [InlineData("mmap page0 pages=1 untouched; read page0", "0")]
    [InlineData("mmap page0 pages=1 untouched; write page0", "EFAULT")]
    [InlineData("mmap page0 pages=1 untouched; mmap page0 pages=1 anon; read page0", "0 value=0x6")]
    [InlineData("mmap page0 pages=1 untouched; exec; read page0", "0 value=0xa0")]
    [InlineData("mmap page0 pages=1 untouched; fork p1; p1.t0: read page0", "0")]
    [InlineData("mmap page0 pages=1 untouched; device-memory off; read page0", "0")]
    [InlineData(Z + R + "get-device 1 d0 at=11; dma d0 read iova=0x1000", "EFAULT")] // zeros alone are what a device sees where no memory answers
    [InlineData(Z + R + "get-device 1 d0 at=11; dma d0 read iova=0x2000", "0 value=0xa2")]
    [InlineData(Z + R + "get-device 1 d0 at=11; dma d0 write iova=0x1000; read page1", "0")]
    [InlineData(Z + R + "fork p1; p1.t0: read page1", "0")]
    public void It_is_zeros_that_nobody_writes(string calls, string expected) => Expect(Scripted.Pci, calls, expected, expected);

    // ZC-1: beside a pin the iommu's page is no charge of its own, whichever of the two is the page of zeros.
    [Theory]
    [InlineData(Z + One + PinZ + "mmap page0 pages=1 anon; " + AttachP + "observe", "0", "0 value=0x1")]
    [InlineData(Z + One + PinZ + "mmap page0 pages=1 anon; " + AttachP + "unpin 13 iova=0x0 pages=1; unmap 0 iova=0x0 size=0x1000; observe",
        "0 value=0xffffffffffffffff", "0")]
    [InlineData(Z + One + PinZ + "mmap page0 pages=1 anon; " + AttachP + "detach 1; observe", "0 value=0xffffffffffffffff", "0 value=0x1")]
    [InlineData(One + PinZ + Z + AttachP + "observe", "0 value=0x1", "0 value=0x1")]
    [InlineData(One + PinZ + Z + AttachP + "unpin 13 iova=0x0 pages=1; unmap 0 iova=0x0 size=0x1000; observe", "0 value=0x1", "0")]
    public void A_replay_beside_a_pin_counts_unevenly(string calls, string before, string since) => Expect(Scripted.Mdev, calls, before, since);

    // What a replay that fails takes back: what it charged, page by page, whatever the pin there holds.
    [Theory]
    [InlineData(One + PinZ + Z + "map 0 iova=0x8000 size=0x1000 vaddr=page3 r; munmap page3 pages=1; " + AttachP + "observe", "0 value=0x1", "0 value=0x1")]
    [InlineData(Z + One + PinZ + "mmap page0 pages=1 anon; map 0 iova=0x8000 size=0x1000 vaddr=page3 r; munmap page3 pages=1; " + AttachP + "observe", "0", "0 value=0x1")]
    public void A_failed_replay_takes_back_what_it_charged(string calls, string before, string since) => Expect(Scripted.Mdev, calls, before, since);

    private static void Expect(string setUp, string calls, string before, string since)
    {
        foreach (var dialect in (DialectName[])[DialectName.Pre, DialectName.Blk2, DialectName.Blk3, DialectName.S61])
            Assert.Equal(before, Scripted.Answers(dialect, setUp + calls, 1));
        foreach (var dialect in (DialectName[])[DialectName.Exc, DialectName.Ovf])
            Assert.Equal(since, Scripted.Answers(dialect, setUp + calls, 1));
    }
}
