using VfioFuzz.Programs;
using static VfioFuzz.Simulation.Tests.Scenario;

namespace VfioFuzz.Simulation.Tests;

/// <summary>The rest of the catalogue of deadlocks.md that a world of this harness can show.</summary>
public class CatalogueTests
{
    private static readonly World OwnLock = new(DeviceSpec.Mdev with { Lock = DriverLock.Own });
    private static readonly World Caller = new(DeviceSpec.Mdev with { By = DriverContext.Caller });

    private static World Retrying(byte times) =>
        new(DeviceSpec.Mdev with { OnFault = DriverOnFault.Retry, RetryCount = times });

    [Fact]
    public void DL03_a_child_that_holds_the_container_can_help()
    {
        var history = Run(Of(
            MdevWorker, SetUp(), [Operation.Fork(T0, 1), Map(T0, 0, P, 0), InvalidateAll(T0), SubmitPin(T0, 0), Operation.Close(T0, D)],
            [Operation.Close(Child, D), Map(Child, 0, P, 0, MapFlags.Vaddr)]));

        // The device stays open in the child until it closes its fd too; its own thread is then stuck, and p0 has returned.
        Assert.Equal("0 | 0 | 0 value=0x1000 | blocked | 0 | blocked | busy", history.Answers(12, from: 5));
        Assert.Empty(history.Freeze(FreezeMode.Help).Stuck);
        Assert.Equal(2, history.Freeze(FreezeMode.KillOne, 1).Stuck.Length);
        Assert.Empty(history.Freeze(FreezeMode.KillOne, 0).Stuck);
    }

    [Fact]
    public void DL04_a_pin_after_the_containers_close_waits_for_ever()
    {
        var history = Run(Of(
            MdevWorker, SetUp(), [Map(T0, 0, P, 0), InvalidateAll(T0), Operation.Close(T0, C), SubmitPin(T0, 0), Operation.Close(T0, D)]));

        Assert.Equal("0 | 0 value=0x1000 | 0 | blocked | blocked", history.Answers(10, from: 5));
        Assert.Equal(2, history.Freeze(FreezeMode.Help).Stuck.Length);
        Assert.Equal(2, history.Freeze(FreezeMode.KillAll).Stuck.Length);
    }

    [Fact]
    public void DL05_a_retry_after_the_wake_up_sleeps_with_nobody_left_to_wake_it()
    {
        Operation[] lines = [Map(T0, 0, P, 0), InvalidateAll(T0), SubmitPin(T0, 0), Operation.Close(T0, C), Operation.Close(T0, D)];

        var stopping = Run(Of(MdevWorker, SetUp(), lines));
        var retrying = Run(Of(Retrying(1), SetUp(), lines));

        Assert.Equal("EFAULT | 0 | 0", stopping.Answers(10, from: 7));
        Assert.Equal("blocked | 0 | blocked", retrying.Answers(10, from: 7));
        Assert.Equal(2, retrying.Freeze(FreezeMode.KillAll).Stuck.Length);
    }

    [Fact]
    public void DL06_a_caller_that_waits_for_itself_is_killable()
    {
        var history = Run(Of(Caller, SetUp(), [Map(T0, 0, P, 0), InvalidateAll(T0), Pin(T0, 0)]));

        Assert.Equal("blocked", history.Answers(8, from: 7));
        Assert.Single(history.Freeze(FreezeMode.Idle).Stuck);
        Assert.Empty(history.Freeze(FreezeMode.Help).Stuck);
        Assert.Empty(history.Freeze(FreezeMode.KillOne).Stuck);
    }

    [Fact]
    public void DL07_a_lock_held_by_a_waiter_stops_everybody_who_enters_the_driver()
    {
        var history = Run(Of(OwnLock, SetUp(), [Map(T0, 0, P, 0), InvalidateAll(T0), SubmitPin(T0, 0), Pin(T1, 0)]));

        Assert.Equal("blocked | blocked", history.Answers(9, from: 7));
        Assert.Contains(
            "p0.t1 in pin at driver pin waits for driver lock of d0 held by d0.w0", history.Stuck(FreezeMode.Idle));
        Assert.Empty(history.Freeze(FreezeMode.Help).Stuck);
    }

    [Fact]
    public void DL08_an_unmap_of_a_valid_mapping_waits_behind_the_waiter()
    {
        var history = Run(Of(
            OwnLock, SetUp(), [Map(T0, 0, P, 0), Map(T0, P, P, 1), Pin(T0, 0), Unmap(T0, P, P, UnmapFlags.Vaddr), SubmitPin(T0, P)],
            [Unmap(T0, 0, P), Map(T1, P, P, 1, MapFlags.Vaddr)]));

        Assert.Equal("0 value=0x1 | 0 value=0x1000 | 0 value=0x1 | 0 value=0x1000 | 0", history.Answers(12, from: 7));
        var stuck = Run(Of(
            OwnLock, SetUp(), [Map(T0, 0, P, 0), Map(T0, P, P, 1), Pin(T0, 0), Unmap(T0, P, P, UnmapFlags.Vaddr), SubmitPin(T0, P)],
            [Unmap(T0, 0, P)]));
        Assert.Contains(
            "p0.t0 in unmap at dma_unmap callback waits for driver lock of d0 held by d0.w0", stuck.Stuck(FreezeMode.Idle));
        Assert.NotEmpty(stuck.Freeze(FreezeMode.KillOne).Stuck);
    }

    [Fact]
    public void DL08_with_a_device_open_takes_the_way_back_too()
    {
        var world = OwnLock.With(1, DeviceSpec.Mdev);
        var history = Run(Of(
            world, SetUp(), Second()[..2],
            [Map(T0, 0, P, 0), Map(T0, P, P, 1), Pin(T0, 0), Unmap(T0, P, P, UnmapFlags.Vaddr), SubmitPin(T0, P), Unmap(T0, 0, P)],
            [Operation.Fork(T1, 1), Operation.GetDevice(T1, G1, 1, D1), Map(Child, P, P, 1, MapFlags.Vaddr)]));

        Assert.Equal("blocked | blocked | 0 | blocked | blocked", history.Answers(16, from: 11));
        // The helper itself, the child's other thread, ends up behind the iommu mutex too.
        Assert.Equal(5, history.Freeze(FreezeMode.Help).Stuck.Length);
    }

    [Fact]
    public void DL09_an_attach_waits_with_the_containers_locks_held()
    {
        var world = MdevWorker.With(1, DeviceSpec.Pci);
        var history = Run(Of(
            world, SetUp(), [Operation.Fork(T0, 1), Operation.OpenGroup(T0, 1, G1), Map(T0, 0, P, 0), InvalidateAll(T0), Operation.Attach(T0, G1, C)],
            [Operation.CheckExtension(T1, C, Extension.Type1)]));

        Assert.Equal("blocked | blocked", history.Answers(11, from: 9));
        Assert.Empty(history.Freeze(FreezeMode.KillOne).Stuck);
        Assert.Empty(history.Freeze(FreezeMode.Help).Stuck);
        Assert.Contains(
            "p0.t1 in check-extension at vfio_container_ioctl_check_extension waits for group_lock of container 0 held by p0.t0",
            history.Stuck(FreezeMode.Idle));
    }

    [Fact]
    public void DL10_exec_waits_for_a_sibling_that_cannot_die()
    {
        var history = Run(Of(
            OwnLock, SetUp(), [Map(T0, 0, P, 0), InvalidateAll(T0), SubmitPin(T0, 0), Pin(T1, 0), Operation.Exec(T0)]));

        Assert.Equal("blocked | blocked | blocked", history.Answers(10, from: 7));
        Assert.Contains("p0.t0 in exec at de_thread waits for the end of p0.t1 held by p0.t1", history.Stuck(FreezeMode.Idle));
    }

    [Fact]
    public void DL14_a_shared_driver_lock_makes_one_tenant_wait_for_another()
    {
        var shared = DeviceSpec.Mdev with { Lock = DriverLock.Shared };
        var history = Run(Of(
            new World(shared, shared), [Operation.Fork(T0, 1)], SetUp(), [Map(T0, 0, P, 0), InvalidateAll(T0), SubmitPin(T0, 0)],
            [
                Operation.OpenContainer(Child, C), Operation.OpenGroup(Child, 1, G), Operation.Attach(Child, G, C),
                Operation.SetIommu(Child, C, Extension.Type1V2), Operation.GetDevice(Child, G, 1, D), Operation.Close(Child, D),
            ]));

        Assert.Equal(Answer.Blocked, history.Final(14));
        Assert.Equal(2, history.Freeze(FreezeMode.KillOne, 1).Stuck.Length);
    }

    [Fact]
    public void DL16_a_stopped_kthread_that_pins_again_sleeps_on()
    {
        Operation[] lines = [Map(T0, 0, P, 0), InvalidateAll(T0), SubmitPin(T0, 0), Operation.Close(T0, D)];
        var stopping = new World(DeviceSpec.Mdev with { By = DriverContext.Kthread });
        var retrying = new World(Retrying(1).D0 with { By = DriverContext.Kthread });

        Assert.Equal("EFAULT | 0", Run(Of(stopping, SetUp(), lines)).Answers(9, from: 7));
        var history = Run(Of(retrying, SetUp(), lines));
        Assert.Equal("blocked | blocked", history.Answers(9, from: 7));
        Assert.Empty(history.Freeze(FreezeMode.Help).Stuck);
    }

    [Fact]
    public void DL19_a_woken_user_thread_dies_with_the_mutex_held()
    {
        var program = Of(
            Caller, SetUp(), [Map(T0, 0, P, 0), InvalidateAll(T0), Pin(T0, 0), Map(T1, 0, P, 0, MapFlags.Vaddr), Unmap(T1, 0, P)]);

        Assert.Equal("0 value=0x1 | 0 | 0 value=0x1000", Run(program).Answers(10, from: 7));
        var faithful = Run(program, "blocking?should-stop=faithful");
        Assert.Equal("killed | 0 | blocked", faithful.Answers(10, from: 7));
        Assert.Equal("kernel-bug", Assert.Single(faithful.StateViolations).Rule);
    }

    [Theory]
    [InlineData(10, "0 value=0x1000", 0)]
    [InlineData(11, "killed", 1)]
    public void A_driver_that_refuses_too_often_is_a_kernel_bug(byte times, string answer, int violations)
    {
        var world = new World(DeviceSpec.Mdev with { Callback = DriverCallback.Refuse, RefuseCount = times });
        var history = Run(Of(world, SetUp(), [Map(T0, 0, P, 0), Pin(T0, 0), Unmap(T0, 0, P)]));

        Assert.Equal(answer, history.Final(7).ToString());
        Assert.Equal(violations, history.StateViolations.Count);
    }

    [Fact]
    public void DL23_two_unmaps_of_pinned_mappings_can_deadlock()
    {
        var program = new Program(MdevWorker, [
            .. Of(MdevWorker, SetUp(), [Map(T0, 0, P, 0), Map(T0, P, P, 1), Pin(T0, 0, 2)]).Lines,
            new Line(Unmap(T0, 0, P), 1), new Line(Unmap(T1, P, P), 1),
        ]);
        var histories = Enumerable.Range(0, 200).Select(seed => Run(program, seed: (ulong)seed)).ToArray();
        var deadlocked = histories.First(x => x.Freezes.Count > 0);

        Assert.Equal("blocked | blocked", deadlocked.Answers(10, from: 8));
        Assert.Equal(2, deadlocked.Freeze(FreezeMode.KillAll).Stuck.Length);
        Assert.Contains(histories, x => x.Answers(10, from: 8) == "0 value=0x1000 | 0 value=0x1000");
    }

    [Fact]
    public void DL23_an_unmap_can_deadlock_with_the_open_of_a_second_device()
    {
        var world = MdevWorker.With(1, DeviceSpec.Mdev);
        var program = new Program(world, [
            .. Of(world, SetUp(), Second()[..2], [Map(T0, 0, P, 0), Pin(T0, 0)]).Lines,
            new Line(Unmap(T0, 0, P), 1), new Line(Operation.GetDevice(T1, G1, 1, D1), 1),
        ]);
        var seeds = Enumerable.Range(0, 200).Where(seed => Run(program, seed: (ulong)seed).Freezes.Count > 0).ToArray();

        Assert.NotEmpty(seeds);
        Assert.True(seeds.Length < 200);
    }
}
