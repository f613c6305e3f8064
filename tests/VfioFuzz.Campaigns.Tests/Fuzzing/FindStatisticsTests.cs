using VfioFuzz.Campaigns.Fuzzing;

namespace VfioFuzz.Campaigns.Tests.Fuzzing;

public sealed class FindStatisticsTests
{
    [Fact]
    public void The_interval_of_30_trials_lies_between_the_10th_and_the_21st() =>
        Assert.Equal((10, 21), Of(30).Interval);

    [Fact]
    public void Five_trials_tell_the_median_and_no_interval_that_is_narrower_than_all() =>
        Assert.Equal((1, 5), Of(5).Interval);

    [Fact]
    public void A_median_of_trials_that_did_not_find_is_a_bound()
    {
        var statistics = new FindStatistics([Trial(10, true), Trial(100, false), Trial(100, false)]);
        Assert.Equal(100, statistics.Median);
        Assert.False(statistics.MedianIsFind);
        Assert.Equal(1, statistics.Found);
    }

    private static FindStatistics Of(int trials) => new([.. Enumerable.Range(1, trials).Select(i => Trial(i, true)).Reverse()]);

    private static FindResult Trial(long executions, bool found) => new(FindMethod.Guided, 1, executions, found, 0.1);
}
