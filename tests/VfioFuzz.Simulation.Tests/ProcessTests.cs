using VfioFuzz.Programs;
using static VfioFuzz.Simulation.Tests.Scenario;

namespace VfioFuzz.Simulation.Tests;

/// <summary>fork, exec, exit, messages, and the harness's own answers.</summary>
public class ProcessTests
{
    private static readonly World Pci = new(DeviceSpec.Pci);

    [Fact]
    public void A_message_keeps_its_file_open_until_it_is_received_and_closed() => Assert.Equal(
        "EBADF | ESRCH | 0 | 0 | 0 | EBUSY | 0 | EAGAIN | 0 | 0",
        Run(Of(Pci, [Operation.OpenGroup(T0, 0, G), Operation.Fork(T0, 1), Operation.Close(Child, G)],
        [
            Operation.SendFd(T0, 9, 1), Operation.SendFd(T0, G, 3), Operation.SendFd(T0, G, 1), Operation.Close(T0, G),
            Operation.Observe(T0), Operation.OpenGroup(T0, 0, G), Operation.ReceiveFd(Child, G), Operation.ReceiveFd(Child, G1),
            Operation.Close(Child, G), Operation.OpenGroup(T0, 0, G),
        ])).Answers(13, 3));

    [Fact]
    public void Exec_closes_what_is_marked_and_renews_the_window() => Assert.Equal(
        "0 | 0 | EBADF | 0 | 0 value=0xa0 | not-run",
        Run(Of(Pci, [Operation.OpenGroup(T0, 0, G, cloexec: true), Operation.OpenContainer(T0, C), Operation.WritePage(T1, 0)],
        [
            Operation.Exec(T0), Operation.CheckExtension(T0, C, 99), Operation.Close(T0, G), Operation.OpenGroup(T0, 0, G),
            Operation.ReadPage(T0, 0), Operation.ReadPage(T1, 0),
        ])).Answers(9, 3));

    [Fact]
    public void A_child_has_its_own_pages_and_the_parents_shared_ones() => Assert.Equal(
        "0 value=0xa0 | 0 value=0x3 | 0 | 0 value=0x6",
        Run(Of(Pci, [Operation.Mmap(T0, 1, 1, MemoryKind.Shared), Operation.Fork(T0, 1), Operation.WritePage(T0, 1)],
        [
            Operation.ReadPage(Child, 0), Operation.ReadPage(Child, 1), Operation.WritePage(Child, 1), Operation.ReadPage(T0, 1),
        ])).Answers(7, 3));

    [Fact]
    public void A_killed_process_gives_its_group_back() => Assert.Equal(
        "EBUSY | 0 | 0 | ESRCH | not-run | not-run",
        Run(Of(Pci, [Operation.Fork(T0, 1), Operation.OpenGroup(Child, 0, G)],
        [
            Operation.OpenGroup(T0, 0, G), Operation.Kill(T0, 1), Operation.OpenGroup(T0, 0, G), Operation.Kill(T0, 1),
            Operation.ReadPage(Child, 0), Operation.Fork(T0, 1),
        ])).Answers(8, 2));

    [Fact]
    public void A_blocked_thread_is_busy_and_dies_in_its_call()
    {
        var history = Run(Of(
            new World(DeviceSpec.Mdev with { By = DriverContext.Caller }), SetUp(),
            [Map(T0, 0, P, 0), InvalidateAll(T0), Operation.Fork(T0, 1), Pin(T0, 0), Operation.ReadPage(T0, 0), Operation.Kill(Child, 0)]));

        Assert.Equal("killed | busy | 0", history.Answers(11, 8));
        Assert.Empty(history.Freezes);
    }

    [Fact]
    public void A_dead_mapper_leaves_the_mapping_and_takes_the_mm() => Assert.Equal(
        "ENODEV | EPERM | 0 value=0x1000",
        Run(Of(MdevWorker, SetUp(),
        [
            Operation.Fork(T0, 1), Map(Child, 0, P, 0), Operation.Exit(Child), Pin(T0, 0),
            Operation.DmaRw(T0, D, Access.Read, new(0), new(P)), Unmap(T0, 0, P),
        ])).Answers(11, 8));

    [Fact]
    public void A_map_that_races_the_last_detach_uses_a_freed_instance()
    {
        var program = new Program(Pci, [
            .. Of(Pci, SetUp()[..4]).Lines,
            new Line(Map(T0, 0, P, 0), 1), new Line(Operation.Detach(T1, G), 1),
        ]);
        var histories = Enumerable.Range(0, 200).Select(seed => Run(program, seed: (ulong)seed)).ToArray();

        Assert.Contains(histories, x => x.StateViolations.Any(v => v.Rule == "kernel-bug"));
        Assert.Contains(histories, x => x.StateViolations.Count == 0);
    }
}
