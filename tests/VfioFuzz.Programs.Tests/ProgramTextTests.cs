using System.Collections.Immutable;

namespace VfioFuzz.Programs.Tests;

public sealed class ProgramTextTests
{
    private const string CloseAgainstWaiter =
        """
        vprog 1   dialect blk3   target sim/blocking,linux/6.1   expect deadlock/kill-one   schedule 0102
        # close waits for a worker that waits for a vaddr
        world  d0 mdev driver(by=kthread lock=own callback=refuse:3 on-efault=retry:2)  d1 pci
        p0.t0: open container at=3
        p0.t0: unmap 3 iova=0x0 size=0x2000 vaddr                 # 0 size=0x2000
        par {
          p0.t0: submit d0.w0 pin iova=0x1000 pages=1 rw
          p0.t1: close 5                                          # blocked
        }

        """;

    [Fact]
    public void A_document_is_read_as_it_is_written_and_printed_as_it_was_read()
    {
        var document = ProgramText.Parse(CloseAgainstWaiter, "dl01.vprog");
        var (t0, t1) = (TaskId.Of(0, 0), TaskId.Of(0, 1));

        Assert.Equal(DialectName.Blk3, document.Dialect);
        Assert.Equal<string>(["sim/blocking", "linux/6.1"], document.Targets);
        Assert.Equal("deadlock/kill-one", document.Expectation);
        Assert.Equal<byte>([1, 2], document.Schedule.Choices);
        Assert.Equal<string>(["close waits for a worker that waits for a vaddr"], document.Notes);
        Assert.Equal<string?>([null, "0 size=0x2000", null, "blocked"], document.ExpectedAnswers);
        Assert.Equal(
            new World(
                new(DeviceKind.Mdev, DriverContext.Kthread, DriverLock.Own, DriverCallback.Refuse, 3, DriverOnFault.Retry, 2),
                DeviceSpec.Pci),
            document.Program.World);
        Assert.Equal<Line>(
            [
                new(Operation.OpenContainer(t0, 3)),
                new(Operation.Unmap(t0, 3, new(0), new(0x2000), UnmapFlags.Vaddr)),
                new(Operation.SubmitPin(t0, 0, new(0x1000), 1, Access.ReadWrite), 1),
                new(Operation.Close(t1, 5), 1),
            ],
            document.Program.Lines);
        Assert.Equal(CloseAgainstWaiter, ProgramText.Print(document));
    }

    [Theory]
    [InlineData("vprog 1\r\n# a note\r\nworld\r\np0.t0: exit   # 0\r\n")]
    [InlineData("vprog 1\n#\ra note\r\nworld\np0.t0: exit\r# 0\r")]
    public void A_carriage_return_is_a_space(string text) =>
        Assert.Equal("vprog 1\n# a note\nworld\np0.t0: exit # 0\n", Spaced(ProgramText.Print(ProgramText.Parse(text, "a.vprog"))));

    [Fact]
    public void A_carriage_return_within_a_comment_stays_on_its_line() =>
        Assert.Equal("a b", Assert.Single(ProgramText.Parse("vprog 1\n# a\rb\nworld\n", "a.vprog").Notes));

    private static string Spaced(string text) => System.Text.RegularExpressions.Regex.Replace(text, " +", " ");

    [Fact]
    public void Several_operations_may_share_a_line_and_named_operands_come_in_any_order()
    {
        var document = ProgramText.Parse(
            "vprog 1\nworld d0 mdev\n" +
            "p0.t0: open container at=3 cloexec ; open group d0 at=4 ; p0.t1: attach 4 3 # 0\n" +
            "par { p0.t0: map 3 rw vaddr=page15+0x10 size=8192 iova=0x1000 ; p1.t1: submit d3.w0 pin pages=1 iova=0 }\n",
            "short.vprog");

        Assert.Equal(
            """
            vprog 1
            world  d0 mdev driver(by=worker)
            p0.t0: open container at=3 cloexec
            p0.t0: open group d0 at=4
            p0.t1: attach 4 3                                         # 0
            par {
              p0.t0: map 3 iova=0x1000 size=0x2000 vaddr=page15+0x10 rw
              p1.t1: submit d3.w0 pin iova=0x0 pages=1 rw
            }

            """,
            ProgramText.Print(document));
    }

    [Theory]
    [InlineData("map 3 iova=0x0 size=0x1000 vaddr=page0 flags=0xf")]
    [InlineData("map 3 iova=0x0 size=0x1000 vaddr=0x0 rw vaddr")]
    [InlineData("map 3 iova=0xfffffffffffff000 size=0x1 vaddr=page15+0xfff")]
    [InlineData("unmap 3 iova=0x0 size=0x0 flags=0x80000000")]
    [InlineData("unmap 3 iova=0x0 size=0x0 all vaddr dirty")]
    [InlineData("set-iommu 3 type1v2")]
    [InlineData("check-extension 3 5")]
    [InlineData("check-extension 3 0xffffffffffffffff")]
    [InlineData("pin 5 iova=0x0 pages=513 none")]
    [InlineData("limit pages=8")]
    [InlineData("limit unlimited")]
    [InlineData("capability drop")]
    [InlineData("mmap page0 pages=4 anon-ro")]
    [InlineData("mmap page0 pages=4 no-access")]
    [InlineData("mmap page0 pages=4 device")]
    [InlineData("map 3 iova=0x0 size=0x200000 vaddr=huge rw")]
    [InlineData("map 3 iova=0x0 size=0x1000 vaddr=huge+0x1ff000 rw")]
    [InlineData("dma-rw 5 write iova=0x800 size=0x4001")]
    [InlineData("map-file 3 iova=0x0 size=0x1000 offset=0x2000 r")]
    public void An_operation_prints_as_it_is_written(string operation)
    {
        var document = ProgramText.Parse($"vprog 1\nworld\np0.t0: {operation}\n", "one.vprog");
        Assert.Equal(operation, OperationText.Print(document.Program.Lines[0].Operation));
    }

    [Theory]
    [InlineData("", 1, 1, "vprog 1")]
    [InlineData("vprog 2", 1, 7, "version 1")]
    [InlineData("vprog 1 dialekt blk3", 1, 9, "dialect, target, expect, schedule or the end of the line")]
    [InlineData("vprog 1 dialect blk4", 1, 17, "a dialect (pre, blk1, blk2, blk3, s61, exc, ovf, removal, chain, waiters, sticky, file, changemm, iommufd, waiting61)")]
    [InlineData("vprog 1 target a,,b", 1, 16, "a target, or several with one comma between two")]
    [InlineData("vprog 1 target sim/blocking,", 1, 16, "a target, or several with one comma between two")]
    [InlineData("vprog 1 expect ,pass", 1, 16, "what replaying shows: one word without a comma")]
    [InlineData("vprog 1 schedule 012", 1, 18, "a schedule (two hexadecimal digits a choice)")]
    [InlineData("vprog 1\np0.t0: exec", 2, 1, "world")]
    [InlineData("vprog 1\nworld d4 pci", 2, 7, "a device (d0 to d3) or the end of the line, each device once")]
    [InlineData("vprog 1\nworld d0 pci d0 mdev", 2, 14, "a device (d0 to d3) or the end of the line, each device once")]
    [InlineData("vprog 1\nworld d0 usb", 2, 10, "pci or mdev")]
    [InlineData("vprog 1\nworld d0 mdev driver(callback=refuse:256)", 2, 22, null)]
    [InlineData("vprog 1\nworld\np4.t0: exec", 3, 1, "a thread (p0.t0: to p3.t1:) or par {")]
    [InlineData("vprog 1\nworld\npar {\np0.t0: exec", 4, 12, "a thread (p0.t0: to p3.t1:) or }")]
    [InlineData("vprog 1\nworld\np0.t0:", 3, 7, "an operation")]
    [InlineData("vprog 1\nworld\np0.t0: opne group d0 at=4", 3, 8, null)]
    [InlineData("vprog 1\nworld\np0.t0: open device d0 at=4", 3, 13, "container, group")]
    [InlineData("vprog 1\nworld\np0.t0: open group d4 at=4", 3, 19, "a device (d0 to d3)")]
    [InlineData("vprog 1\nworld\np0.t0: open group d0", 3, 21, "the new fd's slot (at=0 to at=15)")]
    [InlineData("vprog 1\nworld\np0.t0: close 16", 3, 14, "a slot (0 to 15)")]
    [InlineData("vprog 1\nworld\np0.t0: close 5 6", 3, 16, "the end of the operation")]
    [InlineData("vprog 1\nworld\np0.t0: close 5 ; close # 0", 3, 24, "a slot (0 to 15)")]
    [InlineData("vprog 1\nworld\np0.t0: map 3 iova=zero size=1 vaddr=page0", 3, 14, "an iova (iova=0x1000)")]
    [InlineData("vprog 1\nworld\np0.t0: map 3 iova=0 vaddr=page0 rw", 3, 35, "a size in bytes (size=0x1000)")]
    [InlineData("vprog 1\nworld\np0.t0: join d0", 3, 13, "a worker (d0.w0 to d3.w0)")]
    [InlineData("vprog 1\nworld\np0.t0: exec }", 3, 13, "; or the end of the line")]
    public void What_cannot_be_read_is_named_by_place_and_expectation(string text, int line, int column, string? expected)
    {
        var failure = Assert.Throws<ProgramTextException>(() => ProgramText.Parse(text, "bad.vprog"));

        Assert.Equal(("bad.vprog", line, column), (failure.FileName, failure.Line, failure.Column));
        if (expected is not null)
            Assert.Equal(expected, failure.Expected);
    }

    [Fact]
    public void Every_dialect_has_a_word_that_reads_back()
    {
        foreach (var dialect in Enum.GetValues<DialectName>())
        {
            var document = new ProgramDocument(Program.Sequential(default)) { Dialect = dialect };
            Assert.Equal(dialect, ProgramText.Parse(ProgramText.Print(document), "dialect.vprog").Dialect);
        }
    }

    [Fact]
    public void A_program_of_more_lines_than_the_limit_is_refused_at_its_first_line_too_many()
    {
        var text = "vprog 1\nworld\n" + string.Concat(Enumerable.Repeat("p0.t0: observe\n", Limits.LinesMax + 1));
        Assert.Equal(3 + Limits.LinesMax, Assert.Throws<ProgramTextException>(() => ProgramText.Parse(text, "long.vprog")).Line);
    }

    [Fact]
    public void A_note_or_target_that_would_not_read_back_is_refused_when_printing()
    {
        var program = Program.Sequential(default);
        Assert.Throws<ArgumentException>(() => ProgramText.Print(new ProgramDocument(program) { Targets = ["sim blocking"] }));
        Assert.Throws<ArgumentException>(() => ProgramText.Print(new ProgramDocument(program) { Notes = ImmutableArray.Create("a\nb") }));
    }
}
