using VfioFuzz.Programs;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Simulation.Tests.Running;

public sealed class SchedulerTests
{
    private const uint Three = 0b100101;

    [Theory]
    [InlineData("random", "random")]
    [InlineData("pct:3", "pct:3")]
    [InlineData("pct:0", null)]
    [InlineData("pct:9", null)]
    [InlineData("pct", null)]
    [InlineData("fifo", null)]
    public void Policies_are_said_in_one_way(string words, string? expected) =>
        Assert.Equal(expected, SchedulePolicy.Parse(words)?.ToString());

    [Fact]
    public void A_schedule_that_is_gone_on_from_is_taken_first_and_then_each_task_is_drawn()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var record = new List<byte>();
            var scheduler = Scheduler.GoingOn(new Schedule([2, 0, 2]), seed, record);
            Assert.Equal([5, 0, 5], Enumerable.Range(0, 3).Select(_ => scheduler.Choose(Three)).ToArray());
            Assert.Equal([0, 2, 5], Enumerable.Range(0, 60).Select(_ => scheduler.Choose(Three)).Distinct().Order());
            Assert.Equal(63, record.Count);
        }
    }

    [Fact]
    public void Without_changes_one_task_goes_as_long_as_it_can_and_each_is_it_about_as_often()
    {
        var firsts = new Dictionary<int, int>();
        for (ulong seed = 1; seed <= 3000; seed++)
        {
            var scheduler = Scheduler.Seeded(SchedulePolicy.Pct(1), seed, 10, null);
            var first = scheduler.Choose(Three);
            firsts[first] = firsts.GetValueOrDefault(first) + 1;
            Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(first, scheduler.Choose(Three)));
            Assert.NotEqual(first, scheduler.Choose(Three & ~(1u << first)));
        }
        Assert.Equal([0, 2, 5], firsts.Keys.Order());
        Assert.All(firsts.Values, count => Assert.InRange(count, 900, 1100));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Priorities_change_at_most_as_often_as_the_depth_allows(int depth)
    {
        var most = 0;
        for (ulong seed = 1; seed <= 500; seed++)
        {
            var scheduler = Scheduler.Seeded(SchedulePolicy.Pct(depth), seed, 10, null);
            var tasks = Enumerable.Range(0, 60).Select(_ => scheduler.Choose(Three)).ToList();
            var switches = tasks.Zip(tasks.Skip(1)).Count(pair => pair.First != pair.Second);
            Assert.True(switches < depth);
            most = Math.Max(most, switches);
        }
        Assert.Equal(depth - 1, most);
    }

    [Fact]
    public void What_it_says_replays()
    {
        var record = new List<byte>();
        var scheduler = Scheduler.Seeded(SchedulePolicy.Pct(3), 7, 10, record);
        var said = Enumerable.Range(0, 40).Select(_ => scheduler.Choose(Three)).ToList();
        var replaying = Scheduler.Replaying(new Schedule([.. record]), null);
        Assert.Equal(said, Enumerable.Range(0, 40).Select(_ => replaying.Choose(Three)));
    }
}
