using System.Collections.Immutable;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests;

public sealed class ShrinkingTests
{
    private static readonly TaskId T0 = TaskId.Of(0, 0);

    private static readonly TaskId T1 = TaskId.Of(0, 1);

    private static readonly Program Racing = new(
        new World(DeviceSpec.Mdev),
        [
            new(Operation.ReadPage(T0, 1)),
            new(Operation.ReadPage(T0, 2)),
            new(Operation.Unmap(T0, 1, new(0), new(4096)), 1),
            new(Operation.ReadPage(T1, 3), 1),
            new(Operation.Close(T1, 2), 1),
            new(Operation.ReadPage(T0, 4)),
        ]);

    private static readonly Finding Seen = new()
    {
        Key = new FindingKey("leaked-pin", Grade.None, "raced"),
        Program = Racing,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(40)]
    public void A_race_is_shrunk_to_what_it_needs_whatever_its_rate(int roundsPerFailure)
    {
        using var target = new RacyTarget(roundsPerFailure);
        var shrunk = Shrink(target);
        Assert.Equal(
            [OperationKind.Unmap, OperationKind.Close],
            shrunk.Program.Lines.Select(line => line.Operation.Kind).Distinct());
        Assert.Contains(shrunk.Remarks, remark => remark.StartsWith("1-minimal", StringComparison.Ordinal));
    }

    [Fact]
    public void The_rate_of_the_result_is_told()
    {
        using var target = new RacyTarget(2);
        Assert.Contains("fails in 10 of 20 runs", Shrink(target).Remarks);
    }

    [Fact]
    public void A_rare_race_is_repeated_within_a_program_before_it_is_shrunk()
    {
        using var often = new RacyTarget(40);
        using var rarely = new RacyTarget(10_000_000);
        Assert.Contains("repeated or enlarged", string.Concat(Shrink(often).Remarks), StringComparison.Ordinal);
        Assert.Contains("did not fail again", string.Concat(Shrink(rarely).Remarks), StringComparison.Ordinal);
    }

    private static Finding Shrink(ITarget target)
    {
        var shrinking = new Shrinking(target, new Judge(new NoAnswerRule()), Candidates.SimplerThan);
        var answers = ImmutableArray.CreateRange(Enumerable.Repeat(Answer.Ok(), Racing.Lines.Length));
        return shrinking.Shrink(Seen, answers, new RunRequest(1), default);
    }
}
