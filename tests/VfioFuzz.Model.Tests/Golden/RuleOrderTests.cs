using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>
/// Which rule refuses a call that several would refuse with the same errno: the one that the kernel looks at first, so that a report names
/// the reason that a reader of the kernel would find.
/// </summary>
public sealed class RuleOrderTests
{
    private const string Start = "dirty-pages 0 iova=0x0 size=0x0 start; ";

    [Theory]
    [InlineData("dirty-pages 0 iova=0x800 size=0x4000 get pgsize=0x2000", "dirty.tracking")] // the page size of the bitmap before the range's
    [InlineData("dirty-pages 0 iova=0x800 size=0x1000 get", "dirty.range")]
    [InlineData("dirty-pages 0 iova=0x1000 size=0x0 get", "dirty.bitmap")] // a range of nothing has no bitmap
    [InlineData("dirty-pages 0 iova=0xfffffffffffff000 size=0x2000 get", "dirty.range")]
    [InlineData("unmap 0 iova=0x0 size=0x1000 dirty all argsz=24", "unmap.flags")] // ... and flags before argsz covers a bitmap
    [InlineData("unmap 0 iova=0x0 size=0x1000 dirty argsz=24", "argument.size")]
    public void The_first_check_of_the_kernel_is_the_reason(string call, string rule) =>
        Assert.Equal(rule, Scripted.Rule(DialectName.S61, Scripted.Mdev + Start + call));

    [Theory]
    [InlineData("map 0 iova=0xfffffffffffff800 size=0x1000 vaddr=page0 rw", "map.alignment")]
    [InlineData("map 0 iova=0xfffffffffffff000 size=0x2000 vaddr=page0 rw", "map.wrap")]
    [InlineData("map-file 0 iova=0xfffffffffffff800 size=0x1000 offset=0x0 rw", "map.alignment")]
    [InlineData("map-file 0 iova=0xfffffffffffff000 size=0x2000 offset=0x0 rw", "map.wrap")]
    public void A_range_is_aligned_before_it_wraps(string call, string rule) =>
        Assert.Equal(rule, Scripted.Rule(DialectName.Iommufd, Scripted.Mdev + call));

    [Theory]
    [InlineData("dirty-pages 0 iova=0x800 size=0x1000 get", "dirty.range")] // the range before whether anything is tracked
    [InlineData("dirty-pages 0 iova=0x0 size=0x1000 get", "dirty.tracking")]
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page0 rw; unmap 0 iova=0x0 size=0x1000 dirty argsz=48", "dirty.tracking")] // tracked before cut
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page0 rw; unmap 0 iova=0x0 size=0x1000", "unmap.bisects")]
    public void Untracked_containers_look_at_the_range_first(string call, string rule) =>
        Assert.Equal(rule, Scripted.Rule(DialectName.S61, Scripted.Mdev + call));
}
