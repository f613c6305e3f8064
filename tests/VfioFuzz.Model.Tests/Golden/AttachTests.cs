using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>type1-semantics 1.3, 3.1, 7.1 and 7.2, with the corrections C2, C6, C7, C18.</summary>
public sealed class AttachTests
{
    private const string AttachP = "open group d0 at=1; attach 1 0";

    [Theory]
    [InlineData("", "0")]
    [InlineData("map 0 iova=0x7fffffe000 size=0x2000 vaddr=page0 rw; ", "0")]
    [InlineData("map 0 iova=0x7ffffff000 size=0x2000 vaddr=page0 rw; ", "EFAULT")] // C2
    [InlineData("map 0 iova=0x8000000000 size=0x1000 vaddr=page0 rw; ", "EFAULT")] // C2
    [InlineData("map 0 iova=0xfee00000 size=0x1000 vaddr=page0 rw; ", "EINVAL")] // C2
    [InlineData("map 0 iova=0xfedff000 size=0x2000 vaddr=page0 rw; ", "EINVAL")]
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=0x0 rw; ", "EFAULT")] // probed now only
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=page0 rw; munmap page0 pages=1; ", "EFAULT")]
    [InlineData("mmap page0 pages=1 anon-ro; map 0 iova=0x0 size=0x1000 vaddr=page0 rw; ", "EFAULT")]
    [InlineData("mmap page0 pages=1 anon-ro; map 0 iova=0x0 size=0x1000 vaddr=page0 r; ", "0")]
    [InlineData("mmap page0 pages=1 no-access; map 0 iova=0x0 size=0x1000 vaddr=page0 r; ", "EFAULT")]
    public void A_first_iommu_group_replays_every_mapping(string calls, string expected)
    {
        foreach (var dialect in Dialect.Releases)
            Assert.Equal(expected, Scripted.Answers(dialect.Name, Scripted.Mdev + calls + AttachP, 1));
    }

    [Fact]
    public void The_ranges_after_a_last_domain_are_as_open_as_before_the_first()
    {
        const string BeyondAperture = "map 0 iova=0x8000000000 size=0x1000 vaddr=page0 rw; ";
        Assert.Equal("0; EFAULT", Scripted.Answers(
            DialectName.S61, Scripted.Mdev + AttachP + "; detach 1; " + BeyondAperture + "attach 1 0", 2));
    }

    [Fact]
    public void A_failed_replay_leaves_no_charge_and_can_be_repeated()
    {
        const string Calls = Scripted.Mdev + "map 0 iova=0x0 size=0x4000 vaddr=page0 rw; map 0 iova=0x4000 size=0x1000 vaddr=0x0 rw; "
            + AttachP + "; observe; unmap 0 iova=0x4000 size=0x1000; attach 1 0; observe";
        Assert.Equal("EFAULT; 0; 0 value=0x1000; 0; 0 value=0x4", Scripted.Answers(DialectName.S61, Calls, 5));
    }

    [Theory]
    [InlineData("open container at=5; attach 1 5", DialectName.S61, "0")]
    [InlineData("attach 1 7", DialectName.S61, "EBADF")]
    [InlineData("attach 1 1", DialectName.S61, "EINVAL")]
    [InlineData("attach 1 1", DialectName.Blk3, "EINVAL")]
    [InlineData("attach 1 1", DialectName.Exc, "EBADFD")] // C6
    [InlineData("attach 7 0", DialectName.S61, "EBADF")]
    [InlineData("attach 0 0", DialectName.S61, "EINVAL")] // a group ioctl on a container without a driver
    [InlineData("attach 1 0; attach 1 0", DialectName.S61, "EINVAL")]
    [InlineData("attach 1 0; attach 1 1", DialectName.Exc, "EINVAL")] // attached already comes first
    [InlineData("detach 1", DialectName.S61, "EINVAL")]
    [InlineData("attach 1 0; detach 1; detach 1", DialectName.S61, "EINVAL")]
    [InlineData("attach 1 0; set-iommu 0 type1v2; get-device 1 d0 at=11; detach 1", DialectName.S61, "EBUSY")]
    [InlineData("get-device 1 d0 at=11", DialectName.S61, "EINVAL")]
    [InlineData("attach 1 0; get-device 1 d0 at=11", DialectName.S61, "EINVAL")]
    [InlineData("get-device 1 d1 at=11", DialectName.S61, "ENODEV")]
    [InlineData("open group d0 at=6", DialectName.S61, "EBUSY")]
    [InlineData("close 1; open group d0 at=6", DialectName.S61, "0")]
    [InlineData("dup 1 at=6; close 1; open group d0 at=7", DialectName.S61, "EBUSY")]
    [InlineData("attach 1 0; set-iommu 0 type1v2; get-device 1 d0 at=11; close 1; open group d0 at=6", DialectName.S61, "EBUSY")]
    [InlineData("attach 1 0; set-iommu 0 type1v2; get-device 1 d0 at=11; close 1; close 11; open group d0 at=6", DialectName.S61, "0")]
    [InlineData("map 1 iova=0x0 size=0x1000 vaddr=page0 rw", DialectName.S61, "ENOTTY")]
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=page0 rw", DialectName.S61, "EINVAL")]
    [InlineData("pin 1 iova=0x0 pages=1 rw", DialectName.S61, "ENOTTY")]
    [InlineData("pin 0 iova=0x0 pages=1 rw", DialectName.S61, "EINVAL")]
    [InlineData("attach 1 0; set-iommu 0 type1v2; pin 0 iova=0x0 pages=1 rw", DialectName.S61, "ENOTTY")]
    [InlineData("attach 1 0; set-iommu 0 type1v2; get-device 1 d0 at=11; pin 11 iova=0x0 pages=1 rw", DialectName.S61, "ENOTTY")]
    [InlineData("attach 1 0; set-iommu 0 type1v2; get-device 1 d0 at=11; map 11 iova=0x0 size=0x1000 vaddr=page0 rw", DialectName.S61, "not-run")]
    [InlineData("open container at=0", DialectName.S61, "not-run")]
    public void Groups_and_devices_answer_by_their_state(string calls, DialectName dialect, string expected) =>
        Assert.Equal(expected, Scripted.Answers(dialect, "open container at=0; open group d0 at=1; " + calls, 1));

    [Theory]
    [InlineData("set-iommu 0 type1v2", "EINVAL")]
    [InlineData("attach 1 0; set-iommu 0 type1v2; set-iommu 0 type1v2", "0 EINVAL")]
    [InlineData("attach 1 0; set-iommu 0 dma-cc", "ENODEV")]
    [InlineData("attach 1 0; set-iommu 0 unmap-all", "EINVAL")]
    [InlineData("attach 1 0; set-iommu 0 update-vaddr", "ENODEV")]
    [InlineData("attach 1 0; set-iommu 0 nesting; set-iommu 0 type1v2", "EINVAL 0")] // C18
    [InlineData("attach 3 0; set-iommu 0 nesting", "0")] // C18
    [InlineData("attach 1 0; set-iommu 0 type1; open container at=5; attach 3 5; set-iommu 5 type1; open group d1 at=2; open container at=6; attach 2 6; "
        + "set-iommu 6 type1; open group d3 at=4; open container at=7; attach 4 7; set-iommu 7 type1", "0")] // an instance for each of four groups
    [InlineData("attach 1 0; set-iommu 0 type1; detach 1; attach 1 0; set-iommu 0 type1v2", "0 0 0 0")]
    public void Set_iommu_answers_by_groups_and_type(string calls, string expected)
    {
        const string Files = "open container at=0; open group d0 at=1; open group d2 at=3; ";
        Assert.Equal(expected.Replace(" ", "; ", StringComparison.Ordinal),
            Scripted.Answers(DialectName.S61, Files + calls, expected.Split(' ').Length));
    }

    [Fact]
    public void Update_vaddr_is_a_type_that_the_blocking_releases_offer_and_cannot_open() =>
        Assert.Equal("EINVAL", Scripted.Answers(
            DialectName.Blk3, "open container at=0; open group d0 at=1; attach 1 0; set-iommu 0 update-vaddr", 1));

    [Fact]
    public void Mappings_outlive_the_container_fd_and_go_with_the_last_group()
    {
        const string Calls = Scripted.Pci + "map 0 iova=0x0 size=0x4000 vaddr=page0 rw; close 0; observe; detach 1; observe";
        Assert.Equal("0; 0 value=0x4; 0; 0", Scripted.Answers(DialectName.S61, Calls, 4));
    }

    /// <summary>C7: another's attach is held to the attacher's limit run by run; the runs are physical memory's business.</summary>
    [Theory]
    [InlineData(0, "ENOMEM")]
    [InlineData(4, "0")]
    public void A_childs_attach_meets_its_own_limit(ulong limit, string expected)
    {
        var calls = Scripted.Mdev + "capability drop; map 0 iova=0x0 size=0x4000 vaddr=page0 rw; open group d0 at=1; fork p1; "
            + $"p1.t0: limit pages={limit}; p1.t0: attach 1 0; observe";
        var charged = expected == "0" ? "0 value=0x4" : "0";
        Assert.Equal($"{expected}; {charged}", Scripted.Answers(DialectName.S61, calls, 2));
    }

    [Fact]
    public void The_attachers_capability_does_not_help_the_mapper()
    {
        const string Calls = Scripted.Mdev + "capability drop; limit pages=2; map 0 iova=0x0 size=0x4000 vaddr=page0 rw; "
            + "open group d0 at=1; fork p1; p1.t0: limit unlimited; p1.t0: capability raise; p1.t0: attach 1 0; observe";
        Assert.Equal("ENOMEM; 0", Scripted.Answers(DialectName.S61, Calls, 2));
    }
}
