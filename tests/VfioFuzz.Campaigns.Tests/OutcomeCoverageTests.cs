using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests;

public sealed class OutcomeCoverageTests
{
    private static readonly Platform Late61 = Platform.Simulated with { Dialect = DialectName.S61 };
    private static readonly Platform Waiting = Platform.Simulated with { Dialect = DialectName.Blk3 };

    [Fact]
    public void An_empty_table_has_seen_nothing_of_what_is_in_reach()
    {
        var coverage = OutcomeCoverage.Of(new OutcomeTable(), Late61);
        Assert.Equal((0, 0), (coverage.Exercised, coverage.Often));
        Assert.Equal(coverage.Reachable, coverage.Rest.Length);
        Assert.All(coverage.OutOfReach, each => Assert.NotEmpty(each.Reason));
    }

    [Fact]
    public void An_outcome_counts_once_it_was_seen_and_again_once_it_was_seen_often()
    {
        var outcomes = new OutcomeTable();
        for (var sight = 1; sight <= Reachability.SightsMin; sight++)
        {
            Observe(outcomes);
            var coverage = OutcomeCoverage.Of(outcomes, Late61);
            Assert.Equal(1, coverage.Exercised);
            Assert.Equal(sight == Reachability.SightsMin ? 1 : 0, coverage.Often);
        }
    }

    [Fact]
    public void What_only_waiting_kernels_answer_is_out_of_reach_elsewhere()
    {
        var here = OutcomeCoverage.Of(new OutcomeTable(), Late61);
        var there = OutcomeCoverage.Of(new OutcomeTable(), Waiting);
        Assert.Contains("pin blocked", here.OutOfReach.SelectMany(each => each.Outcomes));
        Assert.DoesNotContain("pin blocked", there.OutOfReach.SelectMany(each => each.Outcomes));
        Assert.True(there.Reachable > here.Reachable);
    }

    [Fact]
    public void Worlds_are_told_by_their_devices()
    {
        var worlds = new WorldTable();
        worlds.Add(new World(DeviceSpec.Mdev, DeviceSpec.Pci, default, DeviceSpec.Pci));
        worlds.Add(new World(default, DeviceSpec.Pci));
        worlds.Add(new World(DeviceSpec.Pci));
        Assert.Equal([("1 pci", 2), ("1 mdev + 2 pci", 1)], worlds.Rows().ToArray());
    }

    private static void Observe(OutcomeTable outcomes)
    {
        var history = new History();
        history.Add(HistoryEvent.Answered(0, Answer.Ok(), 0));
        outcomes.Add(Program.Sequential(default, Operation.Observe(TaskId.Of(0, 0))), history);
    }
}
