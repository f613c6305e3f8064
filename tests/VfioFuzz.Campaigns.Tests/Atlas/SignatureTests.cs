using System.Collections.Immutable;
using VfioFuzz.Campaigns.Atlas;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests.Atlas;

public sealed class SignatureTests
{
    private const string Wait = "vfio_iommu_type1_pin_pages: vfio_wait";

    private static readonly StuckTask Closer = new(TaskId.Of(0, 0), "close", "close_device: stop worker", "the worker of d0", TaskId.WorkerOf(0));
    private static readonly StuckTask Sleeper = new(TaskId.WorkerOf(0), "submit pin", Wait, "a valid vaddr: iova 0x0", null);

    [Theory]
    [InlineData("deadlock: close @ close_device: stop worker + submit pin @ " + Wait, true, false, ShownGrade.Deadlock)]
    [InlineData("deadlock: close @ close_device: stop worker + submit pin @ " + Wait, true, true, ShownGrade.DeadlockBeyondHelp)]
    [InlineData("deadlock: close @ close_device: stop worker + submit pin @ " + Wait, false, true, ShownGrade.Never)]
    [InlineData("deadlock!: close @ close_device: stop worker", true, false, ShownGrade.Never)]
    [InlineData("deadlock!: close @ close_device: stop worker", true, true, ShownGrade.DeadlockBeyondHelp)]
    [InlineData("blocks: submit pin @ " + Wait, false, false, ShownGrade.Blocks)]
    [InlineData("blocks: submit pin @ " + Wait, false, true, ShownGrade.BlocksBeyondHelp)]
    [InlineData("blocks: submit pin @ " + Wait, true, false, ShownGrade.Deadlock)]
    [InlineData("blocks: pin @ " + Wait, true, true, ShownGrade.Never)]
    [InlineData("blocks: * @ " + Wait, false, false, ShownGrade.Blocks)]
    [InlineData("deadlock: p0:close @ close_device: stop worker", true, false, ShownGrade.Deadlock)]
    [InlineData("deadlock: p1:close @ close_device: stop worker", true, false, ShownGrade.Never)]
    [InlineData("deadlock: p0.t1:close @ close_device: stop worker", true, false, ShownGrade.Never)]
    [InlineData("deadlock alive-p1: close @ close_device: stop worker", true, false, ShownGrade.Never)]
    [InlineData("deadlock alive-p0: close @ close_device: stop worker", true, false, ShownGrade.Deadlock)]
    [InlineData("blocks dead-p1: submit pin @ " + Wait, true, false, ShownGrade.Never)]
    [InlineData("deadlock pins: close @ close_device: stop worker", true, false, ShownGrade.Never)]
    public void A_signature_grades_who_is_stuck_where(string text, bool surviveKill, bool helpless, ShownGrade expected) =>
        Assert.Equal(expected, Signature.Parse(text).Of(State(surviveKill, helpless)));

    [Theory]
    [InlineData("close @ close_device: stop worker + submit pin @ " + Wait, "deadlock/kill-one (close @ close_device: stop worker + submit pin @ " + Wait + ")", true)]
    [InlineData("p1:close @ close_device: stop worker", "deadlock/kill-one (close @ close_device: stop worker + submit pin @ " + Wait + ")", true)]
    [InlineData("close @ close_device", "deadlock/kill-one (close @ close_device: stop worker)", false)]
    [InlineData("close @ close_device: stop worker", "blocks (close @ close_device: stop worker)", false)]
    public void A_finding_of_the_explorer_fits_its_row(string parts, string finding, bool expected) =>
        Assert.Equal(expected, Signature.Parse($"deadlock: {parts}").Fits(finding));

    [Theory]
    [InlineData("a @ b", "deadlock/kill-one (a @ b)", true)]
    [InlineData("a @ b", "deadlock/kill-one (a @ b + c @ d)", false)]
    [InlineData("a @ b + *", "deadlock/kill-one (a @ b)", false)]
    [InlineData("a @ b + *", "deadlock/kill-one (a @ b + c @ d)", true)]
    [InlineData("a @ b + e @ f", "deadlock/kill-one (a @ b + c @ d)", false)]
    public void Further_circles_of_a_row_are_its_parts(string parts, string finding, bool expected) =>
        Assert.Equal(expected, Signature.Fits(finding, parts));

    [Fact]
    public void Broken_rules_and_answers_are_signatures_too()
    {
        var calm = new QuietState([], "", 0, 1, 0, 0, 0);

        Assert.Equal(ShownGrade.Broken, Signature.Parse("broken: kernel-bug (oops").Of(calm with { Broken = "kernel-bug (oops: a)" }));
        Assert.Equal(ShownGrade.Never, Signature.Parse("broken: kernel-bug (oops").Of(calm with { Broken = "I1 (oops)" }));
        Assert.Equal(ShownGrade.Answers, Signature.Parse("answers: 2=EFAULT, 3=0 value=0x1").Of(calm with { Watched = 3 }));
        Assert.Equal(ShownGrade.Never, Signature.Parse("answers: 2=EFAULT, 3=0 value=0x1").Of(calm with { Watched = 2 }));
        Assert.Equal(ShownGrade.Answers, Signature.Parse("leaks: p0").Of(calm with { Dead = 1, Pins = 1 }));
        Assert.Equal(ShownGrade.Never, Signature.Parse("leaks: p0").Of(calm with { Dead = 1 }));
        Assert.Equal(
            new[] { new WatchedAnswer(1, "EFAULT"), new WatchedAnswer(2, "0 value=0x1") }, Signature.Parse("answers: 2=EFAULT, 3=0 value=0x1").Watched.ToArray());
    }

    [Theory]
    [InlineData("close @ close_device")]
    [InlineData("deadlock: close")]
    [InlineData("hangs: close @ close_device")]
    [InlineData("answers: EFAULT")]
    [InlineData("leaks: q0")]
    public void What_is_no_signature_is_refused(string text) => Assert.Throws<FormatException>(() => Signature.Parse(text));

    private static QuietState State(bool survivesKill, bool helpless)
    {
        ImmutableArray<StuckTask> both = [Closer, Sleeper];
        return new QuietState(
            [
                new FreezeOutcome(FreezeMode.Idle, 0, both),
                new FreezeOutcome(FreezeMode.Help, 0, helpless ? both : []),
                new FreezeOutcome(FreezeMode.KillOne, 0, survivesKill ? both : []),
                new FreezeOutcome(FreezeMode.KillAll, 0, survivesKill ? both : []),
            ],
            "", 0, Alive: 1, Dead: 0, Pins: 0, PinsLeft: 0);
    }
}
