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

    // The command was passed to the iommu driver, and when it comes to the mutex the last group is gone: EINVAL and nothing else.
    [Theory]
    [InlineData(DialectName.S61, "map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "0")]
    [InlineData(DialectName.S61, "unmap 0 iova=0x0 size=0x1000", "0")]
    [InlineData(DialectName.S61, "get-info 0 pgsizes argsz=16", "0x40201000")]
    [InlineData(DialectName.S61, "dirty-pages 0 iova=0x0 size=0x0 start", "0")]
    [InlineData(DialectName.ChangeMm, "change-mm 0", "0")]
    [InlineData(DialectName.Iommufd, "map-file 0 iova=0x0 size=0x1000 offset=0x0 rw", "0")]
    public void A_command_beside_the_last_detach(DialectName dialect, string command, string done)
    {
        var calls = Scripted.Pci + "par {; p0.t1: detach 1; p0.t0: " + command + "; }";
        Assert.True(Scripted.Allows(dialect, calls, $"0; {done}"));
        foreach (var errno in Enum.GetValues<Errno>().Where(errno => errno != Errno.None))
            Assert.Equal(errno == Errno.EINVAL, Scripted.Allows(dialect, calls, $"0; {errno}"));
    }

    // Of two that make the same process one tries (OperationKind.Fork), and may be killed before it has made it.
    [Theory]
    [InlineData("not-run; killed; 0; not-run", true)]
    [InlineData("not-run; killed; 0; 0", true)]
    [InlineData("0; killed; 0; 0", true)]
    [InlineData("0; killed; 0; not-run", false)]
    public void Of_two_forks_of_a_process_one_tries(string answers, bool allowed) => Assert.Equal(allowed, Scripted.Allows(
        DialectName.S61, Scripted.Pci + "par {; p0.t0: fork p2; p0.t1: fork p2; p0.t0: exec; }; p2.t0: observe", answers));

    // Of two threads that end their process both have ended it.
    [Theory]
    [InlineData("p1.t0: exit; p1.t1: exit", "0; 0")]
    [InlineData("p1.t0: kill p1; p1.t1: kill p1", "0; 0")]
    [InlineData("p1.t0: exit; p1.t1: kill p1", "0; 0")]
    public void Whoever_ends_its_own_process_is_not_killed(string block, string answers) =>
        Assert.True(Scripted.Allows(DialectName.S61, Scripted.Pci + "fork p1; par {; " + block + "; }", answers));

    // Whoever is killed in a line had not come to its call, or had done all of it.
    [Theory]
    [InlineData("0; killed; 0", true)]
    [InlineData("0; killed; 0x1000", true)]
    [InlineData("0; 0; 0x1000", true)]
    [InlineData("0; 0; 0", false)]
    [InlineData("0; EINTR; 0", false)]
    public void A_call_beside_a_kill_is_done_or_not(string answers, bool allowed) => Assert.Equal(allowed, Scripted.Allows(
        DialectName.S61, Scripted.Mdev + "fork p1; par {; p0.t0: kill p1; p1.t0: map 0 iova=0x0 size=0x1000 vaddr=page0 rw; }; unmap 0 iova=0x0 size=0x0 all",
        answers));

    // ... even where it would have been refused at once.
    [Theory]
    [InlineData("0; killed", true)]
    [InlineData("0; EBADF", true)]
    [InlineData("0; EFAULT", false)]
    public void A_refusal_beside_a_kill_is_seen_or_not(string answers, bool allowed) => Assert.Equal(allowed, Scripted.Allows(
        DialectName.S61, "fork p1; par {; p0.t0: kill p1; p1.t0: get-device 9 d0 at=3; }", answers));

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
