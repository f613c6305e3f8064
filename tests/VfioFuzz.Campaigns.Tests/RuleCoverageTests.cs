using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests;

public sealed class RuleCoverageTests
{
    private static readonly RunConditions Late61 = new(Dialect.Of(DialectName.S61), Platform.Simulated, Races: false);
    private static readonly RunConditions Waiting = new(Dialect.Of(DialectName.Blk3), Platform.Simulated, Races: false);

    [Fact]
    public void What_never_came_up_is_missing_unless_it_has_a_reason()
    {
        var coverage = Of(Late61, avoids: false, ("map.exists", "EEXIST", 3), ("map.ok", "ok", 0), ("pin.invalid-vaddr", "blocked", 0));
        Assert.Equal((2, 1, 0.5), (coverage.Reachable, coverage.Exercised, coverage.Share));
        Assert.Equal("map.ok ok", Assert.Single(coverage.Never).ToString());
        Assert.Equal("pin.invalid-vaddr blocked", Assert.Single(Assert.Single(coverage.OutOfReach)).ToString());
    }

    [Fact]
    public void What_came_up_needs_no_reason() =>
        Assert.Equal(1, Of(Late61, avoids: false, ("pin.invalid-vaddr", "blocked", 1)).Reachable);

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void The_kernel_s_own_bug_is_in_reach_where_known_defects_are_not_avoided(bool avoids, int reachable) =>
        Assert.Equal(reachable, Of(Late61, avoids, ("unmap.bug", "killed", 0)).Reachable);

    [Fact]
    public void Of_several_runs_together_is_out_of_reach_what_was_so_in_each()
    {
        var here = Of(Late61, avoids: false, ("pin.invalid-vaddr", "blocked", 0), ("harness.reserved", "ENOTTY", 0));
        var there = Of(Waiting, avoids: false, ("pin.invalid-vaddr", "blocked", 0), ("harness.reserved", "ENOTTY", 0));
        var both = RuleCoverage.Of([here, there]);
        Assert.Equal((1, "pin.invalid-vaddr blocked"), (both.Reachable, Assert.Single(both.Never).ToString()));
    }

    [Fact]
    public void The_last_run_is_read_as_it_was_written()
    {
        var path = Path.GetTempFileName();
        var run = new LastRun("a run", Of(Late61, avoids: false, ("map.exists", "EEXIST", 3), ("pin.invalid-vaddr", "blocked", 0), ("map.ok", "ok", 0)));
        run.Write(path);
        var read = LastRun.Read(path)!;
        File.Delete(path);
        Assert.Equal((run.Run, run.Rules.Sights), (read.Run, read.Rules.Sights), (one, other) => one.Item1 == other.Item1
            && one.Item2.SequenceEqual(other.Item2));
    }

    private static RuleCoverage Of(RunConditions run, bool avoids, params (string Rule, string Outcome, long Count)[] uses) =>
        RuleCoverage.Of(uses.Select(use => new RuleUse(use.Rule, use.Outcome, use.Count)), run, avoids);
}
