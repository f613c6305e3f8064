using System.Collections.Immutable;
using System.Runtime.InteropServices;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Simulation.Tests.Exploring;

/// <summary>Declared footprints against what steps really do: a step that is taken alone can change places with every other.</summary>
public sealed class CommutingTests
{
    private const int Walks = 600, OperationsMax = 7;

    private static readonly ImmutableArray<ExplorationSetup> Setups =
    [
        Setup("by=worker"), Setup("by=worker lock=own on-efault=retry:1"), Setup("by=kthread lock=shared callback=refuse:1"),
    ];

    [Fact]
    public void Steps_that_are_taken_alone_change_places_with_all_others_on_every_design()
    {
        var compared = Compared<Blocking>() + Compared<BlockingNotifierChain>() + Compared<BlockingOddHost>() + Compared<Waiters>()
            + Compared<Sticky>() + Compared<ChangeMm>() + Compared<Exclusion>() + Compared<Iommufd>();
        Assert.True(compared > 20_000, $"{compared} pairs of steps");
    }

    private static int Compared<TDesign>()
        where TDesign : struct, IDesign => Setups.Sum(setup =>
    {
        var (kernel, compared) = (new ExploredKernel<TDesign>(setup, new FindingKeys()), 0);
        for (ulong seed = 1; seed <= Walks; seed++)
            compared += Walk(kernel, new Randomness(seed));
        return compared;
    });

    private static int Walk<TDesign>(ExploredKernel<TDesign> kernel, Randomness randomness)
        where TDesign : struct, IDesign
    {
        kernel.Initial(out var state);
        for (int compared = 0, operations = 0; ;)
        {
            var mayOperate = operations < OperationsMax;
            var ways = Ways(kernel, in state, mayOperate);
            if (ways.Count == 0)
                return compared;
            if (kernel.Pass(in state, mayOperate, out var alone) == Onward.OneStep)
                compared += Compare(kernel, ways, in alone, mayOperate);
            var taken = ways[(int)randomness.Below((uint)ways.Count)];
            operations += taken.Choice.IsOperation ? 1 : 0;
            state = taken.State;
        }
    }

    /// <summary>Every other way, before the step and behind it.</summary>
    private static int Compare<TDesign>(
        ExploredKernel<TDesign> kernel, List<(Choice Choice, ExploredState State)> ways, in ExploredState alone, bool operations)
        where TDesign : struct, IDesign
    {
        var text = Text(in alone);
        var step = ways.Find(way => !way.Choice.IsOperation && Text(in way.State) == text).Choice;
        var behind = Ways(kernel, in alone, operations);
        foreach (var (choice, state) in ways.Where(way => way.Choice != step))
        {
            var other = behind.Find(way => way.Choice == choice).State;
            Assert.Equal(state.Broken, other.Broken);
            if (state.Broken == 0)
                Assert.Equal(Text(in other), Text(Ways(kernel, in state, operations).Find(way => way.Choice == step).State));
        }
        return ways.Count - 1;
    }

    private static List<(Choice Choice, ExploredState State)> Ways<TDesign>(ExploredKernel<TDesign> kernel, in ExploredState state, bool operations)
        where TDesign : struct, IDesign
    {
        var (successors, choices) = (new ExploredState[kernel.SuccessorsMax], new Choice[kernel.SuccessorsMax]);
        var count = kernel.Successors(in state, operations, successors, choices);
        return [.. Enumerable.Range(0, Math.Max(0, count)).Select(i => (choices[i], successors[i]))];
    }

    private static string Text(in ExploredState state) =>
        Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<ExploredState>(in state)));

    /// <summary>Two threads of p0 and one of p1, which is born before the walk.</summary>
    private static ExplorationSetup Setup(string driver)
    {
        var world = $"vprog 1\nworld d0 mdev driver({driver}) d1 mdev driver({driver}) d2 pci\n";
        return new ExplorationSetup(ProgramText.Parse(world + Prologue, "prologue").Program.World, Lines(world + Prologue), Lines(world + Menu));
    }

    private const string Prologue = """
        p0.t0: open container at=1 ; open group d0 at=2 ; attach 2 1 ; set-iommu 1 type1v2 ; get-device 2 d0 at=3 ; open group d1 at=4
        p0.t0: attach 4 1 ; get-device 4 d1 at=5 ; map 1 iova=0x0 size=0x1000 vaddr=page0 rw ; open group d2 at=6 ; fork p1
        """;

    private const string Menu = """
        p0.t0: unmap 1 iova=0x0 size=0x0 all ; unmap 1 iova=0x0 size=0x0 all vaddr ; close 3 ; close 1 ; close 2 ; close 6 ; attach 6 1
        p0.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 vaddr ; submit d0.w0 pin iova=0x0 pages=1 rw ; submit d1.w0 dma-rw read iova=0x0 size=0x1000
        p0.t1: submit d0.w0 pin iova=0x0 pages=1 rw ; close 3 ; close 5 ; get-device 2 d0 at=7 ; unmap 1 iova=0x0 size=0x0 all ; detach 6
        p0.t1: pin 5 iova=0x0 pages=1 rw ; join d0.w0 ; check-extension 1 10 ; group-status 6 ; exec
        p1.t0: kill p0 ; close 3 ; close 1 ; unmap 1 iova=0x0 size=0x0 all ; attach 6 1 ; detach 6 ; close 6 ; submit d0.w0 unpin iova=0x0 pages=1 ; exec
        """;

    private static ImmutableArray<Operation> Lines(string text) =>
        [.. ProgramText.Parse(text, "test").Program.Lines.Select(line => line.Operation)];
}
