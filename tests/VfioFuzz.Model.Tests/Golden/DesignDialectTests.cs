using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>What the designs of the argument promise beyond the releases they are drawn from, one case a line.</summary>
public sealed class DesignDialectTests
{
    private const string World = "world d0 mdev driver(by=worker on-efault=retry:1)\n";
    private const string SetUp = "open container at=0; open group d0 at=1; attach 1 0; set-iommu 0 type1v2; get-device 1 d0 at=2; ";
    private const string Invalid = SetUp + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; unmap 0 iova=0x0 size=0x0 all vaddr; ";
    private const string OfFile = SetUp + "mmap page0 pages=2 file; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; ";
    private const string Mapped = SetUp + "map-file 0 iova=0x0 size=0x2000 offset=0x1000 rw; ";

    [Theory]
    [InlineData(DialectName.S61, "")]
    [InlineData(DialectName.Removal, "")]
    [InlineData(DialectName.File, "MapFile Truncate PunchHole")]
    [InlineData(DialectName.Iommufd, "MapFile ChangeProcess Truncate PunchHole")]
    [InlineData(DialectName.ChangeMm, "ChangeMm")]
    public void A_design_knows_its_own_operations(DialectName dialect, string expected) => Assert.Equal(
        expected, string.Join(' ', Enum.GetValues<OperationKind>().Where(kind => OperationForm.All.Any(form => form.Kind == kind)
            && KindSet.Reserved.Has(kind) && Dialect.Of(dialect).Knows(kind)).OrderBy(kind => "MapFile ChangeMm ChangeProcess Truncate PunchHole".IndexOf($"{kind}", StringComparison.Ordinal))));

    [Theory]
    // The list's flag lies in the entry: a driver that tries again has a new one, and with two fds the first close wakes already.
    [InlineData(Promise.CloseWakesWaiters, DialectName.Waiters, Invalid + "submit d0.w0 pin iova=0x0 pages=1 rw; close 2", "blocked")]
    [InlineData(Promise.CloseWakesWaiters, DialectName.Waiters,
        Invalid + "get-device 1 d0 at=3; get-device 1 d0 at=4; submit d0.w0 pin iova=0x0 pages=1 rw; close 3; close 4; join d0.w0", "0")]
    [InlineData(Promise.CloseEndsWaits, DialectName.Sticky, Invalid + "submit d0.w0 pin iova=0x0 pages=1 rw; close 2", "0")]
    [InlineData(Promise.CloseEndsWaits, DialectName.Sticky, Invalid + "close 0; submit d0.w0 pin iova=0x0 pages=1 rw", "EFAULT")]
    [InlineData(Promise.KeepsFile, DialectName.File, OfFile + "exec; pin 2 iova=0x0 pages=2 rw", "0 value=0x2")]
    [InlineData(Promise.KeepsFile, DialectName.File,
        SetUp + "mmap page0 pages=1 file; map 0 iova=0x0 size=0x2000 vaddr=page0 rw; exec; pin 2 iova=0x0 pages=1 rw", "ENODEV")] // all of it or none
    [InlineData(Promise.KeepsFile, DialectName.Removal, OfFile + "exec; pin 2 iova=0x0 pages=2 rw", "ENODEV")]
    [InlineData(Promise.KeepsFile, DialectName.File, OfFile + "truncate pages=1; pin 2 iova=0x0 pages=2 rw", "EFAULT")]
    [InlineData(Promise.KnowsMapFile, DialectName.Iommufd, Mapped + "exec; pin 2 iova=0x0 pages=2 rw", "0 value=0x2")]
    [InlineData(Promise.KnowsMapFile, DialectName.Iommufd, Mapped + "mmap page1 pages=1 file; write page1; dma-rw 2 read iova=0x0 size=1", "0 value=0x8")]
    [InlineData(Promise.KnowsMapFile, DialectName.File,
        Mapped + "pin 2 iova=0x0 pages=1 rw; mmap page1 pages=1 file; write page1; punch-hole page1 pages=1; dma d0 read iova=0x0", "0 value=0x9")]
    [InlineData(Promise.KnowsMapFile, DialectName.File, "mmap page1 pages=2 file; write page2; punch-hole page1 pages=2; read page2", "0")]
    [InlineData(Promise.KnowsMapFile, DialectName.File, "mmap page1 pages=2 file; write page2; punch-hole page1 pages=1; read page2", "0 value=0x2")]
    [InlineData(Promise.KnowsMapFile, DialectName.File, "mmap page1 pages=2 file; write page2; truncate pages=2; truncate pages=16; read page2", "0")]
    [InlineData(Promise.KnowsMapFile, DialectName.File, "mmap page1 pages=2 file; write page1; truncate pages=2; truncate pages=16; read page1", "0 value=0x2")]
    [InlineData(Promise.KnowsMapFile, DialectName.Removal, Mapped, "ENOTTY")]
    [InlineData(Promise.KnowsChangeMm, DialectName.ChangeMm,
        SetUp + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; exec; change-mm 0; pin 2 iova=0x0 pages=1 rw", "0 value=0x1")]
    [InlineData(Promise.KnowsChangeMm, DialectName.ChangeMm,
        SetUp + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; pin 2 iova=0x0 pages=1 rw; fork p1; p1.t0: change-mm 0; observe", "0")]
    [InlineData(Promise.KnowsChangeProcess, DialectName.Iommufd, SetUp + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; change-process 0", "EINVAL")]
    [InlineData(Promise.KnowsChangeProcess, DialectName.Iommufd, Mapped + "pin 2 iova=0x0 pages=1 rw; exec; change-process 0; observe", "0 value=0x1")]
    public void A_design_answers_as_its_dialect_says(Promise promise, DialectName dialect, string calls, string expected)
    {
        Assert.Contains(Dialect.All, x => x.Name == dialect && x.Keeps(promise) == (dialect != DialectName.Removal));
        Assert.Equal(expected, Scripted.Expect(dialect, calls, World)[^1].AtOnce.ToString());
    }
}
