using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>Every difference between releases, as the answer of a program's last line in each of them.</summary>
public sealed class DialectTests
{
    private const string Groups = "open container at=0; open group d0 at=1; open group d2 at=3; ";
    private const string Bound = Groups + "open group d1 at=2; sibling d1 bind; ";
    private const string A = "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; ";
    private const string B = "map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; ";
    private const string InvalidA = A + "unmap 0 iova=0x0 size=0x2000 vaddr; ";
    private const string PinA = "pin 13 iova=0x0 pages=1 rw; ";
    private const string Submit = "submit d2.w0 pin iova=0x0 pages=1 rw; ";
    private const string Remap = "map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr; ";

    // The answers, as values when they succeed, of PRE, BLK1, BLK2, BLK3, S61, EXC and OVF.
    [Theory]
    [InlineData(Promise.KnowsUnmapAll, Scripted.Pci + A + "unmap 0 iova=0x0 size=0x0 all", "EINVAL 0x2000 0x2000 0x2000 0x2000 0x2000 0x2000")]
    [InlineData(Promise.KnowsUnmapAll, Groups + "check-extension 0 unmap-all", "0 0x1 0x1 0x1 0x1 0x1 0x1")]
    [InlineData(Promise.KnowsUnmapAll, Groups + "attach 1 0; set-iommu 0 unmap-all", "ENODEV EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.UpdatesVaddr, Scripted.Pci + A + "unmap 0 iova=0x0 size=0x2000 vaddr", "EINVAL 0x2000 0x2000 0x2000 0x2000 0x2000 0x2000")]
    [InlineData(Promise.UpdatesVaddr, Scripted.Pci + A + Remap, "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.UpdatesVaddr, Scripted.Pci + Remap, "EINVAL ENOENT ENOENT ENOENT ENOENT ENOENT ENOENT")]
    [InlineData(Promise.UpdatesVaddr, Scripted.Pci + "check-extension 0 update-vaddr", "0 0x1 0x1 0x1 0x1 0x1 0x1")]
    [InlineData(Promise.OffersUpdateVaddrBeforeSetIommu, Groups + "check-extension 0 update-vaddr", "0 0x1 0x1 0x1 0 0 0")]
    [InlineData(Promise.OffersUpdateVaddrBeforeSetIommu, Scripted.Mdev + "check-extension 0 update-vaddr", "0 0x1 0x1 0x1 0 0 0")]
    [InlineData(Promise.OffersUpdateVaddrBeforeSetIommu, Groups + "attach 1 0; set-iommu 0 update-vaddr", "ENODEV EINVAL EINVAL EINVAL ENODEV ENODEV ENODEV")]
    [InlineData(Promise.KnowsNesting, Groups + "check-extension 0 nesting", "0x1 0x1 0x1 0x1 0x1 0x1 0")]
    [InlineData(Promise.KnowsNesting, Groups + "attach 3 0; set-iommu 0 nesting", "0 0 0 0 0 0 ENODEV")]
    [InlineData(Promise.WaitsForVaddr, Scripted.Mdev + InvalidA + Submit, "0x1 blocked blocked blocked 0x1 0x1 0x1")]
    [InlineData(Promise.WaitsForVaddr, Scripted.Mdev + InvalidA + "dma-rw 13 read iova=0x0 size=0x1", "0xa0 blocked blocked blocked 0xa0 0xa0 0xa0")]
    [InlineData(Promise.WaitsForVaddr, Scripted.Mdev + InvalidA + "open group d0 at=1; attach 1 0", "0 blocked blocked blocked 0 0 0")]
    [InlineData(Promise.ForgetsThatItWaited, Scripted.Mdev + A + B + "unmap 0 iova=0x2000 size=0x2000 vaddr; p0.t1: pin 13 iova=0x1000 pages=2 rw; "
        + "unmap 0 iova=0x0 size=0x2000 vaddr; map 0 iova=0x2000 size=0x2000 vaddr=page2 vaddr; check-extension 13 0; p0.t1: observe", "0x2 0x2 busy busy 0x2 0x2 0x2")]
    [InlineData(Promise.ExcludesEmulatedGroups, Scripted.Mdev + InvalidA, "EINVAL 0x2000 0x2000 0x2000 EBUSY EBUSY EBUSY")]
    [InlineData(Promise.ExcludesEmulatedGroups, Scripted.Pci + InvalidA + "open group d2 at=3; attach 3 0", "0 0 0 0 EBUSY EBUSY EBUSY")]
    [InlineData(Promise.ExcludesEmulatedGroups, Scripted.Pci + InvalidA + "open group d1 at=2; attach 2 0", "0 0 0 0 EBUSY EBUSY EBUSY")]
    [InlineData(Promise.ChangesOwner, Scripted.Pci + InvalidA + "fork p1; p1.t0: " + Remap + "p1.t0: observe", "0 0 0 0 0x2 0x2 0x2")]
    [InlineData(Promise.RecordsAddressSpace, Scripted.Pci + A + "exec; unmap 0 iova=0x0 size=0x2000; observe", "0 -0x2 -0x2 -0x2 0 0 0")]
    [InlineData(Promise.RecordsAddressSpace, Scripted.Mdev + A + "dup 13 at=9; exec; pin 9 iova=0x0 pages=1 rw", "ENODEV 0x1 0x1 0x1 ENODEV ENODEV ENODEV")]
    [InlineData(Promise.RecordsAddressSpace, Scripted.Mdev + A + "open group d0 at=1; fork p1; exit; p1.t0: attach 1 0", "0 ESRCH ESRCH ESRCH 0 0 0")]
    [InlineData(Promise.UnmapStopsAtForeignMapping, Scripted.Pci + A + "fork p1; p1.t0: unmap 0 iova=0x0 size=0x2000", "0 0 0 0x2000 0x2000 0x2000 0x2000")]
    [InlineData(Promise.UnmapStopsAtForeignMapping, Scripted.Pci + A + "p0.t1: exec; p0.t1: unmap 0 iova=0x0 size=0x2000", "0 0 0 0x2000 0x2000 0x2000 0x2000")]
    [InlineData(Promise.UnmapStopsAtForeignMapping, Scripted.Pci + A + "fork p1; p1.t0: " + B + "p1.t0: unmap 0 iova=0x0 size=0x4000; unmap 0 iova=0x2000 size=0x2000", "0 0 0 0 0 0 0")]
    [InlineData(Promise.AttachLooksAtTheGroupFirst, Groups + "attach 1 0; attach 1 9", "EINVAL EINVAL EINVAL EBADF EBADF EBADF EBADF")]
    [InlineData(Promise.AttachLooksAtTheGroupFirst, Groups + "attach 1 9", "EBADF EBADF EBADF EBADF EBADF EBADF EBADF")]
    [InlineData(Promise.ForeignContainerIsBadFd, Groups + "attach 1 0; attach 1 3", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.ForeignContainerIsBadFd, Groups + "attach 1 3", "EINVAL EINVAL EINVAL EINVAL EINVAL EBADFD EBADFD")]
    [InlineData(Promise.GetDeviceLooksAtTheContainerFirst, Groups + "get-device 1 d1 at=11", "EINVAL EINVAL EINVAL ENODEV ENODEV ENODEV ENODEV")]
    [InlineData(Promise.GetDeviceLooksAtTheContainerFirst, Scripted.Pci + "get-device 1 d1 at=11", "ENODEV ENODEV ENODEV ENODEV ENODEV ENODEV ENODEV")]
    [InlineData(Promise.RefusesPinOfDeviceMemory, Scripted.Mdev + "mmap page0 pages=1 device; " + A + "pin 13 iova=0x0 pages=1 rw", "0x1 0x1 0x1 EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.DeviceKeepsGroupFile, Scripted.Mdev + A + "open group d0 at=1; attach 1 0; get-device 1 d0 at=11; close 1; close 11; open group d0 at=1", "0 0 0 0 0 0 0")]
    [InlineData(Promise.DeviceKeepsGroupFile, Scripted.Pci + "get-device 1 d0 at=11; close 1; open group d0 at=1", "EBUSY EBUSY EBUSY EBUSY EBUSY EBUSY EBUSY")]
    [InlineData(Promise.DeviceKeepsGroupFile, Scripted.Pci + A + "get-device 1 d0 at=11; close 1; close 11; observe", "0 0 0 0 0 0 0")]
    [InlineData(Promise.LocksGroups, Scripted.Mdev + InvalidA + "open group d0 at=1; p0.t1: attach 1 0; detach 1", "0 EINVAL EINVAL blocked 0 0 0")]
    [InlineData(Promise.LocksGroups, Scripted.Mdev + InvalidA + "open group d0 at=1; p0.t1: attach 1 0; get-device 1 d0 at=11", "0 EINVAL EINVAL blocked 0 0 0")]
    [InlineData(Promise.ClaimsGroups, Bound + "attach 2 0", "0 0 0 EPERM EPERM EPERM EPERM")]
    [InlineData(Promise.ClaimsGroups, Bound + "attach 2 0; group-status 2", "0x2 0x2 0x2 0 0 0 0")]
    [InlineData(Promise.ClaimsGroups, Bound + "attach 2 0; attach 1 0; set-iommu 0 type1v2; get-device 2 d1 at=12",
        "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.ClaimsGroups, Bound + "attach 2 0; attach 1 0; set-iommu 0 type1v2; get-device 1 d0 at=12", "0 0 0 0 0 0 0")]
    [InlineData(Promise.ClaimsGroups, Bound + "attach 2 0; attach 1 0; set-iommu 0 type1v2; sibling d1 unbind; get-device 2 d1 at=12",
        "0 0 0 EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.ClaimsGroups, Bound + "attach 2 9", "EBADF EBADF EBADF EBADF EBADF EBADF EBADF")]
    [InlineData(Promise.ClaimsGroups, Bound + "attach 2 1", "EINVAL EINVAL EINVAL EINVAL EINVAL EBADFD EBADFD")] // a container first
    [InlineData(Promise.ClaimsGroups, Scripted.Mdev + InvalidA + "open group d0 at=1; open group d1 at=2; sibling d1 bind; fork p1; p0.t1: attach 1 0; p1.t0: attach 2 0",
        "0 blocked blocked blocked EPERM EPERM EPERM")] // and the container's lock
    [InlineData(Promise.ClaimsGroups, Scripted.Pci + InvalidA + "open group d1 at=2; sibling d1 bind; attach 2 0", "0 0 0 EPERM EPERM EPERM EPERM")] // then the owner, before a vaddr
    [InlineData(Promise.UnsharesZeroPages, Scripted.Pci + "mmap page0 pages=1 untouched; map 0 iova=0x0 size=0x2000 vaddr=page0 r; observe", "0x1 0x1 0x1 0x1 0x1 0x2 0x2")]
    [InlineData(Promise.ContainersRefuseMmap, Groups + "access 0 mmap", "EINVAL EINVAL EINVAL ENODEV ENODEV ENODEV ENODEV")]
    [InlineData(Promise.ContainersRefuseMmap, Groups + "access 1 mmap", "ENODEV ENODEV ENODEV ENODEV ENODEV ENODEV ENODEV")]
    [InlineData(Promise.ContainersRefuseMmap, Groups + "access 0 write", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.ContainersRefuseMmap, Groups + "access 1 read", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.ContainersRefuseMmap, Groups + "access 9 mmap", "EBADF EBADF EBADF EBADF EBADF EBADF EBADF")]
    [InlineData(Promise.ContainersRefuseMmap, Scripted.Pci + "get-device 1 d0 at=11; access 11 mmap", "not-run not-run not-run not-run not-run not-run not-run")]
    [InlineData(Promise.ChecksOverflow, Scripted.Pci + "map 0 iova=0xfffffffffffff000 size=0x2000 vaddr=page0 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EOVERFLOW")]
    [InlineData(Promise.ChecksOverflow, Scripted.Pci + "map 0 iova=0x0 size=0x2000 vaddr=0xfffffffffffff000 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EOVERFLOW")]
    [InlineData(Promise.ChecksOverflow, Scripted.Pci + "map 0 iova=0xfffffffffffff800 size=0x1000 vaddr=page0 flags=0x0", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EOVERFLOW")]
    [InlineData(Promise.ChecksOverflow, Scripted.Pci + "map 0 iova=0x1 size=0x0 vaddr=page0 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.ChecksOverflow, Scripted.Pci + "unmap 0 iova=0xfffffffffffff000 size=0x2000", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EOVERFLOW")]
    [InlineData(Promise.ChecksOverflow, Scripted.Pci + B + "unmap 0 iova=0x2000 size=0xffffffffffffe000", "0 0 0 0 0 0 0x2000")]
    [InlineData(Promise.ChecksOverflow, Scripted.Mdev + "pin 13 iova=0xfffffffffffff000 pages=2 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EOVERFLOW")]
    [InlineData(Promise.ChecksOverflow, Scripted.Mdev + "pin 13 iova=0xfffffffffffff000 pages=1 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.ChecksOverflow, Scripted.Mdev + "pin 13 iova=0xfffffffffffff000 pages=513 rw", "E2BIG E2BIG E2BIG E2BIG E2BIG E2BIG E2BIG")]
    [InlineData(Promise.AlignsInfoCapabilities, Scripted.Pci + "get-info 0 summary argsz=16", "0x30074 0x30074 0x30074 0x30074 0x30074 0x30078 0x30078")]
    [InlineData(Promise.ChecksOverflow, Scripted.Pci + "map 0 iova=0x0 size=0x1 vaddr=page0 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.ChecksOverflow, Scripted.Pci + "map 0 iova=0x0 size=0x1000 vaddr=0xfffffffffffff000 rw", "EFAULT EFAULT EFAULT EFAULT EFAULT EFAULT EFAULT")]
    [InlineData(Promise.ChecksOverflow, Scripted.Pci + "map 0 iova=0xffffffffffffffff size=0x2 vaddr=page0 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EOVERFLOW")]
    [InlineData(Promise.ChecksOverflow, Scripted.Pci + "map 0 iova=0xffffffffffffffff size=0x1 vaddr=page0 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.ChecksOverflow, Scripted.Mdev + "dirty-pages 0 iova=0x1000 size=0x0 get", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Promise.ChecksOverflow, Scripted.Mdev + "dirty-pages 0 iova=0xfffffffffffff000 size=0x2000 get", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EOVERFLOW")]
    [InlineData(Promise.LocksGroups, Scripted.Mdev + "open group d3 at=4; attach 4 0; " + InvalidA + "open group d0 at=1; p0.t1: attach 1 0; close 4",
        "0 blocked blocked blocked 0 0 0")] // the attach that sleeps has the container's lock
    [InlineData(Promise.LocksGroups, Scripted.Mdev + "open group d3 at=4; attach 4 0; " + InvalidA + "open group d0 at=1; p0.t1: attach 1 0; set-iommu 0 type1v2",
        "EINVAL blocked blocked blocked EINVAL EINVAL EINVAL")] // the lock before the look at what is set
    [InlineData(Promise.LocksGroups, Scripted.Mdev + InvalidA + Submit + "p0.t1: close 13; get-device 3 d2 at=12", "0 blocked blocked blocked 0 0 0")] // one opens or closes
    [InlineData(Promise.LocksGroups, Scripted.Mdev + InvalidA + Submit + "p0.t1: close 13; open group d2 at=9", "EBUSY EBUSY EBUSY blocked EBUSY EBUSY EBUSY")] // the lock before the single opener
    [InlineData(Promise.LocksGroups, Scripted.Mdev + InvalidA + Submit + "p0.t1: close 13; attach 3 0", "EINVAL EINVAL EINVAL blocked EINVAL EINVAL EINVAL")]
    [InlineData(Promise.LocksGroups, Scripted.Mdev + InvalidA + "open group d0 at=1; fork p1; fork p2; p0.t1: attach 1 0; p1.t0: detach 3; detach 3",
        "EBUSY EBUSY EBUSY EBUSY EBUSY EBUSY EBUSY")]
    [InlineData(Promise.LocksGroups, Scripted.Container + "; open group d2 at=3; attach 3 0; set-iommu 0 type1v2; open group d3 at=4; attach 4 0; get-device 3 d2 at=13; "
        + InvalidA + "open group d0 at=1; fork p1; fork p2; p0.t1: attach 1 0; p1.t0: detach 4; p2.t0: detach 4", "EINVAL EINVAL EINVAL blocked EINVAL EINVAL EINVAL")]
    public void A_release_answers_as_its_dialect_says(Promise promise, string calls, string expected)
    {
        Assert.NotEmpty(Promises.Of(promise).Statement);
        Assert.Equal(expected, string.Join(' ', Dialect.Releases.Select(dialect => Last(dialect, calls))));
    }

    // Promise.RefusesPinWithoutCallback: d3's driver has no dma_unmap callback, so that type1 does not know its device (d2's it does).
    [Theory]
    [InlineData("pin 14 iova=0x0 pages=1 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData("pin 14 iova=0x0 pages=0 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData("pin 14 iova=0x0 pages=513 rw", "E2BIG E2BIG E2BIG E2BIG E2BIG EINVAL EINVAL")]
    [InlineData("dma-rw 14 write iova=0x0 size=0x1", "0 0 0 0 0 0 0")]
    [InlineData("close 14; unmap 0 iova=0x0 size=0x2000", "0x2000 0x2000 0x2000 0x2000 0x2000 0x2000 0x2000")]
    [InlineData(Beside + "pin 14 iova=0x0 pages=1 rw", "0x1 0x1 0x1 0x1 0x1 EINVAL EINVAL")]
    [InlineData(Beside + "pin 13 iova=0x0 pages=1 rw", "0x1 0x1 0x1 0x1 0x1 0x1 0x1")]
    [InlineData(Beside + "close 13; pin 14 iova=0x0 pages=1 rw", "EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL")]
    [InlineData(Beside + "pin 14 iova=0x0 pages=1 rw; close 14; observe", "0 0 0 0 0 0 0")]
    public void A_driver_without_a_callback(string calls, string expected) => Assert.Equal(expected, string.Join(' ', Dialect.Releases.Select(dialect => Last(
        dialect, Scripted.Container + "; open group d3 at=4; attach 4 0; set-iommu 0 type1v2; get-device 4 d3 at=14; " + A + calls,
        Scripted.World.Replace("d3 mdev driver(by=worker)", "d3 mdev driver(by=worker callback=none)", StringComparison.Ordinal)))));

    private const string Beside = "open group d2 at=3; attach 3 0; get-device 3 d2 at=13; ";

    // A page that may not be pinned comes before one that is not mapped, unless a vaddr anywhere is invalid: then every page is looked at first.
    [Theory]
    [InlineData("", "EPERM EPERM EPERM EPERM EPERM EPERM EPERM")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page4 rw; unmap 0 iova=0x4000 size=0x1000 vaddr; ", "EPERM EINVAL EINVAL EINVAL EPERM EPERM EPERM")]
    public void What_a_pin_meets_first(string calls, string expected) => Assert.Equal(expected, string.Join(' ', Dialect.Releases.Select(dialect =>
        Last(dialect, Scripted.Mdev + "map 0 iova=0x0 size=0x1000 vaddr=page0 r; " + calls + "pin 13 iova=0x0 pages=2 w"))));

    [Theory]
    [InlineData("d0")]
    [InlineData("d1")]
    public void A_group_is_attached_once_whichever_it_is(string group)
    {
        var calls = Scripted.Mdev + InvalidA + $"open group {group} at=1; fork p1; p0.t1: attach 1 0; p1.t0: attach 1 0; " + Remap;
        Assert.Equal("blocked, then 0; blocked, then EINVAL; 0", Scripted.Answers(DialectName.Blk2, calls, 3));
    }

    /// <summary>Of two calls that attach one group at once the second is refused, by the group's users or by type1 (3.1 row 2).</summary>
    [Fact]
    public void A_group_is_attached_once()
    {
        const string Calls = Scripted.Mdev + InvalidA + "open group d0 at=1; fork p1; p0.t1: attach 1 0; p1.t0: attach 1 0; " + Remap;
        foreach (var name in new[] { DialectName.Blk1, DialectName.Blk2, DialectName.Blk3 })
            Assert.Equal("blocked, then 0; blocked, then EINVAL; 0", Scripted.Answers(name, Calls, 3));
    }

    /// <summary>Before groups had a lock, a group that sleeps on its way into one container could be put into another: nobody says what then.</summary>
    [Theory]
    [InlineData("0")]
    [InlineData("EINVAL")]
    public void A_group_on_its_way_into_two_containers_is_undecided(string answer)
    {
        var program = Scripted.Parse(Scripted.Mdev + InvalidA + "open group d0 at=1; open group d1 at=2; open container at=5; attach 2 5; set-iommu 5 type1v2; "
            + "p0.t1: attach 1 0; attach 1 5; " + Remap);
        var (attach, remap) = (program.Lines.Length - 3, program.Lines.Length - 1);
        var expected = new Predictor(Dialect.Of(DialectName.Blk2), Platform.Simulated).Expect(new Program(program.World, [.. program.Lines.SkipLast(1)]));
        Assert.Equal("blocked; 0", string.Join("; ", expected.TakeLast(2)));
        var history = Scripted.Recorded([.. expected.Select(line => line.AtOnce)]);
        history.Add(HistoryEvent.Called(remap, 1000));
        history.Add(HistoryEvent.Answered(remap, Answer.Ok(), 1001));
        history.Add(HistoryEvent.Answered(attach, answer == "0" ? Answer.Ok() : Answer.Fails(Errno.EINVAL), 1002));
        history.Add(HistoryEvent.Settled(1003));
        Assert.IsType<Acceptance.Undecided>(new Acceptor(Dialect.Of(DialectName.Blk2), Platform.Simulated).Accept(program, history));
    }

    // d2 was registered before d3; its worker sleeps with the driver's lock held, so that d2's callbacks wait.
    private const string Two = Scripted.Mdev + A + B + "open group d3 at=4; attach 4 0; get-device 4 d3 at=14; ";

    [Theory]
    [InlineData(Two + "pin 14 iova=0x2000 pages=1 rw; pin 13 iova=0x2000 pages=1 rw; unmap 0 iova=0x0 size=0x2000 vaddr; " + Submit
        + "p0.t1: unmap 0 iova=0x2000 size=0x2000; dma d3 read iova=0x2000", "EFAULT 0xa2 0xa2 EFAULT EFAULT EFAULT EFAULT")]
    [InlineData(Two + "pin 13 iova=0x2000 pages=1 rw; fork p1; p1.t0: map 0 iova=0x4000 size=0x1000 vaddr=page4 rw; "
        + "p1.t0: pin 13 iova=0x4000 pages=1 rw; unmap 0 iova=0x0 size=0x2000 vaddr; " + Submit + "p0.t1: unmap 0 iova=0x2000 size=0x2000; "
        + "p1.t0: unmap 0 iova=0x4000 size=0x1000; map 0 iova=0x8000 size=0x1000 vaddr=page8 rw", "0 0 0 blocked 0 0 0")]
    [InlineData(Two + "pin 13 iova=0x2000 pages=1 rw; unmap 0 iova=0x0 size=0x2000 vaddr; " + Submit
        + "p0.t1: unmap 0 iova=0x2000 size=0x2000; fork p1; p1.t0: close 14; close 14; map 0 iova=0x8000 size=0x1000 vaddr=page8 rw",
        "0 busy busy busy 0 0 0")]
    public void Drivers_are_notified_by_a_chain_up_to_v5_19(string calls, string expected)
    {
        const string Locked = "world d0 pci  d2 mdev driver(by=worker lock=own)  d3 mdev driver(by=worker)\n";
        Assert.Equal(expected, string.Join(' ', Dialect.Releases.Select(dialect => Last(dialect, calls, Locked))));
    }

    // d1's driver is called first and drops its pin, unless the call queues behind d3's close, which wants the chain for itself.
    [Theory]
    [InlineData("", "EFAULT")]
    [InlineData("p1.t1: close 14; close 14; ", "0 value=0xa4")]
    [InlineData("get-device 5 d0 at=10; ", "0 value=0xa4")]
    public void Who_comes_to_call_the_chain_queues_behind_who_waits_to_leave_it(string close, string expected)
    {
        const string World = "world d0 mdev  d1 mdev driver(by=worker)  d2 mdev driver(by=worker lock=own)  d3 mdev driver(by=worker)\n";
        const string SetUp = "open container at=0; open group d1 at=2; open group d2 at=3; open group d3 at=4; open group d0 at=5; attach 2 0; attach 3 0; attach 5 0; "
            + "attach 4 0; set-iommu 0 type1v2; get-device 2 d1 at=12; get-device 3 d2 at=13; get-device 4 d3 at=14; " + A + B
            + "fork p1; p1.t0: map 0 iova=0x4000 size=0x1000 vaddr=page4 rw; p1.t0: pin 12 iova=0x4000 pages=1 rw; "
            + "pin 13 iova=0x2000 pages=1 rw; unmap 0 iova=0x0 size=0x2000 vaddr; " + Submit + "p0.t1: unmap 0 iova=0x2000 size=0x2000; ";
        Assert.Equal(expected, Scripted.Answers(
            DialectName.Blk2, SetUp + close + "p1.t0: unmap 0 iova=0x4000 size=0x1000; p1.t1: dma d1 read iova=0x4000", 1, World));
    }

    /// <summary>Between an mdev's open and its registration: whether its driver takes work already.</summary>
    [Theory]
    [InlineData("no no no yes yes yes,no no")]
    public void The_order_of_opening_and_registering_is_the_dialects(string expected) =>
        Assert.Equal(expected, string.Join(' ', Dialect.Releases.Select(TakesWorkBeforeRegistering)));

    private static string TakesWorkBeforeRegistering(Dialect dialect)
    {
        var program = Scripted.Parse(Scripted.Mdev);
        var line = program.Lines.Length - 1;
        var ways = new List<string>();
        var contract = new Contract(dialect, Platform.Simulated);
        do
        {
            var before = new Predictor(dialect, Platform.Simulated);
            before.Expect(Scripted.Parse(Scripted.Mdev[..Scripted.Mdev.IndexOf("get-device", StringComparison.Ordinal)]));
            contract.Program = program;
            contract.World = program.World;
            Dispatcher.Begin(contract, ref before.State, line);
            Dispatcher.Advance(contract, ref before.State, 0);
            Dispatcher.Advance(contract, ref before.State, 0);
            ways.Add(before.State.Devices[2].IsDriverOpen ? "yes" : "no");
        }
        while (contract.NextChoices());
        return string.Join(',', ways);
    }

    // A starts before the range, or is another's: what UNMAP removes before it stops there depends on PRE's tree.
    [Theory]
    [InlineData("type1", "unmap 0 iova=0x1000 size=0x3000", "0x0 0x2000", "0x0")]
    [InlineData("type1v2", "p1.t0: map 0 iova=0x4000 size=0x1000 vaddr=page4 rw; unmap 0 iova=0x0 size=0x5000",
        "0x0 0x2000 0x4000", "0x4000")]
    [InlineData("type1v2", "p1.t0: map 0 iova=0x4000 size=0x1000 vaddr=page4 rw; p1.t0: unmap 0 iova=0x0 size=0x5000", "0x0 0x1000", "0x0")]
    public void What_goes_before_an_unmap_stops_is_the_trees_business_in_the_oldest_release(
        string type, string calls, string oldest, string later)
    {
        var program = Scripted.Parse(Scripted.Pci.Replace("type1v2", type, StringComparison.Ordinal) + A + B + "fork p1; " + calls);
        Assert.Equal(oldest, Accepted(DialectName.Pre, program));
        foreach (var dialect in Dialect.Releases.Where(dialect => dialect.UnmapStopsAtForeignMapping && dialect.Name != DialectName.Pre))
            Assert.Equal(later, Accepted(dialect.Name, program));
    }

    [Fact]
    public void Later_releases_go_up_the_iovas()
    {
        var program = Scripted.Parse(
            Scripted.Pci.Replace("type1v2", "type1", StringComparison.Ordinal) + A + B + "unmap 0 iova=0x1000 size=0x3000");
        foreach (var dialect in Dialect.Releases.Where(dialect => dialect.Name != DialectName.Pre))
            Assert.Equal("0x0", Accepted(dialect.Name, program));
    }

    /// <summary>The sizes that the last line's UNMAP may report.</summary>
    private static string Accepted(DialectName name, Program program)
    {
        var dialect = Dialect.Of(name);
        var answers = new Predictor(dialect, Platform.Simulated).Expect(program);
        var sizes = new List<string>();
        for (ulong size = 0; size <= 0x5000; size += 0x1000)
        {
            var history = new History();
            for (var line = 0; line < program.Lines.Length; line++)
            {
                history.Add(HistoryEvent.Called(line, (ulong)(3 * line)));
                var answer = line == program.Lines.Length - 1 ? Answer.Ok(size) : answers[line].AtOnce;
                history.Add(HistoryEvent.Answered(line, answer, (ulong)(3 * line + 1)));
                history.Add(HistoryEvent.Settled((ulong)(3 * line + 2)));
            }
            if (new Acceptor(dialect, Platform.Simulated).Accept(program, history) is Acceptance.Accepted)
                sizes.Add($"0x{size:x}");
        }
        return string.Join(' ', sizes);
    }

    [Fact]
    public void Every_row_stands_at_its_promise_and_tells_dialects_apart()
    {
        Assert.Equal(Enum.GetValues<Promise>(), Promises.All.Select(row => row.Promise));
        Assert.All(Promises.All, row =>
        {
            Assert.Equal(Dialect.Releases.Length + 1, row.Keepers.Split(' ').Length);
            Assert.Matches("^[-x]( [-x])*$", row.Keepers);
            Assert.Equal(2, Dialect.All.Select(dialect => dialect.Keeps(row.Promise)).Distinct().Count());
            Assert.NotEmpty(row.Statement);
            Assert.NotEmpty(row.Authority);
        });
    }

    [Fact]
    public void Every_promise_has_a_vector()
    {
        Promise[] others = [Promise.UnmapFollowsTheTree, Promise.NotifiesByChain, Promise.OpensDriverFirst, Promise.RegistersFirst, Promise.RefusesPinWithoutCallback,
            Promise.ListsWhileUnbinding, Promise.UnlistsFirst];
        var vectors = typeof(DialectTests).GetMethod(nameof(A_release_answers_as_its_dialect_says))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Cast<InlineDataAttribute>()
            .Select(data => (Promise)data.GetData(null!).Single()[0]);
        var ofDesigns = typeof(DesignDialectTests).GetMethod(nameof(DesignDialectTests.A_design_answers_as_its_dialect_says))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Cast<InlineDataAttribute>()
            .Select(data => (Promise)data.GetData(null!).Single()[0]);
        Assert.Equal(Enum.GetValues<Promise>(), vectors.Concat(others).Concat(ofDesigns).Distinct().Order());
    }

    private static string Last(Dialect dialect, string calls, string world = Scripted.World)
    {
        var answer = Scripted.Expect(dialect.Name, calls, world)[^1].AtOnce;
        return !answer.IsOk ? answer.ToString()
            : (long)answer.Value < 0 ? $"-0x{-(long)answer.Value:x}"
            : answer.Value == 0 ? "0" : $"0x{answer.Value:x}";
    }
}
