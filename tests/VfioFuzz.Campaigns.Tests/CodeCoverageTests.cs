using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests;

public sealed class CodeCoverageTests
{
    [Fact]
    public void A_line_is_reached_with_the_first_of_its_blocks()
    {
        var coverage = new CodeCoverage([new(0x10, "map", 5), new(0x20, "map", 5), new(0x30, "unmap", 9), new(0x40, "wait", 7)]);
        coverage.Add(Told([0x20], [1, 2]));
        coverage.Add(Told([0x20, 0x30], [2, 3]));
        Assert.Equal((4, 2, 3), (coverage.Blocks, coverage.BlocksReached, coverage.Steps));
        Assert.Equal<CodeLine>([new(5, "map", 2, 1), new(7, "wait", 1, 0), new(9, "unmap", 1, 1)], coverage.Lines());
    }

    [Fact]
    public void Blocks_that_the_table_does_not_know_are_not_counted()
    {
        var coverage = new CodeCoverage([new(0x10, "map", 5)]);
        coverage.Add(Told([0x11, 0x50], []));
        Assert.Equal(0, coverage.BlocksReached);
    }

    [Fact]
    public void A_history_that_is_filled_again_tells_of_its_last_run()
    {
        var history = Told([0x10], [1]);
        history.Clear();
        history.AddCoverage([0x20], []);
        Assert.Equal<uint>([0x20], history.Blocks.ToArray());
        Assert.Empty(history.Steps.ToArray());
    }

    private static History Told(uint[] blocks, uint[] steps)
    {
        var history = new History();
        history.AddCoverage(blocks, steps);
        return history;
    }
}
