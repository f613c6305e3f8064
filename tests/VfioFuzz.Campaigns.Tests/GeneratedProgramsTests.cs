using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests;

public sealed class GeneratedProgramsTests
{
    [Fact]
    public void A_program_depends_on_seed_and_number_alone()
    {
        var forward = new GeneratedPrograms();
        var backward = new GeneratedPrograms();
        var first = Enumerable.Range(0, 50).Select(index => forward.Draw(7, index)).ToArray();
        for (var index = 49; index >= 0; index--)
            Assert.Equal(first[index], backward.Draw(7, index));
    }

    [Fact]
    public void Another_seed_gives_other_programs()
    {
        var source = new GeneratedPrograms();
        var same = Enumerable.Range(0, 50).Count(index => source.Draw(1, index).Equals(source.Draw(2, index)));
        Assert.True(same < 5);
    }

    [Fact]
    public void Each_lane_has_at_least_a_tenth_of_any_twenty_programs()
    {
        var source = new GeneratedPrograms();
        for (var start = 0; start < 60; start += 20)
        {
            var turns = Enumerable.Range(start, 20).GroupBy(source.LaneOf).ToDictionary(lane => lane.Key, lane => lane.Count());
            Assert.All(Enumerable.Range(0, source.Lanes.Count), lane => Assert.True(turns[lane] >= 2));
        }
    }

    [Fact]
    public void Programs_mostly_belong_to_the_lane_they_were_drawn_for()
    {
        var source = new GeneratedPrograms();
        Lanes[] lanes = [Lanes.InProcess, Lanes.PciDevice, Lanes.Processes];
        var fitting = Enumerable.Range(0, 400).Count(index => Lane.Of(source.Draw(1, index)) == lanes[source.LaneOf(index)]);
        Assert.True(fitting > 300, $"{fitting} of 400");
    }
}
