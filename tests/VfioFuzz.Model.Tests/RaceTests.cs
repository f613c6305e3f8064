using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests;

/// <summary>What lines that start together may answer, as seen on 6.1.192; the program's last lines are the block.</summary>
public sealed class RaceTests
{
    private const string OneMdev = "world d0 mdev driver(by=worker)  d1 mdev driver(by=worker)\n";
    private const string Bound = "open container at=0; open group d0 at=1; attach 1 0; set-iommu 0 type1v2; ";

    public static TheoryData<string, string, string, bool> Blocks() => new()
    {
        // A thread may be killed in a line that nothing refuses but an empty slot, or the harness.
        { "", "p0.t1: pin 0 iova=0x0 pages=1 rw; p0.t0: exit", "killed 0", true },
        { "", "p0.t1: map 0 iova=0x0 size=0x1000 vaddr=page0 rw; p0.t0: exec", "killed 0", true },
        { "", "p0.t1: fork p0; p0.t0: exec", "killed 0", true },
        { "", "p0.t1: exec; p0.t0: exec", "killed 0", true },
        { "", "p0.t1: pin 0 iova=0x0 pages=1 rw; p0.t0: observe", "killed 0", false },
        // A slot that is about to be filled is occupied: nothing is opened for nothing.
        { "", "p0.t1: open group d0 at=1; p0.t0: open group d0 at=1", "0 not-run", true },
        { "", "p0.t1: open group d0 at=1; p0.t0: open group d1 at=1", "not-run 0", true },
        { "", "p0.t1: open group d0 at=1; p0.t0: open group d0 at=1", "0 EBUSY", false },
        { "open group d0 at=2; ", "p0.t1: open group d0 at=1; p0.t0: open container at=1", "EBUSY not-run", true },
        { "", "p0.t1: get-device 9 d0 at=1; p0.t0: open container at=1", "EBADF not-run", true },
        { "", "p0.t1: get-device 9 d0 at=1; p0.t0: open container at=2", "EBADF not-run", false },
        { "", "p0.t1: open group d0 at=1; p0.t0: open group d0 at=1", "not-run not-run", false },
        // Of two threads one makes the process, and may be killed before it has.
        { "", "p0.t0: fork p2; p0.t1: fork p2; p0.t0: exec", "not-run killed 0", true },
        { "", "p0.t0: fork p2; p0.t1: fork p3; p0.t0: exec", "not-run killed 0", false },
        { "", "p0.t0: fork p2; p0.t1: fork p2", "0 not-run", true },
        { "", "p0.t0: fork p2; p0.t1: fork p2", "not-run 0", true },
        { "", "p0.t0: fork p2; p0.t1: fork p2", "not-run not-run", false },
        // While a process dies another is made; and its death is nobody's charge.
        { "fork p1; ", "p0.t0: kill p1; p0.t1: fork p2", "0 0", true },
        { "fork p1; ", "p0.t0: kill p1; p0.t1: observe", "0 0x1", false },
    };

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_answers_as_it_was_seen_to(string before, string block, string answers, bool isAllowed) =>
        Assert.Equal(isAllowed, Accepts(OneMdev, before, block, answers));

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void A_charge_that_is_under_way_is_seen_in_part(int pages, bool isAllowed) => Assert.Equal(isAllowed, Accepts(
        "world d0 pci\n", Bound, "p0.t1: map 0 iova=0x0 size=0x3000 vaddr=page0 rw; p0.t0: observe", $"0 0x{pages:x}"));

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void An_attachs_charge_is_seen_in_part(int pages, bool isAllowed) => Assert.Equal(isAllowed, Accepts(
        "world d0 mdev driver(by=worker)  d1 pci\n",
        Bound + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; map 0 iova=0x2000 size=0x1000 vaddr=page2 rw; open group d1 at=2; ",
        "p0.t1: attach 2 0; p0.t0: observe", $"0 0x{pages:x}"));

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void A_failing_attachs_charge_is_seen_in_part(int pages, bool isAllowed) => Assert.Equal(isAllowed, Accepts(
        "world d0 mdev driver(by=worker)  d1 pci\n",
        Bound + "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; map 0 iova=0x2000 size=0x1000 vaddr=0x0 rw; open group d1 at=2; ",
        "p0.t1: attach 2 0; p0.t0: observe", $"EFAULT 0x{pages:x}"));

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, false)]
    public void A_charge_that_is_taken_back_is_seen_in_part(int pages, bool isAllowed) => Assert.Equal(isAllowed, Accepts(
        "world d0 pci\n", Bound + "munmap page2 pages=1; ", "p0.t1: map 0 iova=0x0 size=0x2000 vaddr=page2 rw; p0.t0: observe",
        $"EFAULT 0x{pages:x}"));

    [Fact]
    public void A_charge_is_not_seen_in_part_once_its_call_has_returned() => Assert.False(Accepts(
        "world d0 pci\n", Bound, "p0.t1: map 0 iova=0x0 size=0x3000 vaddr=page0 rw; p0.t0: observe", "0 0x1", isOverlapping: false));

    private static bool Accepts(string world, string before, string block, string answers, bool isOverlapping = true)
    {
        var program = Scripted.Parse($"{before}par {{; {block}; }}", world);
        var words = answers.Split(' ');
        var first = program.Lines.Length - words.Length;
        var history = new History();
        ulong ticket = 0;
        for (var line = 0; line < first; line++)
        {
            history.Add(HistoryEvent.Called(line, ++ticket));
            history.Add(HistoryEvent.Answered(line, Answer.Ok(), ++ticket));
            history.Add(HistoryEvent.Settled(++ticket));
        }
        // All lines of the block are under way at once, but a thread's own follow each other; who is killed is told when it is dead.
        var called = ticket;
        for (var line = first; line < program.Lines.Length; line++)
        {
            var isNext = line > first && program.Lines[line].Operation.Task == program.Lines[first].Operation.Task;
            history.Add(HistoryEvent.Called(line, isOverlapping && !isNext ? called : ++ticket));
            if (words[line - first] != "killed")
                history.Add(HistoryEvent.Answered(line, AnswerOf(words[line - first]), ++ticket));
        }
        for (var line = first; line < program.Lines.Length; line++)
            if (words[line - first] == "killed")
                history.Add(HistoryEvent.Answered(line, Answer.Killed, ++ticket));
        history.Add(HistoryEvent.Settled(++ticket));
        return new Acceptor(Dialect.Of(DialectName.S61), Platform.Simulated).Accept(program, history) is Acceptance.Accepted;
    }

    private static Answer AnswerOf(string word) => word switch
    {
        "killed" => Answer.Killed,
        "not-run" => Answer.NotRun,
        _ when word.StartsWith("0x", StringComparison.Ordinal) => Answer.Ok(Convert.ToUInt64(word, 16)),
        "0" => Answer.Ok(),
        _ => Answer.Fails(Enum.Parse<Errno>(word)),
    };
}
