using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Tests;

public sealed class AmplificationTests
{
    private static readonly TaskId T1 = TaskId.Of(0, 1);

    private static readonly Operation Map = Operation.Map(
        Make.P0, 1, new(0x1000), new(0x4000), new(Limits.WindowBase), MapFlags.Read | MapFlags.Write);

    private static readonly Operation Pin = Operation.Pin(Make.P0, 2, new(0x2000), 1, Access.ReadWrite);

    private static readonly Operation Unmap = Operation.Unmap(Make.P0, 1, new(0x1000), new(0x4000));

    private static readonly Program Racing = new(
        Make.OneMdev, [new(Map), new(Pin), new(Unmap, 1), new(Unmap with { Task = T1 }, 1)]);

    private static readonly ImmutableArray<Answer> Stuck = [Answer.Ok(), Answer.Ok(1), Answer.Blocked, Answer.Blocked];

    [Fact]
    public void A_block_is_repeated_with_the_lines_that_make_what_it_takes_away()
    {
        Assert.Contains(Variants(Racing, Stuck), variant =>
            variant.Lines.Length == 64
            && Enumerable.Range(0, 64).All(i => variant.Lines[i].Operation == Racing.Lines[i % 4].Operation)
            && variant.Lines.Count(line => line.IsParallel) == 32);
        Assert.Contains(Variants(Racing, Stuck), variant =>
            variant.Lines.Length == 64 && variant.Lines.All(line => line.Block == 1));
    }

    [Fact]
    public void Pins_grow_to_the_end_of_their_mapping() => Assert.Contains(Variants(Racing, Stuck), variant =>
        variant.Lines.Length == 4 && variant.Lines[1].Operation.Pages == 3);

    [Fact]
    public void All_variants_are_canonical_programs_that_race() => Assert.All(Variants(Racing, Stuck), variant =>
        Assert.True(variant.IsCanonical && ReproductionPolicy.Races(variant)));

    [Fact]
    public void A_sequential_program_has_no_variants() =>
        Assert.Empty(Variants(Make.Reads(1, 2), [Answer.Ok(), Answer.Ok()]));

    [Fact]
    public void Lines_that_did_nothing_in_the_failing_run_are_left_out_first()
    {
        var idle = new Program(Make.OneMdev, [new(Unmap), .. Racing.Lines, new(Pin), new(Map)]);
        ImmutableArray<Answer> answers = [Answer.Fails(Errno.EINVAL), .. Stuck, Answer.Busy, Answer.Ok()];
        var left = IdleLines.LeftOut(idle, answers).ToArray();
        Assert.Equal(Racing, left[0]);
        Assert.Contains(idle.Without(5).Canonical(), left);
        Assert.All(left, program => Assert.True(program.Lines.Length < idle.Lines.Length));
    }

    private static ImmutableArray<Program> Variants(Program program, ImmutableArray<Answer> answers) =>
        [.. Amplification.Of(program, answers)];
}
