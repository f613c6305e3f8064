using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Tests;

public sealed class FindingTextTests
{
    private static readonly Finding Example = new()
    {
        Key = new FindingKey("deadlock", Grade.KillOne, "close @ flush_work + submit pin @ vfio_wait"),
        Program = Program.Sequential(
            Make.OneMdev, Operation.SubmitPin(Make.P0, 0, new(0x1000), 1, Access.Read), Operation.Close(Make.P0, 5)),
        Schedule = new Schedule([0, 1]),
        Targets = ["sim/blocking"],
        Dialect = DialectName.Blk3,
        Origin = new Origin(1, 17),
        Evidence = "when p0 is killed, all others idle:\np0.t0 in close at flush_work waits for d0.w0 held by d0.w0",
        Answers = ["blocked", "blocked"],
        Remarks = ["1-minimal"],
    };

    [Fact]
    public void A_finding_is_written_to_one_text_and_read_back()
    {
        var read = FindingText.Of(ProgramText.Parse(FindingText.Print(Example), "finding.vprog"))!;
        Assert.Equal(Example.Key, read.Key);
        Assert.Equal(Example.Program, read.Program);
        Assert.Equal<byte>(Example.Schedule.Choices.ToArray(), read.Schedule.Choices.ToArray());
        Assert.Equal(Example.Targets.ToArray(), read.Targets.ToArray());
        Assert.Equal(Example.Dialect, read.Dialect);
        Assert.Equal(Example.Origin, read.Origin);
        Assert.Equal(Example.Evidence, read.Evidence);
        Assert.Equal(Example.Answers.ToArray(), read.Answers.ToArray());
        Assert.Equal(Example.Remarks.ToArray(), read.Remarks.ToArray());
    }

    [Fact]
    public void A_text_that_promises_a_pass_is_no_finding() =>
        Assert.Null(FindingText.Of(new ProgramDocument(Make.Reads(1)) { Expectation = "pass" }));

    [Theory]
    [InlineData("", "anywhere", true)]
    [InlineData("here", "here", true)]
    [InlineData("here", "there", false)]
    public void A_promise_without_a_place_is_kept_anywhere(string promised, string seen, bool kept) => Assert.Equal(
        kept,
        FindingText.Promises(new("deadlock", Grade.KillAll, promised), new("deadlock", Grade.KillAll, seen)));

    [Theory]
    [InlineData("sim/blocking", false)]
    [InlineData("linux/6.1-waiting", true)]
    public void A_place_is_in_the_words_of_the_first_target(string target, bool kept)
    {
        var promised = Example with { Key = new("deadlock", Grade.KillAll, "here"), Targets = ["sim/blocking", "linux/6.1-waiting"] };
        Assert.Equal(kept, FindingText.Promises(promised, new("deadlock", Grade.KillAll, "there"), target));
    }
}
