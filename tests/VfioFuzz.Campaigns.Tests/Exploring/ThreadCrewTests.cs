using VfioFuzz.Campaigns.Exploring;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Testing;

namespace VfioFuzz.Campaigns.Tests.Exploring;

public sealed class ThreadCrewTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_number_of_threads_finds_the_same(int members)
    {
        using var crew = new ThreadCrew(members);
        var (one, several) = (Explore(LoneCrew.Instance), Explore(crew));
        Assert.Equal((one.States, one.Transitions, one.Depth), (several.States, several.Transitions, several.Depth));
        Assert.Equal(one.Layers.AsEnumerable(), several.Layers);
        Assert.Equal(one.Findings.Single().States, several.Findings.Single().States);
        Assert.Equal(one.Findings.Single().Path.AsEnumerable(), several.Findings.Single().Path);
    }

    [Fact]
    public void A_helpers_failure_is_the_callers()
    {
        using var crew = new ThreadCrew(2);
        Assert.Throws<InvalidOperationException>(() => crew.RunAll(member =>
        {
            if (member == 1)
                throw new InvalidOperationException();
        }));
    }

    private static Exploration Explore(ICrew crew) => Explorer.Explore<VaddrWaitMachine, VaddrWaitState>(
        () => new VaddrWaitMachine(4, 7, false), new ExplorationBounds(), crew);
}
