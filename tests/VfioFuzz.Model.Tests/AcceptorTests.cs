using System.Collections.Immutable;
using VfioFuzz.Programs;
using VfioFuzz.Testing;

namespace VfioFuzz.Model.Tests;

public sealed class AcceptorTests
{
    private static readonly Platform WithHugePage = Platform.Simulated with { HasHugePage = true };

    private static readonly ImmutableArray<Dialect> Dialects = Dialect.All;

    [VfioProperty(1000)]
    public void What_the_model_does_in_any_order_is_accepted(Program program, ulong seed)
    {
        foreach (var dialect in Dialects)
            AcceptsItself(dialect, program, seed);
    }

    [VfioProperty(300)]
    public void Programs_that_nobody_would_write_are_judged_too(DecodedProgram program, ulong seed)
    {
        foreach (var dialect in Dialects)
            AcceptsItself(dialect, program.Program, seed);
    }

    private static void AcceptsItself(Dialect dialect, Program program, ulong seed)
    {
        var run = new ModelledRun(dialect, WithHugePage);
        run.Settled = () => InvariantChecker.Check(dialect, WithHugePage, ref run.State);
        if (!run.Run(program, seed))
            return;
        var acceptance = new Acceptor(dialect, WithHugePage).Accept(program, run.History);
        if (run.HasCrashed)
            Assert.IsType<Acceptance.KernelCrashExpected>(acceptance);
        else
            Assert.True(acceptance is Acceptance.Accepted, $"{dialect.Name}: {acceptance}");
    }

    [VfioProperty(1000)]
    public void Every_answer_is_explained_by_a_rule_that_states_it(Program program, ulong seed)
    {
        foreach (var dialect in Dialects)
        {
            var run = new ModelledRun(dialect, WithHugePage);
            var uses = new RuleUses { IsOn = true };
            if (!run.Run(program, seed)
                || new Acceptor(dialect, WithHugePage, uses: uses).Accept(program, run.History) is not Acceptance.Accepted)
                continue;
            Assert.All(uses.All().Where(use => use.Count > 0), use =>
                Assert.Contains(use.Outcome, Rules.All.Single(rule => rule.Name == use.Rule).Outcomes));
            Assert.Equal(
                program.Lines.Length + run.History.Events.ToArray().Count(happened => happened.Kind == EventKind.LockedAtEnd)
                    + CountLate(run.History),
                uses.All().Sum(use => use.Count));
        }
    }

    /// <summary>Lines that were seen asleep and answered in a later window: both were seen, and both count.</summary>
    private static int CountLate(History history)
    {
        var (late, open) = (0, new HashSet<int>());
        foreach (var happened in history.Events)
        {
            if (happened.Kind == EventKind.Called)
                open.Add(happened.Line);
            else if (happened.Kind == EventKind.Answered && !open.Remove(happened.Line))
                late++;
            else if (happened.Kind == EventKind.Settled)
                open.Clear();
        }
        return late;
    }

    [VfioProperty(300)]
    public void An_answer_that_no_kernel_gives_is_refused_at_its_line(SequentialProgram program, ulong seed, byte line)
    {
        foreach (var dialect in Dialects)
        {
            var run = new ModelledRun(dialect, WithHugePage);
            if (program.Program.Lines.Length == 0 || !run.Run(program.Program, seed) || run.HasCrashed)
                continue;
            var changed = line % program.Program.Lines.Length;
            var history = WithAnswer(run.History, changed, Answer.Fails(Errno.ETIMEDOUT));
            if (history is null)
                continue;
            var refused = Assert.IsType<Acceptance.Disagrees>(new Acceptor(dialect, WithHugePage).Accept(program.Program, history));
            Assert.Equal(changed, refused.Line);
            Assert.Equal(Errno.ETIMEDOUT, refused.Observed.Errno);
            Assert.NotEmpty(refused.Allowed);
            Assert.All(refused.Allowed, allowed => Assert.Contains(Rules.All, rule => rule.Name == allowed.Rule));
        }
    }

    private static History? WithAnswer(History history, int line, Answer answer)
    {
        var changed = new History();
        var isChanged = false;
        foreach (var happened in history.Events)
        {
            var changes = happened.Kind == EventKind.Answered && happened.Line == line;
            isChanged |= changes;
            changed.Add(changes ? HistoryEvent.Answered(line, answer, happened.Ticket) : happened);
        }
        return isChanged ? changed : null;
    }

    [Theory]
    [InlineData(PlantedError.ReportsSizeOfFirstMappingOnly)]
    [InlineData(PlantedError.ForgetsChargeOfSecondMap)]
    [InlineData(PlantedError.ForgetsSecondPinReference)]
    [InlineData(PlantedError.OverlapIsInvalid)]
    public void A_planted_error_is_caught_within_a_thousand_programs(PlantedError planted)
    {
        var dialect = Dialect.Of(DialectName.S61);
        var run = new ModelledRun(dialect, WithHugePage);
        var acceptor = new Acceptor(dialect, WithHugePage, planted);
        for (ulong seed = 0; seed < 1000; seed++)
        {
            var program = Generator.Generate(Choices.OfSeed(seed), GeneratorOptions.Default);
            if (run.Run(program, seed) && acceptor.Accept(program, run.History) is Acceptance.Disagrees)
                return;
        }
        Assert.Fail($"{planted} was not caught");
    }

    [Fact]
    public void Accepting_allocates_nothing()
    {
        var dialect = Dialect.Of(DialectName.S61);
        var runs = Enumerable.Range(0, 200)
            .Select(seed => Recorded(dialect, (ulong)seed, GeneratorOptions.Default))
            .Where(sample => sample.History.Events.Length > 0)
            .ToArray();
        var acceptor = new Acceptor(dialect, WithHugePage);
        AcceptAll(acceptor, runs);

        var before = GC.GetAllocatedBytesForCurrentThread();
        AcceptAll(acceptor, runs);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void AcceptAll(Acceptor acceptor, (Program Program, History History)[] runs)
    {
        foreach (var (program, history) in runs)
            if (acceptor.Accept(program, history) is not Acceptance.Accepted)
                throw new InvalidOperationException("a history of the model itself is refused");
    }

    /// <summary>A program and its history; an empty history when the run crashed or came to no end.</summary>
    private static (Program Program, History History) Recorded(Dialect dialect, ulong seed, GeneratorOptions options)
    {
        var run = new ModelledRun(dialect, WithHugePage);
        var program = Generator.Generate(Choices.OfSeed(seed), options);
        return (program, run.Run(program, seed) && !run.HasCrashed ? run.History : new History());
    }

    [Fact]
    public void A_wake_that_does_not_come_is_a_disagreement()
    {
        var program = Scripted.Parse(
            Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; unmap 0 iova=0x0 size=0x2000 vaddr; "
            + "submit d2.w0 pin iova=0x0 pages=1 rw; map 0 iova=0x0 size=0x2000 vaddr=page8 vaddr");
        var history = new History();
        for (var line = 0; line < program.Lines.Length; line++)
            AddSettled(history, line, line == 7 ? Answer.Blocked : Answer.Ok(line == 6 ? 0x2000u : 0));
        var refused = Assert.IsType<Acceptance.Disagrees>(
            new Acceptor(Dialect.Of(DialectName.Blk3), WithHugePage).Accept(program, history));
        Assert.Equal((7, AnswerKind.Blocked), (refused.Line, refused.Observed.Kind));
        Assert.Equal(new AllowedAnswer(Answer.Ok(1), "pin.ok"), Assert.Single(refused.Allowed));
    }

    [Fact]
    public void A_call_that_was_killed_may_have_done_everything_before()
    {
        // Seen on 6.1.192: the pin misses the page that the sibling's munmap took away before exec killed it in that line.
        var program = Scripted.Parse(
            Scripted.Mdev + "map 0 iova=0x0 size=0x1000 vaddr=page5 rw; par {; p0.t1: munmap page5 pages=1; "
            + "p0.t0: pin 13 iova=0x0 pages=1 rw; p0.t0: exec; }");
        var history = new History();
        for (var line = 0; line < 6; line++)
            AddSettled(history, line, Answer.Ok());
        history.Add(HistoryEvent.Called(6, 100));
        history.Add(HistoryEvent.Called(7, 101));
        history.Add(HistoryEvent.Answered(7, Answer.Fails(Errno.EFAULT), 102));
        history.Add(HistoryEvent.Called(8, 103));
        history.Add(HistoryEvent.Answered(8, Answer.Ok(), 104));
        history.Add(HistoryEvent.Answered(6, Answer.Killed, 105));
        history.Add(HistoryEvent.Settled(106));

        Assert.IsType<Acceptance.Accepted>(new Acceptor(Dialect.Of(DialectName.S61), WithHugePage).Accept(program, history));
    }

    /// <summary>Drivers without a lock drop record by record (guest/mdev/pins.c), so a callback and an unpin may share them.</summary>
    [Theory]
    [InlineData("lock=none", 0, true)]
    [InlineData("lock=none", 1, true)]
    [InlineData("lock=none", 2, true)]
    [InlineData("lock=own", 0, true)]
    [InlineData("lock=own", 1, false)]
    [InlineData("lock=own", 2, true)]
    public void A_callback_and_an_unpin_share_the_records_of_a_driver_without_a_lock(string driver, ulong dropped, bool accepted)
    {
        var program = Scripted.Parse(
            Scripted.Mdev + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; pin 13 iova=0x0 pages=2 rw; par {; "
            + "p0.t1: unmap 0 iova=0x0 size=0x2000; p0.t0: unpin 13 iova=0x0 pages=2; }", $"world d2 mdev driver(by=worker {driver})\n");
        var history = new History();
        for (var line = 0; line < 7; line++)
            AddSettled(history, line, Answer.Ok(line == 6 ? 2u : 0));
        history.Add(HistoryEvent.Called(7, 100));
        history.Add(HistoryEvent.Called(8, 101));
        history.Add(HistoryEvent.Answered(7, Answer.Ok(0x2000), 102));
        history.Add(HistoryEvent.Answered(8, Answer.Ok(dropped), 103));
        history.Add(HistoryEvent.Settled(104));

        var acceptance = new Acceptor(Dialect.Of(DialectName.Exc), WithHugePage).Accept(program, history);
        Assert.Equal(accepted, acceptance is Acceptance.Accepted);
    }

    private static void AddSettled(History history, int line, Answer answer)
    {
        var ticket = (ulong)(3 * line);
        history.Add(HistoryEvent.Called(line, ticket));
        history.Add(answer.Kind == AnswerKind.Blocked
            ? HistoryEvent.Blocked(line, ticket + 1)
            : HistoryEvent.Answered(line, answer, ticket + 1));
        history.Add(HistoryEvent.Settled(ticket + 2));
    }
}
