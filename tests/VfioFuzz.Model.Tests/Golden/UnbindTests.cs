using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>Devices that lose their driver (type1-semantics 7.1, 7.2; corrections C19). Seen on 6.1.192 and 6.12.117.</summary>
public sealed class UnbindTests
{
    private const string Group = Scripted.Container + "; open group d0 at=1; ";
    private const string Gone = Group + "unbind d0; ";
    private const string Open = Scripted.Mdev + "fork p1; close 13; ";

    private static readonly Platform Kernel = Platform.Simulated with { Kernel = "6.1" };

    [Theory]
    [InlineData("unbind d0", "0")]
    [InlineData("unbind d2", "0")]
    [InlineData("unbind d0; unbind d0", "ENODEV")]
    [InlineData("unbind d0; open group d0 at=1", "ENOENT")]
    [InlineData("unbind d0; open group d2 at=1", "0")]
    [InlineData(Gone + "open group d0 at=2", "ENOENT")] // before EBUSY
    [InlineData(Gone + "group-status 1", "ENODEV")]
    [InlineData(Gone + "group-status 1 argsz=7", "EINVAL")]
    [InlineData(Gone + "group-status 1 arg=readonly", "ENODEV")]
    [InlineData(Gone + "attach 1 9", "EBADF")]
    [InlineData(Gone + "attach 1 0", "ENODEV")]
    [InlineData(Gone + "attach 1 1", "ENODEV")] // before what its fd is
    [InlineData(Gone + "detach 1", "EINVAL")]
    [InlineData(Gone + "get-device 1 d0 at=2", "ENODEV")]
    [InlineData(Gone + "close 1", "0")]
    [InlineData(Scripted.Pci + "unbind d0; map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "EINVAL")] // the last group takes the driver with it
    [InlineData(Scripted.Pci + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; unbind d0; observe", "0")]
    [InlineData(Scripted.Pci + "open group d2 at=3; attach 3 0; unbind d0; map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "0")]
    [InlineData(Scripted.Pci + "unbind d0; close 1; open group d0 at=1", "ENOENT")]
    [InlineData(Scripted.Container + "; open group d1 at=2; attach 2 0; unbind d1; sibling d1 bind", "0")]
    [InlineData(Scripted.Mdev + "close 13; unbind d2; submit d2.w0 pin iova=0x0 pages=1 rw", "ENODEV")]
    [InlineData(Scripted.Mdev + "unbind d2", "blocked")]
    [InlineData(Open + "unbind d2", "blocked")]
    [InlineData(Open + "p1.t0: close 13; unbind d2", "0")]
    [InlineData(Open + "unbind d2; p0.t1: unbind d2", "blocked")]
    public void An_unbind_takes_the_device_its_group_and_the_groups_container(string calls, string expected) => Assert.All(
        [DialectName.Blk3, DialectName.S61, DialectName.Exc, DialectName.Ovf],
        dialect => Assert.Equal(expected, Scripted.AnswersOn(Kernel, dialect, calls, 1).Split(", then")[0]));

    [Fact]
    public void The_last_close_ends_every_unbind_of_the_device() => Assert.Equal(
        "blocked, then 0; blocked, then 0; 0; 0; ENODEV",
        Scripted.AnswersOn(Kernel, DialectName.S61, Open + "unbind d2; p0.t1: unbind d2; p1.t0: group-status 3; p1.t0: close 13; p1.t0: group-status 3", 5)
            .Replace("0 value=0x3", "0", StringComparison.Ordinal));

    /// <summary>EXC has releases of both kinds.</summary>
    [Theory]
    [InlineData(DialectName.Blk3, "0")]
    [InlineData(DialectName.S61, "0")]
    [InlineData(DialectName.Exc, "0 or ENODEV")]
    [InlineData(DialectName.Ovf, "ENODEV")]
    public void A_device_that_an_unbind_waits_for_is_listed_or_not_by_release(DialectName dialect, string allowed) =>
        Assert.Equal(allowed, Scripted.Allowed(dialect, Open + "unbind d2; p1.t0: get-device 3 d2 at=14", platform: Kernel));

    /// <summary>cdev_device_del beside an open that has found the node.</summary>
    [Theory]
    [InlineData("0; 0", true)]
    [InlineData("0; ENODEV", true)]
    [InlineData("0; ENOENT", true)]
    [InlineData("0; EINVAL", false)]
    public void An_open_beside_an_unbind_is_before_within_or_behind_it(string answers, bool isAllowed) =>
        Assert.Equal(isAllowed, Scripted.Allows(DialectName.S61, "par {; unbind d0; p0.t1: open group d0 at=1; }", answers));

    [Theory]
    [InlineData("unbind d0", "unbind.ok")]
    [InlineData(Scripted.Mdev + "unbind d2", "unbind.waits")]
    [InlineData(Gone + "attach 1 0", "group.gone")]
    [InlineData(Gone + "group-status 1", "group.gone")]
    public void An_answer_is_laid_at_the_right_rule(string calls, string rule) => Assert.Equal(rule, Scripted.Rule(DialectName.Exc, calls, platform: Kernel));

    [Fact]
    public void Designs_without_an_administrator_know_no_unbind() =>
        Assert.Equal("ENOTTY", Scripted.AnswersOn(Platform.Simulated with { Kernel = "sim/exclusion" }, DialectName.Exc, "unbind d0", 1));
}
