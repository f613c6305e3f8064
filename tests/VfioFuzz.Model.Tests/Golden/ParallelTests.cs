using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>Answers of lines that run at once: which of them together the contract allows.</summary>
public sealed class ParallelTests
{
    private const string Mapped = Scripted.Container + "; open group d2 at=3; attach 3 0; set-iommu 0 type1v2; map 0 iova=0x0 size=0x4000 vaddr=page0 rw; ";
    private const string OpenAndPin = Mapped + "par {; p0.t0: get-device 3 d2 at=13; p0.t1: submit d2.w0 pin iova=0x0 pages=1 rw; }";

    // type1-semantics 5.6, corrections C5: between the driver's open and the registration of its device a pin is refused.
    [Theory]
    [InlineData(DialectName.Blk2, "0; ENODEV", true)]
    [InlineData(DialectName.Blk2, "0; 0x1", true)]
    [InlineData(DialectName.Blk2, "0; EINVAL", false)]
    [InlineData(DialectName.S61, "0; ENODEV", true)]
    [InlineData(DialectName.S61, "0; 0x1", true)]
    [InlineData(DialectName.S61, "0; EINVAL", true)]
    [InlineData(DialectName.S61, "0; EBUSY", false)]
    [InlineData(DialectName.Exc, "0; EINVAL", true)] // changed on the way: both orders
    [InlineData(DialectName.Exc, "0; 0x1", true)]
    [InlineData(DialectName.Ovf, "0; EINVAL", false)]
    [InlineData(DialectName.Ovf, "0; 0x1", true)]
    public void A_pin_while_its_device_is_opened(DialectName dialect, string answers, bool allowed) =>
        Assert.Equal(allowed, Scripted.Allows(dialect, OpenAndPin, answers));

    private const string Sleeper = Scripted.Mdev + "open group d3 at=4; attach 4 0; get-device 4 d3 at=14; map 0 iova=0x8000 size=0x1000 vaddr=page8 rw; "
        + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; pin 13 iova=0x0 pages=2 rw; unmap 0 iova=0x8000 size=0x1000 vaddr; "
        + "submit d3.w0 pin iova=0x8000 pages=1 rw; ";

    // A driver without a lock drops record by record, whoever else sleeps meanwhile; a driver's lock lets nobody between.
    [Theory]
    [InlineData("none", "0x2000; 0", true)]
    [InlineData("none", "0x2000; 0x1", true)]
    [InlineData("none", "0x2000; 0x2", true)]
    [InlineData("none", "0x1000; 0x1", false)]
    [InlineData("own", "0x2000; 0", true)]
    [InlineData("own", "0x2000; 0x1", false)]
    [InlineData("own", "0x2000; 0x2", true)]
    public void A_callback_and_an_unpin_while_another_sleeps(string locked, string answers, bool allowed) => Assert.Equal(allowed, Scripted.Allows(
        DialectName.Blk3, Sleeper + "par {; p0.t1: unmap 0 iova=0x0 size=0x2000; p0.t0: unpin 13 iova=0x0 pages=2; }", answers,
        $"world d2 mdev driver(by=worker lock={locked})  d3 mdev driver(by=worker)\n"));
}
