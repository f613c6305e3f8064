using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests.Fuzzing;

public sealed class FrontierTests
{
    private static readonly Program Long = Of(9);
    private static readonly Program Short = Of(4);

    private readonly Frontier frontier = new();
    private Randomness randomness = new(1);

    [Fact]
    public void A_state_is_gone_on_from_by_the_shortest_way_there()
    {
        Count(Long, new Reached(5, 7));
        Assert.Equal((Long, 8), Drawn());
        Count(Short, new Reached(5, 2));
        Count(Long, new Reached(5, 7));
        Assert.Equal((Short, 3), Drawn());
    }

    [Fact]
    public void What_was_come_to_seldom_is_drawn_most()
    {
        Count(Long, new Reached(6, 8));
        for (var i = 0; i < 99; i++)
            Count(Short, new Reached(5, 0));
        var seldom = Enumerable.Range(0, 1_000).Count(_ => Drawn().Program == Long);
        Assert.InRange(seldom, 950, 999);
    }

    [Fact]
    public void Every_state_has_its_turn()
    {
        for (var line = 0; line < 9; line++)
            Count(Long, new Reached(line, line));
        Assert.Equal(9, frontier.Length);
        Assert.Equal(9, Enumerable.Range(0, 500).Select(_ => Drawn().Lines).Distinct().Count());
    }

    private static Program Of(int lines) => Program.Sequential(default, Enumerable.Repeat(Operation.Observe(TaskId.Of(0, 0)), lines).ToArray());

    private void Count(Program program, params Reached[] states) => frontier.Count(program, Schedule.Empty, states);

    private (Program Program, int Lines) Drawn()
    {
        var (program, _, lines) = frontier.Draw(ref randomness);
        return (program, lines);
    }
}
