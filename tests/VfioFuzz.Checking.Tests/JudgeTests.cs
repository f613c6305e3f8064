using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Tests;

public sealed class JudgeTests
{
    private static readonly Judge Judge = new(new NoAnswerRule());

    private static readonly StuckTask Waiting = Make.Stuck(Make.W0, "submit-pin", "vfio_wait");

    private static readonly StuckTask Closing = Make.Stuck(Make.P0, "close", "flush_work+0x1/0x2", Make.W0);

    [Fact]
    public void A_worker_asleep_while_users_are_idle_blocks_and_is_no_violation()
    {
        var history = Make.Frozen(Make.Idle(Waiting), Make.Help(), Make.KillOne(0), Make.KillAll());
        var pass = Assert.IsType<Pass>(Judge.JudgeRun(Make.Reads(), history));
        Assert.StartsWith("blocks: d0.w0 in submit-pin at vfio_wait", pass.Note, StringComparison.Ordinal);
        Assert.Contains("recoverable", pass.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_killed_process_that_cannot_die_is_a_deadlock_placed_where_it_and_its_holders_sleep()
    {
        var history = Make.Frozen(Make.Idle(Waiting, Closing), Make.KillOne(0, Closing, Waiting), Make.KillAll(Closing, Waiting));
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(), history));
        Assert.Equal(new FindingKey("deadlock", Grade.KillOne, "close @ flush_work + submit-pin @ vfio_wait"), violation.Key);
        Assert.Equal("deadlock/kill-one", violation.Key.Expectation);
    }

    [Fact]
    public void A_task_that_takes_steps_for_ever_makes_it_a_livelock()
    {
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(), Make.Frozen(Make.KillOne(0, Closing, Waiting with { Runs = true }))));
        Assert.Equal(new FindingKey("livelock", Grade.KillOne, "close @ flush_work + submit-pin @ vfio_wait"), violation.Key);
    }

    [Fact]
    public void A_deadlock_of_every_process_at_once_has_its_own_grade()
    {
        var history = Make.Frozen(Make.Idle(Waiting), Make.KillOne(0, Waiting), Make.KillAll(Waiting));
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(), history));
        Assert.Equal(new FindingKey("deadlock", Grade.KillAll, "submit-pin @ vfio_wait"), violation.Key);
    }

    [Fact]
    public void Close_and_exit_stuck_behind_the_same_worker_are_two_findings()
    {
        var exiting = Closing with { Doing = "exit" };
        var close = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(), Make.Frozen(Make.KillOne(0, Closing, Waiting))));
        var exit = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(), Make.Frozen(Make.KillOne(0, exiting, Waiting))));
        Assert.NotEqual(close.Key, exit.Key);
    }

    [Fact]
    public void A_sleeper_of_a_process_that_lives_is_no_part_of_the_place()
    {
        var bystander = Make.Stuck(Make.P1, "pin", "vfio_wait");
        var history = Make.Frozen(Make.KillOne(0, Closing, bystander, Waiting), Make.KillOne(1));
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(), history));
        Assert.Equal("close @ flush_work + submit-pin @ vfio_wait", violation.Key.Place);
    }

    [Theory]
    [InlineData("[   12.345678] BUG: kernel NULL pointer dereference, address: 0000000000000008\n[   12.345900] RIP: 0010:vfio_wait+0x12/0x80 [vfio]",
        "kernel-bug", "BUG: kernel NULL pointer dereference, address: N in vfio_wait")]
    [InlineData("[ 1.0] WARNING: CPU: 0 PID: 71 at drivers/vfio/vfio_main.c:480 vfio_x+0x1/0x2",
        "console-clean", "WARNING: CPU: N PID: N at drivers/vfio/vfio_main.c:N vfio_x+N/N")]
    public void A_splat_is_placed_by_its_headline_and_function(string console, string rule, string place)
    {
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(), new History { Console = console }));
        Assert.Equal(new FindingKey(rule, Grade.None, place), violation.Key);
    }

    [Fact]
    public void A_broken_state_rule_is_reported_under_its_own_name()
    {
        var history = new History();
        history.Add(new StateViolation("leaked-pin", 3, "page 7 keeps 2 pins"));
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(0, 1, 2, 3), history));
        Assert.Equal(new FindingKey("leaked-pin", Grade.None, "page N keeps N pins"), violation.Key);
        Assert.Equal(3, violation.Line);
    }

    [Fact]
    public void A_call_that_never_returns_is_stuck_where_the_dialect_does_not_wait()
    {
        var history = RealKernel(DialectName.S61);
        history.Add(HistoryEvent.Called(0, 1));
        history.Add(HistoryEvent.Blocked(0, 2));
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(0), history));
        Assert.Equal(new FindingKey("stuck", Grade.None, "read"), violation.Key);
    }

    [Fact]
    public void A_call_that_blocks_is_not_stuck_where_the_dialect_waits_or_when_it_answers_later()
    {
        var waits = RealKernel(DialectName.Blk3);
        waits.Add(HistoryEvent.Blocked(0, 1));
        var late = RealKernel(DialectName.Exc);
        late.Add(HistoryEvent.Blocked(0, 1));
        late.Add(HistoryEvent.Answered(0, Answer.Ok(), 2));
        Assert.IsType<Pass>(Judge.JudgeRun(Make.Reads(0), waits));
        Assert.IsType<Pass>(Judge.JudgeRun(Make.Reads(0), late));
    }

    /// <summary>Whether the wait is allowed is for the model to say, which knows whose close it waits for.</summary>
    [Fact]
    public void An_unbind_that_waits_to_the_end_is_not_stuck_nor_is_who_waits_beside_it_unless_all_deaths_leave_it()
    {
        var program = Program.Sequential(Make.OneMdev, Operation.Unbind(Make.P1, 0), Operation.Kill(Make.P0, 1));
        var history = RealKernel(DialectName.S61);
        history.Add(HistoryEvent.Blocked(0, 1));
        history.Add(HistoryEvent.Blocked(1, 2));
        Assert.IsType<Pass>(Judge.JudgeRun(program, history));
        history.Add(new HistoryEvent(EventKind.ResetFailed, 0, 0, 0, (ulong)ResetReason.TaskDoesNotDie, 3));
        history.Console = "p1.t0: state D in vfio_unregister_group_dev\n[<0>] vfio_unregister_group_dev+0x48/0x110 [vfio]\n";
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(program, history));
        Assert.Equal(new FindingKey("deadlock", Grade.KillAll, "unbind @ vfio_unregister_group_dev"), violation.Key);
    }

    [Fact]
    public void Tasks_that_do_not_die_are_placed_where_vfio_sleeps()
    {
        var program = new Program(
            Make.OneMdev, [new(Operation.Unmap(Make.P0, 3, new(0), new(4096)), 1), new(Operation.Close(TaskId.Of(0, 1), 6), 1)]);
        var history = RealKernel(DialectName.S61);
        history.Add(HistoryEvent.Blocked(0, 1));
        history.Add(HistoryEvent.Blocked(1, 2));
        history.Add(new HistoryEvent(EventKind.ResetFailed, 0, 0, 0, 1, 3));
        history.Console = """
            p0.t0: state D in __mutex_lock.constprop.0
            [<0>] __mutex_lock.constprop.0+0x1c2/0x3a0
            [<0>] vfio_iommu_type1_unpin_pages+0x51/0x170 [vfio_iommu_type1]
            [<0>] vfio_unpin_pages+0x4e/0x90 [vfio]
            p0.t1: state D in __mutex_lock.constprop.0
            [<0>] __mutex_lock.constprop.0+0x1c2/0x3a0
            [<0>] vfio_iommu_type1_unregister_device+0x2b/0x60 [vfio_iommu_type1]
            """;
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(program, history));
        Assert.Equal(
            new FindingKey(
                "stuck", Grade.None, "close @ vfio_iommu_type1_unregister_device + unmap @ vfio_iommu_type1_unpin_pages"),
            violation.Key);
    }

    [Theory]
    [InlineData(1, Grade.KillAll)]
    [InlineData(4, Grade.KillOne)]
    public void What_does_not_die_in_a_dialect_that_waits_is_a_deadlock_of_who_was_killed(ulong reason, Grade grade)
    {
        var history = RealKernel(DialectName.Waiting61);
        history.Add(new HistoryEvent(EventKind.ResetFailed, 0, 0, 0, reason, 3));
        history.Console = "p0.t0: state D in vfio_wait\n[<0>] vfio_wait+0x5/0x9 [vfio_iommu_type1]\n";
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(), history));
        Assert.Equal(new FindingKey("deadlock", grade, "exit @ vfio_wait"), violation.Key);
    }

    [Fact]
    public void A_guest_lost_without_a_word_of_its_kernel_hangs_in_its_last_line()
    {
        var history = RealKernel(DialectName.S61);
        history.Add(HistoryEvent.Called(0, 1));
        history.Incomplete = "in line 0: the guest hangs";
        history.Console = "in line 0: the guest hangs\nordinary words";
        var violation = Assert.IsType<Violation>(Judge.JudgeRun(Make.Reads(0), history));
        Assert.Equal(new FindingKey("stuck", Grade.None, "read"), violation.Key);
    }

    [Fact]
    public void A_wrong_answer_is_judged_by_the_answer_rule()
    {
        var wrong = new Violation(new FindingKey("answer-allowed", Grade.None, "x"), 1, "evidence");
        var judge = new Judge(new FakeAnswerRule((_, _) => wrong));
        Assert.Same(wrong, judge.JudgeRun(Make.Reads(), new History()));
    }

    [Fact]
    public void A_run_that_was_not_carried_to_its_end_is_never_a_pass()
    {
        var verdict = Judge.JudgeRun(Make.Reads(), new History { Incomplete = "capacity: 8 mappings" });
        Assert.Equal(new Inconclusive("capacity: 8 mappings"), verdict);
    }

    [Fact]
    public void That_a_deadlocked_line_is_blocked_is_not_told_twice()
    {
        var blocked = new Violation(new FindingKey("answer-allowed", Grade.None, "unmap: observed blocked, allowed 0"), 1, "");
        var wrong = blocked with { Key = blocked.Key with { Place = "unmap: observed EINVAL, allowed 0" } };
        var deadlocked = Make.Frozen(Make.KillOne(0, Closing, Waiting));
        Assert.Equal(["deadlock"], Rules(blocked, deadlocked));
        Assert.Equal(["deadlock", "answer-allowed"], Rules(wrong, deadlocked));
        Assert.Equal(["answer-allowed"], Rules(blocked, new History()));

        static IEnumerable<string> Rules(Violation answer, History history)
        {
            List<Violation> found = [];
            new Judge(new FakeAnswerRule((_, _) => answer)).Violations(Make.Reads(0, 1), history, found);
            return found.Select(violation => violation.Key.Rule);
        }
    }

    [Fact]
    public void A_call_that_blocked_when_a_bound_was_reached_is_not_stuck()
    {
        var history = RealKernel(DialectName.Exc);
        history.Add(HistoryEvent.Blocked(0, 1));
        history.Incomplete = "capacity: files";
        Assert.Equal(new Inconclusive("capacity: files"), Judge.JudgeRun(Make.Reads(0), history));
    }

    [Fact]
    public void An_undecided_model_is_inconclusive()
    {
        var judge = new Judge(new FakeAnswerRule((_, _) => new Inconclusive("1000 states")));
        Assert.Equal(new Inconclusive("1000 states"), judge.JudgeRun(Make.Reads(), new History()));
    }

    [Fact]
    public void Pages_left_after_teardown_are_violations()
    {
        var history = new History();
        history.Add(new HistoryEvent(EventKind.LockedAfterTeardown, 0, 0, 0, 2, 9));
        history.Add(new HistoryEvent(EventKind.PinBalance, 0, 0, 0, 1, 10));
        List<Violation> found = [];
        Judge.Violations(Make.Reads(), history, found);
        Assert.Equal(["locked-vm", "pin-balance"], found.Select(violation => violation.Key.Rule));
    }

    private static History RealKernel(DialectName dialect) =>
        new() { Platform = Platform.Simulated with { Kernel = "6.1.0-56-amd64", Dialect = dialect } };
}
