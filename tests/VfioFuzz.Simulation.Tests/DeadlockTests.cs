using VfioFuzz.Programs;
using static VfioFuzz.Simulation.Tests.Scenario;

namespace VfioFuzz.Simulation.Tests;

/// <summary>The catalogue of deadlocks.md on the blocking design: each hangs as written there, and who is stuck is reported.</summary>
public class DeadlockTests
{
    private static readonly Operation[] WorkerWaits = [Map(T0, 0, 2 * P, 0), InvalidateAll(T0), SubmitPin(T0, P)];

    [Fact]
    public void DL01_close_waits_for_a_worker_that_waits_for_the_closer()
    {
        var history = Run(Of(MdevWorker, SetUp(), WorkerWaits, [Operation.Close(T0, D)]));

        Assert.Equal("0 | 0 value=0x2000 | blocked | blocked", history.Answers(9, from: 5));
        string[] stuck =
        [
            "p0.t0 in close at close_device: stop worker waits for the worker of d0 held by d0.w0",
            "d0.w0 in submit pin at vfio_iommu_type1_pin_pages: vfio_wait waits for a valid vaddr: iova 0x0",
        ];
        Assert.Equal(stuck, history.Stuck(FreezeMode.KillOne));
        Assert.Equal(stuck, history.Stuck(FreezeMode.KillAll));
        Assert.Equal(stuck, history.Stuck(FreezeMode.Idle));
    }

    [Fact]
    public void DL01_is_recoverable_by_another_thread_that_maps_the_vaddr_again()
    {
        var history = Run(Of(
            MdevWorker, SetUp(), WorkerWaits, [Operation.Close(T0, D), Map(T1, 0, 2 * P, 0, MapFlags.Vaddr)]));

        Assert.Equal("0 value=0x1 | 0 | 0", history.Answers(10, from: 7));
        Assert.Empty(history.Freezes);
    }

    [Fact]
    public void DL02_a_killed_owner_releases_the_device_before_the_container()
    {
        var history = Run(Of(MdevWorker, SetUp(), WorkerWaits, [Operation.Exit(T0)]));

        Assert.Equal("blocked | blocked", history.Answers(9, from: 7));
        Assert.Equal(2, history.Freeze(FreezeMode.KillOne).Stuck.Length);
        Assert.Equal(2, history.Freeze(FreezeMode.Help).Stuck.Length);
        Assert.StartsWith("p0.t0 in exit at close_device", history.Stuck(FreezeMode.KillAll)[0], StringComparison.Ordinal);
    }

    [Fact]
    public void DL02_is_found_by_freezing_alone_when_the_worker_waits()
    {
        var history = Run(Of(MdevWorker, SetUp(), WorkerWaits));

        Assert.Single(history.Freeze(FreezeMode.Idle).Stuck);
        Assert.Empty(history.Freeze(FreezeMode.Help).Stuck);
        Assert.Equal(2, history.Freeze(FreezeMode.KillOne).Stuck.Length);
    }

    [Fact]
    public void DL02_does_not_strike_when_the_container_has_the_higher_fd()
    {
        var program = Of(MdevWorker, SetUp(), [Operation.Dup(T0, C, 9), Operation.Close(T0, C)],
            [Map(T0, 0, 2 * P, 0, at: 9), Unmap(T0, 0, 0, UnmapFlags.All | UnmapFlags.Vaddr, at: 9), SubmitPin(T0, P)]);
        var history = Run(program);

        Assert.Single(history.Freeze(FreezeMode.Idle).Stuck);
        Assert.Empty(history.Freeze(FreezeMode.KillOne).Stuck);
        Assert.Empty(history.Freeze(FreezeMode.KillAll).Stuck);
        Assert.Equal(Answer.Ok(), Run(new Program(program.World, program.Lines.Add(new Line(Operation.Exit(T0))))).Final(10));
    }
}
