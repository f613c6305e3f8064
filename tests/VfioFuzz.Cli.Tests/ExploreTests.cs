using System.Text.RegularExpressions;

namespace VfioFuzz.Cli.Tests;

public sealed partial class ExploreTests
{
    [Fact]
    public void The_blocking_design_has_the_deadlocks_of_exit_and_of_close_and_each_replays()
    {
        using var command = new Command();
        var ran = command.Run("explore", "--target", "sim/blocking", "--ops", "5", "--sequential", "--out", "found", "--quiet");
        Assert.Equal(1, ran.Code);
        Assert.Contains("complete up to 5 operations", ran.Out, StringComparison.Ordinal);
        Assert.Matches(@"finding  4 operations, .* deadlock/kill-one \(exit @ close_device: stop worker \+ submit pin @", ran.Out);
        Assert.Matches(@"finding  5 operations, .* deadlock/kill-one \(close @ close_device: stop worker \+ submit pin @", ran.Out);
        var files = Replays().Matches(ran.Out).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(Findings().Count(ran.Out), files.Count);
        Assert.All(files, file => Assert.Equal(1, command.Run("replay", file).Code));
    }

    /// <summary>The worker of one tenant waits for the lock that the other's holds in its sleep.</summary>
    [Fact]
    public void A_tenant_that_invalidates_keeps_another_from_dying()
    {
        using var command = new Command();
        var ran = command.Run("explore", "--target", "sim/blocking", "--menu", "tenants", "--ops", "4", "--quiet");
        Assert.Equal(1, ran.Code);
        Assert.Matches(@"finding  4 operations, .* deadlock/kill-one \(exit @ close_device: stop worker \+ submit pin @ driver pin \+ submit pin @ vfio_iommu_type1_pin_pages: vfio_wait\)", ran.Out);
        Assert.Contains("  again        vfiofuzz explore --target sim/blocking --ops 4 --menu tenants\n", ran.Out, StringComparison.Ordinal);
        Assert.Equal(0, command.Run("explore", "--target", "sim/exclusion", "--menu", "tenants", "--ops", "4", "--quiet").Code);
    }

    /// <summary>UD-4: with one mdev alone a pin before its registration is refused.</summary>
    [Fact]
    public void Two_devices_with_a_worker_each_come_to_more_than_one()
    {
        using var command = new Command();
        var ran = command.Run("explore", "--target", "sim/exclusion", "--menu", "workers", "--ops", "5", "--quiet");
        Assert.Equal(1, ran.Code);
        Assert.Matches(@"finding  5 operations, .* kernel-bug \(vfio_dma_do_unmap: BUG_ON", ran.Out);
    }

    [Fact]
    public void Removal_has_a_certificate()
    {
        using var command = new Command();
        var ran = command.Run("explore", "--target", "sim/removal", "--ops", "5", "--sequential", "--quiet");
        Assert.Equal(0, ran.Code);
        Assert.Contains("no rule is broken by any program of at most 5 operations", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Whole_states_and_one_thread_say_the_same_as_their_parts_and_two()
    {
        using var command = new Command();
        var fast = command.Run("explore", "--target", "sim/blocking", "--ops", "4", "--threads", "2", "--quiet");
        var exact = command.Run("explore", "--target", "sim/blocking", "--ops", "4", "--threads", "1", "--exact", "--quiet");
        Assert.Equal(WithoutMeasures(fast.Out), WithoutMeasures(exact.Out));
    }

    [Fact]
    public void Beyond_the_memory_limit_nothing_is_certified()
    {
        using var command = new Command();
        var ran = command.Run("explore", "--target", "sim/removal", "--ops", "8", "--memory", "1", "--sequential", "--quiet");
        Assert.Equal(3, ran.Code);
        Assert.Contains("memory limit of 1 MiB", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Reductions_lose_no_finding_and_no_grade()
    {
        using var command = new Command();
        var reduced = command.Run("explore", "--target", "sim/blocking", "--ops", "4", "--quiet");
        var whole = command.Run("explore", "--target", "sim/blocking", "--ops", "4", "--quiet", "--unreduced");
        Assert.Equal(Found().Matches(whole.Out).Select(WithoutCount), Found().Matches(reduced.Out).Select(WithoutCount));
        Assert.NotEmpty(Found().Matches(reduced.Out));
    }

    [Fact]
    public void What_explorer_and_minimizer_call_the_minimum_is_one()
    {
        using var command = new Command();
        var file = Path.Combine(AppContext.BaseDirectory, "regressions", "dl-01-close-against-waiting-worker.vprog");
        var ran = command.Run("shrink", file, "--prove");
        Assert.Equal(1, ran.Code);
        Assert.Contains("# minimum (proved): no program of 8 lines or fewer", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux/6.1", "4", "standard")]
    [InlineData("sim/nothing", "4", "standard")]
    [InlineData("sim/blocking", "16", "standard")]
    [InlineData("sim/blocking", "4", "nothing")]
    public void What_cannot_be_searched_is_a_usage_error(string target, string operations, string menu)
    {
        using var command = new Command();
        Assert.Equal(2, command.Run("explore", "--target", target, "--ops", operations, "--menu", menu).Code);
    }

    private static IEnumerable<string> WithoutMeasures(string text) => text.Split('\n')
        .Where(line => !line.StartsWith("  stored", StringComparison.Ordinal) && !line.StartsWith("  memory", StringComparison.Ordinal)
            && !line.StartsWith("  time", StringComparison.Ordinal));

    private static string WithoutCount(Match finding) => Count().Replace(finding.Value, "");

    [GeneratedRegex("^(finding|fact) .*$", RegexOptions.Multiline)]
    private static partial Regex Found();

    [GeneratedRegex("[0-9,]+ states")]
    private static partial Regex Count();

    [GeneratedRegex(@"vfiofuzz replay (\S+)")]
    private static partial Regex Replays();

    [GeneratedRegex(@"^finding ", RegexOptions.Multiline)]
    private static partial Regex Findings();
}
