using VfioFuzz.Testing;

namespace VfioFuzz.Programs.Tests;

public sealed class CandidatesTests
{
    private static readonly TaskId T0 = TaskId.Of(0, 0);

    [VfioProperty(tests: 30)]
    public void Every_candidate_is_canonical_and_strictly_smaller(Program program)
    {
        var size = ProgramSize.Of(program);
        Assert.All(Candidates.SimplerThan(program), candidate =>
        {
            Assert.True(candidate.IsCanonical);
            Assert.True(ProgramSize.Of(candidate) < size);
        });
    }

    [VfioProperty(tests: 30)]
    public void Every_candidate_of_a_decoded_program_is_canonical_and_strictly_smaller(DecodedProgram sample) =>
        Every_candidate_is_canonical_and_strictly_smaller(sample.Program);

    [VfioProperty(tests: 50)]
    public void Each_single_line_is_among_those_left_out(Program program)
    {
        var candidates = Candidates.SimplerThan(program).ToHashSet();
        for (var i = 0; i < program.Lines.Length; i++)
            Assert.Contains(program.Without(i).Canonical(), candidates);
    }

    [Fact]
    public void The_longest_program_of_the_kind_with_the_most_operands_has_a_size_and_bytes()
    {
        var form = OperationForm.All.MaxBy(form => form.Operands.Length)!;
        var operation = new Operation(form.Kind, T0, 0, 0, 0, 0, 0, 0);
        foreach (var operand in form.Operands)
            operation = operand.Put(operation, 0x0123_4567_89ab_cdef);
        var program = Program.Sequential(default, [.. Enumerable.Repeat(operation, Limits.LinesMax)]);
        Assert.Equal(Limits.LinesMax, ProgramSize.Of(program).Lines);
        Assert.Equal(program, ProgramBytes.Decode(ProgramBytes.Encode(program)));
    }

    [Fact]
    public void Nothing_is_simpler_than_the_empty_program_without_devices() =>
        Assert.Empty(Candidates.SimplerThan(new Program(default, [])));

    [Fact]
    public void The_first_candidate_without_lines_of_a_second_thread_drops_half()
    {
        var program = Program.Sequential(default, [.. Enumerable.Repeat(Operation.Exec(T0), 8)]);
        Assert.Equal([0, 4, 4, 6], Candidates.SimplerThan(program).Take(4).Select(candidate => candidate.Lines.Length));
    }

    // What is left when only the part that matters (all of it, the world too) must stay.
    [Theory]
    [InlineData("p0.t0: close 9", "p0.t0: close 0")]
    [InlineData("p3.t1: close 9", "p0.t0: close 0")]
    [InlineData("p0.t0: dup 9 at=12 cloexec", "p0.t0: dup 0 at=0")]
    [InlineData("p0.t0: map 1 iova=0xfee00800 size=0x7000 vaddr=page9+0x10 flags=0xff", "p0.t0: map 0 iova=0x0 size=0x1000 vaddr=page0 rw")]
    [InlineData("p0.t0: unmap 1 iova=0x5000 size=0xffffffffffffffff all vaddr", "p0.t0: unmap 0 iova=0x0 size=0x1000")]
    [InlineData("p0.t0: submit d3.w0 pin iova=0x123000 pages=513 none", "p0.t0: submit d0.w0 pin iova=0x0 pages=1 rw")]
    [InlineData("p0.t0: limit pages=99", "p0.t0: limit unlimited")]
    [InlineData("p0.t0: check-extension 0 0xffff", "p0.t0: check-extension 0 type1v2")]
    [InlineData("p2.t0: kill p3", "p0.t0: kill p0")]
    [InlineData("p0.t0: mmap page7 pages=9 file", "p0.t0: mmap page0 pages=1 anon")]
    [InlineData("par { p0.t0: close 1 ; p0.t0: close 2 }", "p0.t0: close 0|p0.t0: close 0")]
    [InlineData("p0.t0: close 7 ; p1.t0: exec ; p0.t0: close 8", "p0.t0: close 0|p0.t0: exec|p0.t0: close 0")]
    public void Kinds_in_their_order_shrink_to_the_plainest_program_with_them(string text, string expected)
    {
        var program = ProgramText.Parse($"vprog 1\nworld d1 pci d3 mdev driver(by=caller lock=own)\n{text}\n", "p.vprog").Program;
        var kinds = KindsOf(program);

        var minimal = Minimized(program, candidate => KindsOf(candidate).SequenceEqual(kinds));

        Assert.Equal(default, minimal.World);
        Assert.Equal(expected.Split('|'), minimal.Lines.Select(line => line.Operation.ToString()));
        Assert.DoesNotContain(minimal.Lines, line => line.IsParallel);
    }

    [Fact]
    public void What_belongs_together_shrinks_together()
    {
        var program = ProgramText.Parse(
            """
            vprog 1
            world d2 mdev driver(by=kthread callback=refuse:7)
            p0.t0: observe
            p0.t0: get-device 4 d2 at=9
            p0.t0: map 3 iova=0x80000 size=0x4000 vaddr=page3 rw
            p0.t0: pin 9 iova=0x82000 pages=2 rw
            p0.t0: observe
            """, "p.vprog").Program;

        var minimal = Minimized(program, PinsInsideAMapping);

        Assert.Equal(
            ["p0.t0: get-device 0 d0 at=0", "p0.t0: map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "p0.t0: pin 0 iova=0x0 pages=1 rw"],
            minimal.Lines.Select(line => line.Operation.ToString()));
        Assert.Equal(new World(DeviceSpec.Mdev), minimal.World);
    }

    [Fact]
    public void Two_slots_keep_their_order_and_lose_their_gaps()
    {
        var program = Program.Sequential(default, Operation.OpenContainer(T0, 12), Operation.OpenContainer(T0, 5));

        var minimal = Minimized(
            program, candidate => candidate.Lines.Length == 2 && candidate.Lines[0].Operation.At > candidate.Lines[1].Operation.At);

        Assert.Equal([1, 0], minimal.Lines.Select(line => line.Operation.At));
    }

    [Fact]
    public void Sizes_compare_field_by_field_in_their_order()
    {
        var smaller = new ProgramSize(3, 2, 9, 9, 9, 9, 9);
        Assert.True(smaller < new ProgramSize(4, 1, 0, 0, 0, 0, 0));
        Assert.True(smaller < new ProgramSize(3, 3, 0, 0, 0, 0, 0));
        Assert.True(smaller < new ProgramSize(3, 2, 9, 9, 9, 9, 10));
        Assert.True(smaller <= new ProgramSize(3, 2, 9, 9, 9, 9, 9));
    }

    private static bool PinsInsideAMapping(Program program)
    {
        foreach (var pin in program.Lines.Select(line => line.Operation).Where(line => line.Kind == OperationKind.Pin))
            foreach (var map in program.Lines.Select(line => line.Operation).Where(line => line.Kind == OperationKind.Map))
                if (pin.X - map.X < map.Y && program.Lines.Any(line => line.Operation.Kind == OperationKind.GetDevice
                    && line.Operation.At == pin.Slot && program.World.Device(line.Operation.Device).Kind == DeviceKind.Mdev))
                    return true;
        return false;
    }

    private static Program Minimized(Program program, Predicate<Program> isBad)
    {
        while (Candidates.SimplerThan(program).FirstOrDefault(candidate => isBad(candidate)) is { } simpler)
            program = simpler;
        return program;
    }

    private static IEnumerable<OperationKind> KindsOf(Program program) => program.Lines.Select(line => line.Operation.Kind);
}
