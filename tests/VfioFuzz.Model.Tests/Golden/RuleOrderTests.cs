using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>
/// Ladders: on each rung a call offends against its rule and against as many of those below it as can be, so that only the rule that the
/// kernel looks at first may be the reason. A rule that is lost, or changes places with another, leaves its rung.
/// </summary>
public sealed class RuleOrderTests
{
    private const string Tracked = Scripted.Mdev + "dirty-pages 0 iova=0x0 size=0x0 start; ";
    private const string Mapped = "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; ";

    [Theory]
    [InlineData("map 0 iova=0x800 size=0x0 vaddr=page0 flags=0x8 argsz=31 arg=null", "map.copy-in")]
    [InlineData("map 0 iova=0x800 size=0x0 vaddr=page0 flags=0x8 argsz=31", "map.argsz")]
    [InlineData("map 0 iova=0x800 size=0x0 vaddr=page0 flags=0x8", "map.flags")]
    [InlineData("map 0 iova=0x800 size=0x0 vaddr=page0", "map.access")]
    [InlineData("map 0 iova=0x800 size=0x0 vaddr=page0 rw vaddr", "map.access")]
    [InlineData("map 0 iova=0xfffffffffffff800 size=0x1000 vaddr=page0 rw", "map.alignment")]
    [InlineData("map 0 iova=0x0 size=0x0 vaddr=page0 rw", "map.alignment")]
    [InlineData("map 0 iova=0x1000 size=0x800 vaddr=page0 rw", "map.alignment")]
    [InlineData("map 0 iova=0xfffffffffffff000 size=0x2000 vaddr=page0 vaddr", "map.wrap")]
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=page0 vaddr", "map-vaddr.none")]
    [InlineData(Mapped + "map 0 iova=0x0 size=0x2000 vaddr=page0 vaddr", "map-vaddr.mismatch")]
    [InlineData(Mapped + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "map.exists")]
    public void Map(string call, string rule) => Assert.Equal(rule, Scripted.Rule(DialectName.S61, Scripted.Mdev + call));

    [Theory]
    [InlineData("map 0 iova=0x800 size=0x0 vaddr=page0 flags=0x8", "map.flags")]
    [InlineData("map 0 iova=0x800 size=0x0 vaddr=page0", "map.empty")]
    [InlineData("map 0 iova=0xfffffffffffff800 size=0x1000 vaddr=page0", "map.overflow")]
    [InlineData("map 0 iova=0x800 size=0x1000 vaddr=page0", "map.access")]
    [InlineData("map 0 iova=0x800 size=0x1000 vaddr=page0 rw", "map.alignment")]
    public void Map_since_overflows_are_checked(string call, string rule) =>
        Assert.Equal(rule, Scripted.Rule(DialectName.Ovf, Scripted.Mdev + call));

    // The first mapping ends at the window of interrupts, and dma_entry_limit allows one.
    [Theory]
    [InlineData("map 0 iova=0xfedff000 size=0x2000 vaddr=0x1000 rw", "map.exists")]
    [InlineData("map 0 iova=0xfee00000 size=0x1000 vaddr=0x1000 rw", "map.space")]
    [InlineData("unmap 0 iova=0x0 size=0x0 all; map 0 iova=0xfee00000 size=0x1000 vaddr=0x1000 rw", "map.iova-range")]
    [InlineData("unmap 0 iova=0x0 size=0x0 all; map 0 iova=0x0 size=0x1000 vaddr=0x1000 rw", "map.pin")]
    [InlineData("unmap 0 iova=0x0 size=0x0 all; capability drop; limit pages=0; map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "map.limit")]
    public void Map_beside_a_mapping(string calls, string rule)
    {
        const string Start = "open container at=0; open group d0 at=1; attach 1 0; entry-limit mappings=1; set-iommu 0 type1v2; "
            + "map 0 iova=0xfedff000 size=0x1000 vaddr=page0 rw; ";
        Assert.Equal(rule, Scripted.Rule(DialectName.S61, Start + calls));
    }

    [Theory]
    [InlineData("map-file 0 iova=0xfffffffffffff800 size=0x1000 offset=0x0 rw", "map.alignment")]
    [InlineData("map-file 0 iova=0xfffffffffffff000 size=0x2000 offset=0x0 rw", "map.wrap")]
    [InlineData("map-file 0 iova=0x800 size=0x1000 offset=0x0", "map.access")]
    public void Map_of_a_file(string call, string rule) =>
        Assert.Equal(rule, Scripted.Rule(DialectName.Iommufd, Scripted.Mdev + call));

    [Theory]
    [InlineData("unmap 0 iova=0x801 size=0x0 flags=0x8 argsz=23 arg=null", "unmap.copy-in")]
    [InlineData("unmap 0 iova=0x801 size=0x0 flags=0x8 argsz=23", "unmap.argsz")]
    [InlineData("unmap 0 iova=0x801 size=0x0 flags=0xf", "unmap.flags")]
    [InlineData("unmap 0 iova=0x801 size=0x0 dirty all argsz=24", "unmap.bitmap-alone")]
    [InlineData("unmap 0 iova=0x801 size=0x0 dirty vaddr argsz=24", "unmap.bitmap-alone")]
    [InlineData("unmap 0 iova=0x801 size=0x0 dirty argsz=47 arg=edge data=kernel", "unmap.bitmap-argsz")]
    [InlineData("unmap 0 iova=0x801 size=0x0 dirty argsz=48 arg=edge data=kernel", "unmap.bitmap-copy-in")]
    [InlineData("unmap 0 iova=0x801 size=0x0 dirty argsz=48 data=kernel", "unmap.bitmap-place")]
    [InlineData("unmap 0 iova=0x801 size=0x0 dirty argsz=48", "unmap.bitmap-size")]
    [InlineData("unmap 0 iova=0x801 size=0x801 all vaddr", "unmap-vaddr.emulated")]
    [InlineData("unmap 0 iova=0x801 size=0x801 all", "unmap.iova")]
    [InlineData("unmap 0 iova=0x1000 size=0x0 all", "unmap.all-range")]
    [InlineData("unmap 0 iova=0x0 size=0x801 all", "unmap.all-range")]
    [InlineData("unmap 0 iova=0xfffffffffffff000 size=0x1801", "unmap.size")]
    [InlineData("unmap 0 iova=0x1000 size=0x0", "unmap.size")]
    [InlineData("unmap 0 iova=0xfffffffffffff000 size=0x2000 dirty argsz=48", "unmap.wrap")]
    [InlineData(Mapped + "unmap 0 iova=0x0 size=0x1000 dirty argsz=48", "unmap.tracking")]
    [InlineData(Mapped + "unmap 0 iova=0x0 size=0x1000", "unmap.bisects")]
    [InlineData(Mapped + "unmap 0 iova=0x1000 size=0x1000", "unmap.bisects")]
    [InlineData(Mapped + "unmap 0 iova=0x0 size=0x2000 arg=readonly", "unmap.copy")]
    public void Unmap(string call, string rule) => Assert.Equal(rule, Scripted.Rule(DialectName.S61, Scripted.Mdev + call));

    [Theory]
    [InlineData(Mapped + "unmap 0 iova=0x0 size=0x1000 dirty argsz=48 pgsize=0x800", "unmap.tracking")]
    [InlineData(Mapped + "unmap 0 iova=0x0 size=0x1000 dirty argsz=48 data=readonly", "unmap.bisects")]
    [InlineData(Mapped + "unmap 0 iova=0x0 size=0x2000 dirty argsz=48 data=readonly arg=readonly", "unmap.bitmap-copy")]
    public void Unmap_of_dirty_pages(string call, string rule) => Assert.Equal(rule, Scripted.Rule(DialectName.S61, Tracked + call));

    [Theory]
    [InlineData("dirty-pages 0 iova=0x800 size=0x0 flags=0xf argsz=7 arg=null", "dirty.copy-in")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x0 flags=0xf argsz=7", "dirty.argsz")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x0 flags=0xf argsz=8", "dirty.flags")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x0 start stop get argsz=8", "dirty.one-flag")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x0 argsz=8", "dirty.one-flag")]
    [InlineData("dirty-pages 0 iova=0xfffffffffffff800 size=0x1000 get argsz=47 arg=edge data=kernel", "dirty-get.argsz")]
    [InlineData("dirty-pages 0 iova=0xfffffffffffff800 size=0x1000 get argsz=48 arg=edge data=kernel", "dirty-get.copy-in")]
    [InlineData("dirty-pages 0 iova=0xfffffffffffff800 size=0x1000 get data=kernel", "dirty-get.wrap")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x0 get data=kernel pgsize=0x2000", "dirty-get.bitmap-place")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x0 get pgsize=0x2000", "dirty-get.bitmap-size")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x4800 get pgsize=0x2000", "dirty-get.page-size")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x1800 get", "dirty-get.iova")]
    [InlineData("dirty-pages 0 iova=0x1 size=0x1000 get", "dirty-get.iova")]
    [InlineData("dirty-pages 0 iova=0x0 size=0x1800 get", "dirty-get.size")]
    [InlineData("dirty-pages 0 iova=0x0 size=0x1001 get", "dirty-get.size")]
    [InlineData(Mapped + "dirty-pages 0 iova=0x0 size=0x1000 get", "dirty-get.tracking")]
    public void Dirty_pages(string call, string rule) => Assert.Equal(rule, Scripted.Rule(DialectName.S61, Scripted.Mdev + call));

    [Theory]
    [InlineData(Mapped + "dirty-pages 0 iova=0x0 size=0x1000 get data=readonly", "dirty-get.bisects")]
    [InlineData(Mapped + "dirty-pages 0 iova=0x1000 size=0x1000 get data=readonly", "dirty-get.bisects")]
    [InlineData(Mapped + "dirty-pages 0 iova=0x0 size=0x2000 get data=readonly", "dirty-get.copy")]
    [InlineData(Mapped + "dirty-pages 0 iova=0x0 size=0x2000 get", "dirty-get.ok")]
    public void Dirty_pages_that_are_tracked(string call, string rule) => Assert.Equal(rule, Scripted.Rule(DialectName.S61, Tracked + call));

    [Theory]
    [InlineData("dirty-pages 0 iova=0x800 size=0x0 get argsz=48 arg=edge", "dirty-get.copy-in")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x0 get data=kernel", "dirty-get.empty")]
    [InlineData("dirty-pages 0 iova=0xfffffffffffff800 size=0x1000 get data=kernel", "dirty-get.wrap")]
    [InlineData("dirty-pages 0 iova=0x800 size=0x1000 get data=kernel", "dirty-get.bitmap-place")]
    public void Dirty_pages_since_overflows_are_checked(string call, string rule) =>
        Assert.Equal(rule, Scripted.Rule(DialectName.Ovf, Scripted.Mdev + call));

    [Fact]
    public void A_v1_container_is_asked_for_its_version_first() =>
        Assert.Equal("dirty.v1", Scripted.Rule(
            DialectName.S61, Scripted.Mdev.Replace("type1v2", "type1", StringComparison.Ordinal) + "dirty-pages 0 iova=0x0 size=0x0 arg=null"));

    [Theory]
    [InlineData("get-info 0 summary argsz=15 arg=null", "get-info.copy-in")]
    [InlineData("get-info 0 summary argsz=15", "get-info.argsz")]
    [InlineData("get-info 0 summary argsz=16 arg=readonly", "get-info.copy")]
    [InlineData("get-info 0 summary argsz=16", "get-info.too-small")]
    [InlineData("get-info 0 summary argsz=4096", "get-info.ok")]
    [InlineData("group-status 3 argsz=7 arg=null", "group-status.copy-in")]
    [InlineData("group-status 3 argsz=7 arg=readonly", "group-status.argsz")]
    [InlineData("group-status 3 arg=readonly", "group-status.copy")]
    [InlineData("attach 3 9 arg=null", "attach.copy-in")]
    [InlineData("attach 3 9", "attach.bad-fd")]
    [InlineData("attach 3 3", "attach.attached")]
    [InlineData("open group d3 at=5; attach 5 3", "attach.not-a-container")]
    [InlineData("open group d3 at=5; get-device 5 d2 at=9 arg=null", "get-device.copy-in")]
    [InlineData("open group d3 at=5; get-device 5 d2 at=9", "group.no-device")]
    [InlineData("open group d3 at=5; get-device 5 d3 at=9", "get-device.no-container")]
    [InlineData("open group d3 at=5; open container at=6; attach 5 6; get-device 5 d3 at=9", "get-device.no-driver")]
    public void What_has_a_struct_or_a_name(string calls, string rule) =>
        Assert.Equal(rule, Scripted.Rule(DialectName.S61, Scripted.Mdev + calls));

    [Theory]
    [InlineData(DialectName.Pre, "attach 3 9", "attach.attached")]
    [InlineData(DialectName.S61, "attach 3 9", "attach.bad-fd")]
    [InlineData(DialectName.Pre, "open group d3 at=5; get-device 5 d2 at=9", "get-device.no-container")]
    [InlineData(DialectName.Pre, "open group d3 at=5; attach 5 0; get-device 5 d2 at=9", "group.no-device")]
    public void Releases_that_look_at_the_group_first(DialectName dialect, string calls, string rule) =>
        Assert.Equal(rule, Scripted.Rule(dialect, Scripted.Mdev + calls));
}
