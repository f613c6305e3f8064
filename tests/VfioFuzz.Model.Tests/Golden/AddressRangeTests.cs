using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>type1-semantics 12, address-range behaviour: mappings A=[0,2p) and B=[2p,4p), no pins.</summary>
public sealed class AddressRangeTests
{
    private const string A = "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; ";
    private const string B = "map 0 iova=0x2000 size=0x2000 vaddr=page2 rw; ";
    private const string Observe = "; unmap 0 iova=0x0 size=0x0 all";

    /// <summary>The releases in which ALL shows what is left, and wraps and 2^64 are as before v6.18.</summary>
    private static readonly DialectName[] Knowing =
        [.. Dialect.Releases.Where(dialect => dialect.KnowsUnmapAll && !dialect.ChecksOverflow).Select(dialect => dialect.Name)];

    // Each case: the call, its answer, and what ALL then still removes.
    [Theory]
    [InlineData("unmap 0 iova=0x0 size=0x4000", "0 value=0x4000; 0")]
    [InlineData("unmap 0 iova=0x0 size=0x3000", "EINVAL; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x0 size=0x1000", "EINVAL; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x1000 size=0x1000", "EINVAL; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x1000 size=0x3000", "EINVAL; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x4000 size=0x1000", "0; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x0 size=0x0", "EINVAL; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x0 size=0x0 all", "0 value=0x4000; 0")]
    [InlineData("unmap 0 iova=0x0 size=0x4000 all", "EINVAL; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x1000 size=0x0 all", "EINVAL; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x2000 size=0xffffffffffffe000", "0; 0 value=0x4000")] // C4
    [InlineData("unmap 0 iova=0x1000 size=0xfffffffffffff000", "EINVAL; 0 value=0x4000")] // C4: the bisect check still works
    [InlineData("unmap 0 iova=0x2000 size=0xfffffffffffff000", "EINVAL; 0 value=0x4000")] // wraps
    [InlineData("map 0 iova=0x3000 size=0x1000000000 vaddr=page0 rw", "EEXIST; 0 value=0x4000")]
    [InlineData("map 0 iova=0x8000000000 size=0x1000 vaddr=page0 rw", "EINVAL; 0 value=0x4000")]
    [InlineData("map 0 iova=0xfee00000 size=0x1000 vaddr=page0 rw", "EINVAL; 0 value=0x4000")]
    [InlineData("map 0 iova=0xfedff000 size=0x2000 vaddr=page0 rw", "EINVAL; 0 value=0x4000")]
    [InlineData("map 0 iova=0x1800 size=0x1000 vaddr=page0 rw", "EINVAL; 0 value=0x4000")] // alignment beats EEXIST
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page0+0x10 rw", "EINVAL; 0 value=0x4000")]
    [InlineData("map 0 iova=0x4000 size=0x0 vaddr=page0 rw", "EINVAL; 0 value=0x4000")]
    [InlineData("map 0 iova=0xfffffffffffff000 size=0x2000 vaddr=page0 rw", "EINVAL; 0 value=0x4000")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page0 flags=0x0", "EINVAL; 0 value=0x4000")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page0 flags=0x8", "EINVAL; 0 value=0x4000")]
    [InlineData("map 0 iova=0x4000 size=0x1000 vaddr=page0 flags=0x5", "EINVAL; 0 value=0x4000")]
    [InlineData("map 0 iova=0x4000 size=0x2000 vaddr=page15 rw", "EFAULT; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x0 size=0x4000 dirty", "EINVAL; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x0 size=0x4000 flags=0x8", "EINVAL; 0 value=0x4000")]
    public void A_v2_range_covers_whole_mappings_or_is_refused(string call, string expected)
    {
        foreach (var dialect in Knowing)
            Assert.Equal(expected, Scripted.Answers(dialect, Scripted.Pci + A + B + call + Observe, 2));
    }

    [Theory]
    [InlineData("unmap 0 iova=0x0 size=0x4000", "0 value=0x4000; 0")]
    [InlineData("unmap 0 iova=0x0 size=0x3000", "0 value=0x4000; 0")]
    [InlineData("unmap 0 iova=0x0 size=0x1000", "0 value=0x2000; 0 value=0x2000")]
    [InlineData("unmap 0 iova=0x1000 size=0x1000", "0; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x1000 size=0x3000", "0; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x4000 size=0x1000", "0; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x0 size=0x0", "EINVAL; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x0 size=0x0 all", "0 value=0x4000; 0")]
    [InlineData("unmap 0 iova=0x0 size=0x4000 all", "EINVAL; 0 value=0x4000")]
    [InlineData("unmap 0 iova=0x2000 size=0xffffffffffffe000", "0; 0 value=0x4000")] // C4
    public void A_v1_range_takes_whole_the_mappings_that_start_in_it(string call, string expected)
    {
        var setUp = Scripted.Pci.Replace("type1v2", "type1", StringComparison.Ordinal);
        foreach (var dialect in Knowing)
            Assert.Equal(expected, Scripted.Answers(dialect, setUp + A + B + call + Observe, 2));
    }

    [Theory]
    [InlineData("type1v2", "0 value=0x2000; 0 value=0x2000; 0")]
    [InlineData("type1", "0 value=0x2000; 0 value=0x2000; 0")]
    public void Holes_are_passed_over(string type, string expected)
    {
        var setUp = Scripted.Pci.Replace("type1v2", type, StringComparison.Ordinal);
        var calls = "unmap 0 iova=0x0 size=0x2000; unmap 0 iova=0x0 size=0x4000" + Observe;
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, setUp + A + B + calls, 3));
    }

    [Theory]
    [InlineData("map 0 iova=0x3000 size=0x8000000000 vaddr=page0 rw", "EEXIST")]
    [InlineData("map 0 iova=0x8000000000 size=0x1000 vaddr=page0 rw", "ENOSPC")]
    [InlineData("unmap 0 iova=0x0 size=0x2000; map 0 iova=0x0 size=0x2000 vaddr=page0 rw", "0")]
    public void A_full_table_is_noticed_after_overlap_and_before_the_aperture(string call, string expected)
    {
        var full = Platform.Simulated with { DmaEntryLimit = 2 };
        var answers = new Predictor(Dialect.Of(DialectName.S61), full).Expect(Scripted.Parse(Scripted.Pci + A + B + call));
        Assert.Equal(expected, answers[^1].ToString());
    }

    [Fact]
    public void A_map_that_fails_gives_its_entry_back()
    {
        var one = Platform.Simulated with { DmaEntryLimit = 1 };
        var program = Scripted.Parse(Scripted.Pci + "map 0 iova=0x0 size=0x2000 vaddr=page15 rw; " + A);
        Assert.Equal("0", new Predictor(Dialect.Of(DialectName.S61), one).Expect(program)[^1].ToString());
    }
}
