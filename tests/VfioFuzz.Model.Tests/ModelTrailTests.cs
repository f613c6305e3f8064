using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests;

/// <summary>What a fuzzer is told of a run: what came about, not at which addresses.</summary>
public sealed class ModelTrailTests
{
    private const string Mapped = Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw";
    private const string Elsewhere = Scripted.Mdev + "map 0 iova=0x7000 size=0x2000 vaddr=page5 rw";

    [Theory]
    [InlineData(Mapped, Elsewhere)]
    [InlineData(Mapped + "; pin 13 iova=0x0 pages=1 rw", Elsewhere + "; pin 13 iova=0x7000 pages=1 rw")]
    [InlineData(Mapped + "; dma-rw 13 read iova=0x1000 size=0x10", Elsewhere + "; dma-rw 13 read iova=0x8000 size=0x10")]
    public void Other_addresses_are_the_same_trail(string one, string other) => Assert.Equal(Trail(one), Trail(other));

    [Theory]
    [InlineData("pin 13 iova=0x0 pages=1 rw")]
    [InlineData("unmap 0 iova=0x0 size=0x0 all vaddr")]
    [InlineData("limit pages=2")]
    [InlineData("capability drop")]
    [InlineData("fork p1")]
    [InlineData("exec")]
    [InlineData("mmap page3 pages=1 shared")]
    [InlineData("map 0 iova=0x2000 size=0x1000 vaddr=page2 r")]
    public void What_changes_the_state_leads_to_another_one(string line) =>
        Assert.NotEmpty(States(Mapped + "; " + line).Except(States(Mapped)));

    [Fact]
    public void Each_mark_has_the_line_that_left_it()
    {
        var marks = Trail(Mapped);
        Assert.Equal(Enumerable.Range(0, 6), marks.Select(mark => mark.Line).Distinct());
        Assert.All(marks, mark => Assert.InRange(mark.Number, 0, ModelTrail.NumbersMax - 1));
    }

    [Fact]
    public void A_range_into_the_next_mapping_is_no_range_in_one()
    {
        const string Two = Mapped + "; map 0 iova=0x2000 size=0x1000 vaddr=page2 rw; ";
        var inside = Trail(Two + "pin 13 iova=0x0 pages=2 rw");
        var across = Trail(Two + "pin 13 iova=0x1000 pages=2 rw");
        Assert.NotEmpty(across.Except(inside));
    }

    [Fact]
    public void A_trail_that_is_started_shows_nothing_of_the_history_before()
    {
        var trail = Followed(Mapped);
        Assert.NotEqual(0, trail.Marks.Length);
        trail.Start();
        Assert.Equal(0, trail.Marks.Length);
    }

    private static IEnumerable<int> States(string lines) => Trail(lines).Where(mark => mark.IsState).Select(mark => mark.Number);

    private static List<TrailMark> Trail(string lines) => [.. Followed(lines).Marks];

    private static ModelTrail Followed(string lines)
    {
        var trail = new ModelTrail();
        var expected = Scripted.Expect(DialectName.Blk3, lines);
        var history = Scripted.Recorded([.. expected.Select(line => line.AtOnce)]);
        Assert.IsType<Acceptance.Accepted>(
            new Acceptor(Dialect.Of(DialectName.Blk3), Platform.Simulated, trail: trail).Accept(Scripted.Parse(lines), history));
        return trail;
    }
}
