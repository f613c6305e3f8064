using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests.Fuzzing;

public sealed class QueueTests
{
    private readonly Queue queue = new();
    private Randomness randomness = new(1);

    [Fact]
    public void The_smallest_entry_of_a_feature_is_favoured()
    {
        Add(lines: 9, 1, 2);
        Assert.Equal(1, queue.Favoured);
        Add(lines: 3, 2);
        Assert.Equal(2, queue.Favoured);
        Add(lines: 2, 1, 2);
        Assert.Equal(1, queue.Favoured);
    }

    [Fact]
    public void An_entry_that_shows_more_than_others_is_picked_more_often()
    {
        Add(lines: 5, 1);
        Add(lines: 5, [.. Enumerable.Range(2, 40)]);
        Assert.InRange(Picks(300)[1], 200, 300);
    }

    [Fact]
    public void An_entry_of_which_nothing_comes_is_picked_less_and_never_given_up()
    {
        Add(lines: 5, [.. Enumerable.Range(100, 20)]);
        var alone = Picks(2_000)[0];
        Add(lines: 5, [.. Enumerable.Range(200, 20)]);
        var both = Picks(100);
        Assert.Equal(2_000, alone);
        Assert.True(both[1] > 3 * both[0], $"old {both[0]}, new {both[1]}");
        Assert.True(Picks(3_000)[0] > 0);
    }

    [Fact]
    public void A_find_gives_an_entry_its_weight_back()
    {
        Add(lines: 5, [.. Enumerable.Range(100, 20)]);
        Picks(500);
        Add(lines: 5, [.. Enumerable.Range(200, 20)]);
        for (var finds = 0; finds < 400; finds++)
            queue.Found(0);
        Assert.InRange(Picks(100)[0], 30, 70);
    }

    [Fact]
    public void Thousands_of_weights_are_drawn_as_they_say()
    {
        for (var i = 0; i < 3_000; i++)
            Add(lines: 5, 1000 + i);
        Assert.InRange(Picks(30_000).Count(picks => picks > 0), 2_900, 3_000);
    }

    private int[] Picks(int count)
    {
        var picks = new int[queue.Length];
        for (var i = 0; i < count; i++)
            picks[queue.Pick(ref randomness).Number]++;
        return picks;
    }

    private void Add(int lines, params int[] features)
    {
        var operations = Enumerable.Repeat(Operation.Observe(TaskId.Of(0, 0)), lines).ToArray();
        queue.Add(new QueueEntry(queue.Length, Program.Sequential(default, operations), Schedule.Empty, Making.Seed, -1), features);
    }
}
