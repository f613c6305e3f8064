using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>Whose the DMA of a group is (corrections C19): a container's, a driver's of the host beside it, or nobody's.</summary>
public sealed class SiblingTests
{
    private const string Group = Scripted.Container + "; open group d1 at=2; ";
    private const string Attached = Group + "attach 2 0; ";
    private const string Driven = Attached + "set-iommu 0 type1v2; ";
    private const string Bind = "sibling d1 bind; ";
    private const string Unbind = "sibling d1 unbind; ";

    [Theory]
    [InlineData("sibling d0 bind", "ENODEV")] // a device alone in its group
    [InlineData("sibling d2 bind", "ENODEV")]
    [InlineData("sibling d0 unbind", "ENODEV")]
    [InlineData(Bind, "0")]
    [InlineData(Unbind, "ENODEV")]
    [InlineData(Bind + Bind, "EBUSY")]
    [InlineData(Bind + Unbind, "0")]
    [InlineData(Bind + Unbind + Unbind, "ENODEV")]
    [InlineData(Bind + Unbind + Bind, "0")]
    [InlineData(Group + Bind, "0")] // a group that is merely open is nobody's
    [InlineData(Attached + Bind, "EBUSY")]
    [InlineData(Attached + Unbind, "ENODEV")]
    [InlineData(Driven + Bind, "EBUSY")]
    [InlineData(Attached + "detach 2; " + Bind, "0")]
    [InlineData(Driven + "detach 2; " + Bind, "0")]
    [InlineData(Attached + "close 0; " + Bind, "EBUSY")]
    [InlineData(Attached + "close 2; " + Bind, "0")]
    [InlineData(Driven + "get-device 2 d1 at=12; close 2; " + Bind, "EBUSY")] // the device keeps the group's file
    [InlineData(Driven + "get-device 2 d1 at=12; close 2; close 12; " + Bind, "0")]
    [InlineData(Scripted.Pci + Bind, "0")] // another group's container
    [InlineData(Scripted.Pci + "map 0 iova=0x8000000000 size=0x1000 vaddr=page0 rw; open group d1 at=2; attach 2 1; " + Bind, "0")]
    [InlineData(Scripted.Mdev + "map 0 iova=0xfee00000 size=0x1000 vaddr=page0 rw; open group d1 at=2; attach 2 0; " + Bind, "0")] // an attach that fails gives it back
    [InlineData(Scripted.Mdev + "map 0 iova=0xfee00000 size=0x1000 vaddr=page0 rw; open group d1 at=2; attach 2 0", "EINVAL")]
    [InlineData("fork p1; p1.t0: open container at=0; p1.t0: open group d1 at=2; p1.t0: attach 2 0; " + Bind, "EBUSY")]
    [InlineData("fork p1; p1.t0: open container at=0; p1.t0: open group d1 at=2; p1.t0: attach 2 0; kill p1; " + Bind, "0")]
    public void A_driver_of_the_host_comes_to_a_group_that_nobody_has(string calls, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, calls, 1));

    [Theory]
    [InlineData(Group + Bind + "group-status 2", "0")]
    [InlineData(Group + Bind + Unbind + "group-status 2", "0 value=0x1")]
    [InlineData(Attached + Bind + "group-status 2", "0 value=0x3")]
    [InlineData(Group + Bind + "open group d0 at=1; group-status 1", "0 value=0x1")]
    [InlineData(Group + Bind + "group-status 2 arg=readonly", "EFAULT")]
    [InlineData(Group + Bind + "attach 2 0; group-status 2", "0")] // the lock is free again
    [InlineData(Group + Bind + "attach 2 0; set-iommu 0 type1v2", "EINVAL")] // and nothing is attached
    [InlineData(Group + Bind + "attach 2 0; open group d0 at=1; attach 1 0", "0")]
    [InlineData(Group + Bind + "attach 2 0; " + Unbind + "attach 2 0", "0")]
    [InlineData(Attached + Bind + "attach 2 0", "EINVAL")] // a container comes before the owner
    [InlineData(Group + Bind + "open group d2 at=3; attach 3 0", "0")]
    [InlineData(Group + Bind + "open group d0 at=1; attach 1 0", "0")]
    public void A_group_of_the_host_is_not_viable(string calls, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, calls, 1));

    [Theory]
    [InlineData(Bind, "sibling.driver")]
    [InlineData(Group + Bind + "group-status 2", "group-status.not-viable")]
    [InlineData(Group + "group-status 2", "group-status.ok")]
    [InlineData(Group + Bind + "attach 2 0", "attach.not-viable")]
    public void An_answer_is_laid_at_the_right_rule(string calls, string rule) => Assert.Equal(rule, Scripted.Rule(DialectName.Exc, calls));

    /// <summary>An attach that sleeps in its replay has the group already.</summary>
    [Fact]
    public void A_group_on_its_way_into_a_container_is_claimed()
    {
        const string Calls = Scripted.Mdev + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; unmap 0 iova=0x0 size=0x1000 vaddr; open group d1 at=2; "
            + "p0.t1: attach 2 0; " + Bind + "map 0 iova=0x0 size=0x1000 vaddr=page0 vaddr; " + Bind;
        Assert.Equal("blocked, then 0; EBUSY; 0; EBUSY", Scripted.Answers(DialectName.Blk3, Calls, 4));
    }

    /// <summary>vfio_group_nb_verify was a BUG_ON: nothing is promised to who binds a driver beside a group in use.</summary>
    [Theory]
    [InlineData(DialectName.Blk2, true)]
    [InlineData(DialectName.Blk3, false)]
    public void Before_groups_were_claimed_a_driver_beside_one_in_use_is_undecided(DialectName name, bool isUndecided)
    {
        var program = Scripted.Parse(Attached + Bind);
        var history = Scripted.Recorded([Answer.Ok(), Answer.Ok(), Answer.Ok(), Answer.Fails(Errno.EBUSY)]);
        Assert.Equal(
            isUndecided ? typeof(Acceptance.Undecided) : typeof(Acceptance.Accepted),
            new Acceptor(Dialect.Of(name), Platform.Simulated).Accept(program, history).GetType());
    }

    /// <summary>One of the two has the group; whichever was first.</summary>
    [Theory]
    [InlineData("0; EBUSY", true)]
    [InlineData("EPERM; 0", true)]
    [InlineData("0; 0", false)]
    [InlineData("EPERM; EBUSY", false)]
    public void An_attach_and_a_driver_race_for_a_group(string answers, bool isAllowed) =>
        Assert.Equal(isAllowed, Scripted.Allows(DialectName.S61, Group + "par {; attach 2 0; p0.t1: sibling d1 bind; }", answers));
}
