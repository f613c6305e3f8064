using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>A huge page is 512 pages to every rule: charges, limits and pins are counted by 4 KiB (corrections C22).</summary>
public sealed class HugePageTests
{
    private const string H = "map 0 iova=0x0 size=0x200000 vaddr=huge rw; ";
    private const string AttachP = "open group d0 at=1; attach 1 0; ";

    private static readonly Platform WithHugePage = Platform.Simulated with { HasHugePage = true };

    [Theory]
    [InlineData(H + "observe", "0 value=0x200")]
    [InlineData(H + "unmap 0 iova=0x0 size=0x200000; observe", "0")]
    [InlineData(H + "unmap 0 iova=0x0 size=0x1000", "EINVAL")]
    [InlineData("map 0 iova=0x0 size=0x3000 vaddr=huge+0x5000 rw; observe", "0 value=0x3")]
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=huge+0x1ff000 rw", "0")]
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=huge+0x1ff000 rw; observe", "0")] // its second page is missing
    [InlineData("map 0 iova=0x0 size=0x201000 vaddr=huge rw", "EFAULT")]
    [InlineData("map 0 iova=0x0 size=0x1000 vaddr=0x1fffff000 rw", "EFAULT")]
    [InlineData("map 0 iova=0x0 size=0x200000 vaddr=huge r; observe", "0 value=0x200")]
    [InlineData("capability drop; limit pages=512;" + H, "0")]
    [InlineData("capability drop; limit pages=511;" + H + "observe", "0")]
    [InlineData(H + "map 0 iova=0x200000 size=0x200000 vaddr=huge rw; observe", "0 value=0x400")] // each mapping charges
    [InlineData(H + "unmap 0 iova=0x0 size=0x0 all vaddr; exec; map 0 iova=0x0 size=0x200000 vaddr=huge vaddr; observe", "0 value=0x200")]
    public void An_iommu_maps_and_charges_all_of_it_or_a_part(string calls, string expected) => Expect(Scripted.Pci, calls, expected);

    [Theory]
    [InlineData(H + "pin 13 iova=0x1ff000 pages=1 rw; observe", "0 value=0x1")]
    [InlineData(H + "pin 13 iova=0x0 pages=512 rw; observe", "0 value=0x200")]
    [InlineData(H + "pin 13 iova=0x0 pages=512 rw; unpin 13 iova=0x0 pages=512; observe", "0")]
    [InlineData(H + "pin 13 iova=0x1000 pages=512 rw", "EINVAL")] // past the mapping
    [InlineData("map 0 iova=0x0 size=0x400000 vaddr=huge rw; pin 13 iova=0x1ff000 pages=2 rw; observe", "0")] // past the memory
    [InlineData("capability drop; limit pages=3;" + H + "pin 13 iova=0x0 pages=4 rw; observe", "0")]
    [InlineData(H + "pin 13 iova=0x0 pages=2 rw;" + AttachP + "observe", "0 value=0x200")]
    [InlineData(H + "pin 13 iova=0x0 pages=2 rw;" + AttachP + "detach 1; observe", "0 value=0x2")]
    [InlineData(H + AttachP + "unmap 0 iova=0x0 size=0x200000; observe", "0")]
    [InlineData(H + "dma-rw 13 write iova=0x1ff000 size=0x1000; dma-rw 13 read iova=0x1ff000 size=0x1", "0 value=0x7")]
    [InlineData(H + "dma-rw 13 write iova=0x1fe000 size=0x2000; exec; dup 13 at=9; map 0 iova=0x200000 size=0x1000 vaddr=huge+0x1ff000 rw; "
        + "dma-rw 9 read iova=0x200000 size=0x1", "0 value=0x7")] // the next image has the same page
    public void A_driver_pins_and_copies_any_part_of_it(string calls, string expected) => Expect(Scripted.Mdev, calls, expected);

    [Theory]
    [InlineData(H + "get-device 1 d0 at=11; dma d0 write iova=0x1ff000; dma d0 read iova=0x1ff000", "0 value=0x7")]
    [InlineData(H + "get-device 1 d0 at=11; dma d0 write iova=0x0; dma d0 read iova=0x1000", "0")]
    [InlineData(H + "get-device 1 d0 at=11; dma d0 write iova=0x0; dma d0 read iova=0x0", "0 value=0x7")]
    [InlineData("map 0 iova=0x0 size=0x4000 vaddr=huge+0x8000 rw; map 0 iova=0x10000 size=0x1000 vaddr=huge+0x9000 r; "
        + "get-device 1 d0 at=11; dma d0 write iova=0x1000; dma d0 read iova=0x10000", "0 value=0x8")]
    [InlineData(H + "unmap 0 iova=0x0 size=0x200000 vaddr; map 0 iova=0x0 size=0x200000 vaddr=page0 vaddr; get-device 1 d0 at=11; "
        + "dma d0 write iova=0x1000; dma d0 read iova=0x1000", "0 value=0x9")] // what was pinned is what the device reaches
    public void A_device_reaches_every_page_of_it(string calls, string expected) => Expect(Scripted.Pci, calls, expected);

    // Capacity.Pins and Capacity.Records: what the model follows of pins, to the last one.
    [Theory]
    [InlineData("pin 13 iova=0x200000 pages=512 rw", 0)] // two full calls over disjoint mappings
    [InlineData("pin 13 iova=0x200000 pages=512 rw", 1)]
    [InlineData("pin 13 iova=0x0 pages=512 rw; pin 13 iova=0x0 pages=512 rw; pin 13 iova=0x0 pages=512 rw", 0)] // four records of each page
    [InlineData("pin 13 iova=0x0 pages=512 rw; pin 13 iova=0x0 pages=512 rw; pin 13 iova=0x0 pages=512 rw", 1)]
    public void Pins_are_followed_up_to_a_capacity(string calls, int beyond)
    {
        var lines = Scripted.Mdev + H + "map 0 iova=0x200000 size=0x200000 vaddr=huge rw; map 0 iova=0x400000 size=0x1000 vaddr=page0 rw; "
            + "pin 13 iova=0x0 pages=512 rw; " + calls + string.Concat(Enumerable.Repeat("; pin 13 iova=0x400000 pages=1 rw", beyond));
        var program = Scripted.Parse(lines);
        var history = Scripted.Recorded([.. program.Lines.Select(line =>
            line.Operation.Kind == OperationKind.Pin ? Answer.Ok(line.Operation.Pages) : Answer.Ok())]);
        var acceptance = new Acceptor(Dialect.Of(DialectName.S61), WithHugePage).Accept(program, history);
        Assert.Equal(beyond == 0 ? typeof(Acceptance.Accepted) : typeof(Acceptance.Undecided), acceptance.GetType());
    }

    [Fact]
    public void Without_one_there_is_no_memory_at_its_place() =>
        Assert.Equal("EFAULT", Scripted.Answers(DialectName.S61, Scripted.Pci + H, 1));

    private static void Expect(string setUp, string calls, string expected)
    {
        foreach (var dialect in (DialectName[])[DialectName.S61, DialectName.Exc, DialectName.Ovf])
            Assert.Equal(expected, new Predictor(Dialect.Of(dialect), WithHugePage).Expect(Scripted.Parse(setUp + calls))[^1].ToString());
    }
}
