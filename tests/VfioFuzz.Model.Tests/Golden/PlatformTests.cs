using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>What answers owe to the machine and not to the release: its iommu's pages and ranges, and the module's limit of mappings.</summary>
public sealed class PlatformTests
{
    private const string Write = "get-device 1 d0 at=11; map 0 iova=0x0 size=0x1000 vaddr=page0 w; dma d0 read iova=0x0";
    private const string Read = "get-device 1 d0 at=11; map 0 iova=0x0 size=0x1000 vaddr=page0 r; dma d0 read iova=0x0";

    [Theory]
    [InlineData(Write, true, "0 value=0xa0")]
    [InlineData(Write, false, "EFAULT")]
    [InlineData(Read, true, "0 value=0xa0")]
    [InlineData(Read, false, "0 value=0xa0")]
    public void Whether_a_device_reads_what_is_mapped_for_writing(string calls, bool allows, string expected) => Assert.Equal(
        expected, Scripted.AnswersOn(Platform.Simulated with { WriteOnlyAllowsRead = allows }, DialectName.S61, Scripted.Pci + calls, 1));

    // Every domain is asked; without one nobody says no, and without a driver nobody says yes (type1-semantics 1.2).
    [Theory]
    [InlineData(Scripted.Pci, true, "0 value=0x1")]
    [InlineData(Scripted.Pci, false, "0")]
    [InlineData(Scripted.Mdev, false, "0 value=0x1")]
    [InlineData(Scripted.Container + ";", true, "0")]
    public void Whether_an_iommu_enforces_cache_coherency(string container, bool enforces, string expected) => Assert.All(
        Dialect.Releases,
        dialect => Assert.Equal(expected, Scripted.AnswersOn(
            Platform.Simulated with { EnforcesCoherency = enforces }, dialect.Name, container + "check-extension 0 dma-cc", 1)));

    private const string Forbid = "unsafe-interrupts off; ";
    private const string Allow = "unsafe-interrupts on; ";
    private const string TwoGroups = Scripted.Container + "; open group d0 at=1; open group d2 at=3; ";

    // Asked at each attach, behind rows 1 to 9 and before a domain is shared or anything replayed (type1-semantics 3.1 row 11, corrections C18).
    [Theory]
    [InlineData(TwoGroups + "attach 1 0; set-iommu 0 type1v2", true, "0")] // as programs find the parameter
    [InlineData(TwoGroups + Forbid + "attach 1 0; set-iommu 0 type1v2", true, "EPERM")]
    [InlineData(TwoGroups + Forbid + "attach 1 0; set-iommu 0 type1v2", false, "0")]
    [InlineData(TwoGroups + Forbid + "attach 1 0; set-iommu 0 type1v2; set-iommu 0 type1v2", true, "EPERM")] // no driver is left
    [InlineData(TwoGroups + Forbid + "attach 1 0; set-iommu 0 type1v2; " + Allow + "set-iommu 0 type1v2", true, "0")]
    [InlineData(TwoGroups + Forbid + "attach 3 0; set-iommu 0 type1v2", true, "0")] // an mdev's group has no interrupts
    [InlineData(TwoGroups + Forbid + "attach 3 0; attach 1 0; set-iommu 0 type1v2", true, "EPERM")]
    [InlineData(TwoGroups + Forbid + "attach 3 0; attach 1 0; set-iommu 0 type1v2; detach 1; set-iommu 0 type1v2", true, "0")]
    [InlineData(TwoGroups + "attach 3 0; set-iommu 0 type1v2; " + Forbid + "attach 1 0", true, "EPERM")]
    [InlineData(TwoGroups + "attach 3 0; set-iommu 0 type1v2; " + Forbid + "attach 1 0; " + Allow + "attach 1 0", true, "0")]
    [InlineData(TwoGroups + "attach 3 0; set-iommu 0 type1v2; map 0 iova=0xfee00000 size=0x1000 vaddr=page0 rw; " + Forbid + "attach 1 0", true, "EINVAL")] // row 9
    [InlineData(TwoGroups + "attach 3 0; set-iommu 0 type1v2; map 0 iova=0x0 size=0x1000 vaddr=0x0 rw; " + Forbid + "attach 1 0", true, "EPERM")] // before the replay
    [InlineData(TwoGroups + "attach 1 0; set-iommu 0 type1v2; " + Forbid + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw", true, "0")] // a group that is there stays
    public void Groups_that_could_forge_interrupts_are_attached_when_the_parameter_says_so(string calls, bool isUnsafe, string expected) => Assert.All(
        Dialect.Releases,
        dialect => Assert.Equal(expected, Scripted.AnswersOn(Platform.Simulated with { HasUnsafeInterrupts = isUnsafe }, dialect.Name, calls, 1)));

    [Fact]
    public void Nesting_is_refused_before_interrupts_are_asked_about() => Assert.Equal("EINVAL", Scripted.AnswersOn(
        Platform.Simulated with { HasUnsafeInterrupts = true }, DialectName.S61, TwoGroups + Forbid + "attach 1 0; set-iommu 0 nesting", 1));

    // Iommu pages of 64 KiB: the smallest bit of iova_pgsizes is the unit, but never less than a page of the CPU (type1-semantics 3).
    [Theory]
    [InlineData(0x10000, "map 0 iova=0x1000 size=0x10000 vaddr=page0 rw", "EINVAL")]
    [InlineData(0x10000, "map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "EINVAL")]
    [InlineData(0x10000, "map 0 iova=0x0 size=0x10000 vaddr=page0 rw", "0")]
    [InlineData(0x10000, "map 0 iova=0x0 size=0x10000 vaddr=page1 rw", "EINVAL")]
    [InlineData(0x10000, "unmap 0 iova=0x1000 size=0x10000", "EINVAL")]
    [InlineData(0x10000, "unmap 0 iova=0x0 size=0x1000", "EINVAL")]
    [InlineData(0x10000, "get-info 0 pgsizes argsz=16", "0 value=0x10000")]
    [InlineData(0x10000, "get-info 0 migration argsz=4096", "0 value=0x10000000011000")]
    [InlineData(0x200, "map 0 iova=0x200 size=0x1000 vaddr=page0 rw", "EINVAL")]
    [InlineData(0x200, "map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "0")]
    public void The_iommus_pages_are_the_unit(ulong pageSizes, string call, string expected) => Assert.Equal(
        expected, Scripted.AnswersOn(Platform.Simulated with { PciPageSizes = pageSizes }, DialectName.S61, Scripted.Pci + call, 1));

    private const string One = "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; ";
    private const string Two = One + "map 0 iova=0x1000 size=0x1000 vaddr=page1 rw; ";

    [Theory]
    [InlineData(Two, "0")]
    [InlineData(Two + "map 0 iova=0x2000 size=0x1000 vaddr=page2 rw", "ENOSPC")]
    [InlineData(Two + "map 0 iova=0x0 size=0x1000 vaddr=page2 rw", "EEXIST")] // row order of 12
    [InlineData(Two + "map 0 iova=0xfee00000 size=0x1000 vaddr=page2 rw", "ENOSPC")]
    [InlineData(One + "map 0 iova=0xfee00000 size=0x1000 vaddr=page2 rw", "EINVAL")]
    [InlineData(Two + "unmap 0 iova=0x0 size=0x1000; map 0 iova=0x2000 size=0x1000 vaddr=page2 rw", "0")]
    [InlineData(Two + "get-info 0 summary argsz=4096", "0 value=0x2731000")]
    [InlineData(One + "map 0 iova=0x1000 size=0x1000 vaddr=0x0 rw; get-info 0 summary argsz=4096", "0 value=0x102731000")] // a MAP that fails takes none
    public void Mappings_are_counted_down(string calls, string expected) => Assert.Equal(
        expected, Scripted.AnswersOn(Platform.Simulated with { DmaEntryLimit = 2 }, DialectName.S61, Scripted.Pci + calls, 1));

    // Ranges [0, 0xfff] and [0x2000, 0x3fff]: a mapping lies wholly in one of them.
    [Theory]
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "0")]
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page0 rw", "EINVAL")]
    [InlineData("map 0 iova=0x1000 size=0x1000 vaddr=page0 rw", "EINVAL")]
    [InlineData("map 0 iova=0x1000 size=0x2000 vaddr=page0 rw", "EINVAL")]
    [InlineData("map 0 iova=0x2000 size=0x2000 vaddr=page0 rw", "0")]
    [InlineData("map 0 iova=0x2000 size=0x3000 vaddr=page0 rw", "EINVAL")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page0 rw", "EINVAL")]
    public void Mappings_lie_in_one_range(string call, string expected) =>
        Assert.Equal(expected, Scripted.AnswersOn(Narrow, DialectName.S61, Scripted.Pci + call, 1));

    // The same at the attach: in the gap the check of reserved regions refuses, beyond the end the iommu does (corrections C2).
    [Theory]
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "0")]
    [InlineData("map 0 iova=0x1000 size=0x1000 vaddr=page0 rw", "EINVAL")]
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page0 rw", "EINVAL")]
    [InlineData("map 0 iova=0x1000 size=0x2000 vaddr=page0 rw", "EINVAL")]
    [InlineData("map 0 iova=0x2000 size=0x2000 vaddr=page0 rw", "0")]
    [InlineData("map 0 iova=0x3000 size=0x2000 vaddr=page0 rw", "EFAULT")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page0 rw", "EFAULT")]
    public void An_attach_checks_what_is_mapped_already(string call, string expected) => Assert.Equal(
        expected, Scripted.AnswersOn(Narrow, DialectName.S61, Scripted.Mdev + call + "; open group d0 at=1; attach 1 0", 1));

    // One range that ends before what is mapped: no reserved region is between, and the iommu refuses.
    [Theory]
    [InlineData("map 0 iova=0x3000 size=0x1000 vaddr=page0 rw", "0")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page0 rw", "EFAULT")]
    public void The_end_of_a_single_range_is_the_end_of_the_aperture(string call, string expected) => Assert.Equal(expected, Scripted.AnswersOn(
        Platform.Simulated with { PciRanges = [new(new(0), new(0x3fff))] }, DialectName.S61, Scripted.Mdev + call + "; open group d0 at=1; attach 1 0", 1));

    // A reserved region is bytes: [0xfff, 0x2000] is met by a page's last byte, and by a page's first.
    [Theory]
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "EINVAL")]
    [InlineData("map 0 iova=0x2000 size=0x1000 vaddr=page0 rw", "EINVAL")]
    [InlineData("map 0 iova=0x3000 size=0x1000 vaddr=page0 rw", "0")]
    public void An_attach_meets_a_reserved_region_by_its_bytes(string call, string expected) => Assert.Equal(expected, Scripted.AnswersOn(
        Platform.Simulated with { PciRanges = [new(new(0), new(0xffe)), new(new(0x2001), new(0x3fff))] },
        DialectName.S61, Scripted.Mdev + call + "; open group d0 at=1; attach 1 0", 1));

    [Theory]
    [InlineData("first0", "0")]
    [InlineData("first1", "0 value=0x2000")]
    [InlineData("first2", "0 value=0x8000")]
    [InlineData("last0", "0 value=0xfff")]
    [InlineData("last1", "0 value=0x3fff")]
    [InlineData("last2", "0 value=0x8fff")]
    [InlineData("chain", "0 value=0x1144133812180018")]
    [InlineData("summary", "0 value=0xffff03730084")]
    public void Three_ranges_are_shown(string view, string expected) => Assert.Equal(expected, Scripted.AnswersOn(
        Narrow with { PciRanges = [.. Narrow.PciRanges, new(new(0x8000), new(0x8fff))] }, DialectName.S61, Scripted.Pci + $"get-info 0 {view} argsz=132", 1));

    private static Platform Narrow =>
        Platform.Simulated with { PciRanges = [new(new(0), new(0xfff)), new(new(0x2000), new(0x3fff))] };
}
