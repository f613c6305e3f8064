using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>type1-semantics 12, vaddr protocol: A=[0,2p) is invalid and B=[2p,4p) valid before each call.</summary>
public sealed class VaddrTests
{
    private const string SetUp = Scripted.Pci
        + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; "
        + "unmap 0 iova=0x0 size=0x2000 vaddr; ";

    // vaddr_invalid_count is what it takes to attach a second mdev group: EBUSY while it is not zero.
    private const string Observe = "; open group d2 at=3; attach 3 0";

    [Theory]
    [InlineData("unmap 0 iova=0x0 size=0x0 vaddr all", "EINVAL; 0; EBUSY")]
    [InlineData("unmap 0 iova=0x0 size=0x4000 vaddr", "EINVAL; 0; EBUSY")]
    [InlineData("unmap 0 iova=0x8000 size=0x1000 vaddr", "0; 0; EBUSY")]
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=page0 vaddr", "EINVAL; 0; EBUSY")]
    [InlineData("map 0 iova=0x8000 size=0x1000 vaddr=page0 vaddr", "ENOENT; 0; EBUSY")]
    [InlineData("map 0 iova=0x2000 size=0x2000 vaddr=page0 vaddr", "EINVAL; 0; EBUSY")]
    [InlineData("map 0 iova=0x8000 size=0x1000 vaddr=page0 flags=0x5", "EINVAL; 0; EBUSY")]
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page4 vaddr", "0; 0; 0")]
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=0x0 vaddr", "0; 0; 0")] // the new vaddr is not probed
    [InlineData("unmap 0 iova=0x0 size=0x2000", "0 value=0x2000; 0; 0")]
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page0 r", "EEXIST; 0; EBUSY")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page0 r", "0; 0; EBUSY")]
    public void The_protocol_holds_while_a_vaddr_is_invalid(string call, string expected)
    {
        foreach (var dialect in new[] { DialectName.S61, DialectName.Exc })
            Assert.Equal(expected, Scripted.Answers(dialect, SetUp + call + Observe, 3));
    }

    [Fact]
    public void An_invalidation_reports_the_size_and_a_second_remap_is_refused()
    {
        const string Remap = "map 0 iova=0x0 size=0x2000 vaddr=page4 vaddr; ";
        Assert.Equal("0 value=0x2000; 0; EINVAL", Scripted.Answers(DialectName.S61, SetUp + Remap + Remap, 3));
    }

    [Fact]
    public void A_refused_invalidation_leaves_the_valid_one_valid()
    {
        const string Calls = "unmap 0 iova=0x0 size=0x4000 vaddr; unmap 0 iova=0x2000 size=0x2000 vaddr";
        Assert.Equal("EINVAL; 0 value=0x2000", Scripted.Answers(DialectName.S61, SetUp + Calls, 2));
    }

    [Fact]
    public void A_refused_invalidation_leaves_the_invalid_one_invalid()
    {
        const string Calls = "unmap 0 iova=0x0 size=0x4000 vaddr; map 0 iova=0x0 size=0x2000 vaddr=page0 vaddr";
        Assert.Equal("EINVAL; 0", Scripted.Answers(DialectName.S61, SetUp + Calls, 2));
    }

    [Theory]
    [InlineData(DialectName.S61, "EBUSY")]
    [InlineData(DialectName.Exc, "EBUSY")]
    [InlineData(DialectName.Blk3, "0")]
    public void An_emulated_group_and_an_invalid_vaddr_exclude_each_other(DialectName dialect, string expected)
    {
        var attach = Scripted.Answers(dialect, SetUp + "open group d2 at=3; attach 3 0", 1);
        var invalidate = Scripted.Answers(
            dialect, Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; unmap 0 iova=0x0 size=0x2000 vaddr", 1);

        Assert.Equal(expected, attach);
        Assert.Equal(expected == "0" ? "0 value=0x2000" : expected, invalidate);
    }

    [Theory]
    [InlineData("unmap 0 iova=0x800 size=0x1001 vaddr", "EBUSY")] // before every range check
    [InlineData("unmap 0 iova=0x0 size=0x1000 flags=0xc", "EINVAL")] // after the flag checks
    public void EBUSY_stands_between_flags_and_ranges(string call, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, Scripted.Mdev + call, 1));

    [Theory]
    [InlineData(DialectName.Blk2, "0; 0 value=0x2000")]
    [InlineData(DialectName.Blk3, "0 value=0x2000; EINVAL")]
    [InlineData(DialectName.S61, "0 value=0x2000; EINVAL")]
    public void A_child_invalidates_its_parents_mapping_from_v6_0_on(DialectName dialect, string expected)
    {
        const string Calls = Scripted.Pci + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; fork p1; "
            + "p1.t0: unmap 0 iova=0x0 size=0x2000 vaddr; unmap 0 iova=0x0 size=0x2000 vaddr";
        Assert.Equal(expected, Scripted.Answers(dialect, Calls, 2));
    }

    [Theory]
    [InlineData(DialectName.S61, "0; 1; 0")]
    [InlineData(DialectName.Exc, "0; 1; 0")]
    [InlineData(DialectName.Blk3, "1; 1; 1")]
    public void The_extension_shows_what_can_be_done(DialectName dialect, string expected)
    {
        const string Check = "check-extension 0 update-vaddr; ";
        Assert.Equal(
            expected.Replace("1", "0 value=0x1", StringComparison.Ordinal),
            string.Join("; ",
                Scripted.Answers(dialect, Scripted.Container + "; " + Check, 1),
                Scripted.Answers(dialect, Scripted.Pci + Check, 1),
                Scripted.Answers(dialect, Scripted.Mdev + Check, 1)));
    }
}
