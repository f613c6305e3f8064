using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>dma_entry_limit (type1-semantics 1.3 State, 1.5 rows 10 to 12, 2.3 I2): read once, by SET_IOMMU.</summary>
public sealed class EntryLimitTests
{
    private const string Attached = Scripted.Container + "; open group d0 at=1; attach 1 0; ";
    private const string SetIommu = "set-iommu 0 type1v2; ";
    private const string One = "map 0 iova=0x0 size=0x1000 vaddr=page0 rw; ";
    private const string Other = "map 0 iova=0x1000 size=0x1000 vaddr=page1 rw";

    [Theory]
    [InlineData("entry-limit mappings=0; " + SetIommu + Other, "ENOSPC")]
    [InlineData("entry-limit mappings=1; " + SetIommu + Other, "0")]
    [InlineData("entry-limit mappings=1; " + SetIommu + One + Other, "ENOSPC")]
    [InlineData("entry-limit mappings=2; " + SetIommu + One + Other, "0")]
    [InlineData("entry-limit mappings=1; " + SetIommu + One + One, "EEXIST")] // row 10 before row 11
    [InlineData("entry-limit mappings=0; " + SetIommu + "map 0 iova=0xfee00000 size=0x1000 vaddr=page0 rw", "ENOSPC")] // and that before row 12
    [InlineData("entry-limit mappings=0; " + SetIommu + "map 0 iova=0x0 size=0x800 vaddr=page0 rw", "EINVAL")]
    [InlineData("entry-limit mappings=1; " + SetIommu + One + "unmap 0 iova=0x0 size=0x1000; " + Other, "0")]
    [InlineData("entry-limit mappings=1; " + SetIommu + "map 0 iova=0x0 size=0x1000 vaddr=0x0 rw; " + Other, "0")] // a MAP that fails takes none
    [InlineData(SetIommu + "entry-limit mappings=0; " + Other, "0")] // an instance keeps what it read
    [InlineData("entry-limit mappings=0; " + SetIommu + "entry-limit mappings=2; " + Other, "ENOSPC")]
    [InlineData(SetIommu + "entry-limit mappings=0; detach 1; attach 1 0; " + SetIommu + Other, "ENOSPC")] // the next one reads again
    [InlineData("entry-limit mappings=2; " + SetIommu + "get-info 0 summary argsz=4096", "0 value=0x202731000")]
    [InlineData("entry-limit mappings=65535; " + SetIommu + One + "get-info 0 summary argsz=4096", "0 value=0xfffe02731000")]
    public void Mappings_are_as_many_as_set_iommu_read(string calls, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, Attached + calls, 1));

    [Fact]
    public void Every_dialect_has_the_limit() => Assert.All(
        Enum.GetValues<DialectName>().Where(dialect => dialect != DialectName.Unspecified),
        dialect => Assert.Equal("0; ENOSPC", Scripted.Answers(dialect, Attached + "entry-limit mappings=1; " + SetIommu + One + Other, 2)));
}
