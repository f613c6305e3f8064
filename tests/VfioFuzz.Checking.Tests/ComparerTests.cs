using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Tests;

/// <summary>Why two targets answer one program differently.</summary>
public sealed class ComparerTests
{
    private static readonly TaskId Thread = TaskId.Of(0, 0);
    private static readonly Platform Machine = Platform.Simulated;
    private static readonly Side Late61 = new(Dialect.Of(DialectName.S61), Machine);
    private static readonly Side Later = new(Dialect.Of(DialectName.Exc), Machine);

    /// <summary>A group is attached to something that is no container.</summary>
    private static readonly Program Foreign = Program.Sequential(
        new World(DeviceSpec.Mdev), Operation.OpenGroup(Thread, 0, 1), Operation.Attach(Thread, 1, 1));

    /// <summary>A mapping beyond 39 bits, in a container with a pci device.</summary>
    private static readonly Program High = Program.Sequential(
        new World(DeviceSpec.Pci), Operation.OpenContainer(Thread, 0), Operation.OpenGroup(Thread, 0, 1), Operation.Attach(Thread, 1, 0),
        Operation.SetIommu(Thread, 0, Extension.Type1V2),
        Operation.Map(Thread, 0, new(1UL << 40), new(0x1000), new(Limits.WindowBase), MapFlags.Read));

    [Fact]
    public void Equal_answers_are_alike() =>
        Assert.IsType<Comparison.Alike>(new Comparer(Late61, Later).Compare(High, Answers(High, Late61), Answers(High, Later)));

    [Fact]
    public void A_promise_that_only_one_makes_is_named()
    {
        var explained = Assert.IsType<Comparison.Explained>(
            new Comparer(Late61, Later).Compare(Foreign, Answers(Foreign, Late61), Answers(Foreign, Later)));
        Assert.Equal(nameof(Promise.ForeignContainerIsBadFd), Assert.Single(explained.Causes));
        Assert.Equal(new Parting(1, "attach", "EINVAL", "EBADFD"), explained.Parting);
    }

    [Fact]
    public void A_fact_in_which_the_machines_differ_is_named()
    {
        var wide = Later with
        {
            Platform = Machine with { PciRanges = [new(new(0), new(ulong.MaxValue))], WriteOnlyAllowsRead = false },
        };
        var explained = Assert.IsType<Comparison.Explained>(
            new Comparer(Later, wide).Compare(High, Answers(High, Later), Answers(High, wide)));
        Assert.Equal(nameof(Platform.PciRanges), Assert.Single(explained.Causes));
    }

    [Fact]
    public void What_is_wrong_by_its_own_promises_is_never_explained()
    {
        // Each answers as the other should.
        var broken = Assert.IsType<Comparison.Broken>(
            new Comparer(Late61, Later).Compare(Foreign, Answers(Foreign, Later), Answers(Foreign, Late61)));
        Assert.Equal("attach: observed EBADFD, allowed EINVAL", broken.Violation.Key.Place);
        Assert.False(broken.IsSecond);
    }

    /// <summary>A simulation tells of each mode, a real kernel of the first kill that a task survived.</summary>
    [Theory]
    [InlineData(true, true, 4, true)]
    [InlineData(false, true, 1, true)]
    [InlineData(false, false, 0, true)]
    [InlineData(true, true, 1, false)]
    [InlineData(false, false, 1, false)]
    [InlineData(true, true, 0, false)]
    public void What_survives_a_kill_is_compared_with_a_real_kernel(bool ofFirst, bool ofAll, ulong reason, bool alike)
    {
        StuckTask stuck = new(Thread, "exit", "close_device", "the worker of d0", null);
        var simulated = new History { Platform = Machine with { Kernel = "sim/blocking" } };
        simulated.Add(new FreezeOutcome(FreezeMode.Idle, 0, [stuck]));
        simulated.Add(new FreezeOutcome(FreezeMode.KillOne, 0, ofFirst ? [stuck] : []));
        simulated.Add(new FreezeOutcome(FreezeMode.KillOne, 1, [stuck with { Task = TaskId.Of(1, 0) }]));
        simulated.Add(new FreezeOutcome(FreezeMode.KillAll, 0, ofAll ? [stuck] : []));
        var real = new History { Platform = Machine };
        if (reason != 0)
            real.Add(new HistoryEvent(EventKind.ResetFailed, 0, 0, 0, reason, 3));
        var waiting = Dialect.Of(DialectName.Waiting61);
        var comparer = new Comparer(new Side(waiting, simulated.Platform), new Side(waiting, real.Platform));
        Assert.Equal(alike, comparer.Compare(Make.Reads(), simulated, real) is Comparison.Alike);
    }

    /// <summary>A tear-down waits first for those whose end was a line that was carried out, else for the first process.</summary>
    [Theory]
    [InlineData(AnswerKind.Returned, false)]
    [InlineData(AnswerKind.Busy, true)]
    [InlineData(AnswerKind.NotRun, true)]
    public void Only_a_kill_that_was_carried_out_says_who_dies_first(AnswerKind answer, bool alike)
    {
        StuckTask stuck = new(TaskId.Of(1, 0), "pin", "driver pin", "the driver's lock", null);
        var simulated = new History { Platform = Machine with { Kernel = "sim/blocking" } };
        var real = new History { Platform = Machine };
        foreach (var history in (History[])[simulated, real])
        {
            history.Add(HistoryEvent.Called(0, 1));
            history.Add(HistoryEvent.Answered(0, new Answer(answer), 2));
        }
        simulated.Add(new FreezeOutcome(FreezeMode.KillOne, 0, []));
        simulated.Add(new FreezeOutcome(FreezeMode.KillOne, 1, [stuck]));
        simulated.Add(new FreezeOutcome(FreezeMode.KillAll, 0, []));
        var waiting = Dialect.Of(DialectName.Waiting61);
        var comparer = new Comparer(new Side(waiting, simulated.Platform), new Side(waiting, real.Platform));
        var program = Program.Sequential(new World(DeviceSpec.Mdev), Operation.Kill(Make.P0, 1));
        Assert.Equal(alike, comparer.Compare(program, simulated, real) is Comparison.Alike);
    }

    [Fact]
    public void What_was_not_run_to_its_end_is_not_compared()
    {
        StuckTask stuck = new(TaskId.Of(0, 0), "exit", "close_device", "the worker of d0", null);
        var simulated = new History { Platform = Machine with { Kernel = "sim/blocking" } };
        simulated.Add(new FreezeOutcome(FreezeMode.KillOne, 0, [stuck]));
        var lost = new History { Platform = Machine, Incomplete = "no further guest: QEMU is gone" };
        var waiting = Dialect.Of(DialectName.Waiting61);
        var comparer = new Comparer(new Side(waiting, simulated.Platform), new Side(waiting, lost.Platform));
        Assert.Equal(lost.Incomplete, Assert.IsType<Comparison.Undecided>(comparer.Compare(Make.Reads(), simulated, lost)).Bound);
    }

    [Fact]
    public void A_hang_of_one_is_told_though_nothing_more_can_be_compared()
    {
        var simulated = new History { Platform = Machine with { Kernel = "sim/blocking" } };
        simulated.Add(HistoryEvent.Called(0, 1));
        simulated.Add(HistoryEvent.Answered(0, new Answer(AnswerKind.Returned, Errno.EBADF), 2));
        simulated.Add(HistoryEvent.Settled(3));
        const string hang = "in line 0: the guest hangs: no sign of life for 10 s";
        var hung = new History { Platform = Machine, Incomplete = hang, Console = hang };
        hung.Add(HistoryEvent.Called(0, 1));
        var waiting = Dialect.Of(DialectName.Waiting61);
        var comparer = new Comparer(new Side(waiting, simulated.Platform), new Side(waiting, hung.Platform));
        var program = Program.Sequential(new World(DeviceSpec.Mdev), Operation.Close(Make.P0, 3));
        Assert.True(Assert.IsType<Comparison.Broken>(comparer.Compare(program, simulated, hung)).IsSecond);
    }

    /// <summary>The history of a kernel that answers as its model predicts.</summary>
    private static History Answers(Program program, Side side)
    {
        var expected = new Predictor(side.Dialect, side.Platform).Expect(program);
        var history = new History { Platform = side.Platform };
        for (var line = 0; line < program.Lines.Length; line++)
        {
            history.Add(HistoryEvent.Called(line, (ulong)(3 * line)));
            history.Add(HistoryEvent.Answered(line, expected[line].AtOnce, (ulong)(3 * line) + 1));
            history.Add(HistoryEvent.Settled((ulong)(3 * line) + 2));
        }
        return history;
    }
}
