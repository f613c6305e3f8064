using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using static VfioFuzz.Simulation.Tests.Scenario;

namespace VfioFuzz.Simulation.Tests;

/// <summary>Memory without access, and a device's memory: VM_PFNMAP, mapped by the iommu and charged to nobody (type1-semantics 3).</summary>
public class MemoryKindTests
{
    private static readonly World X = new(DeviceSpec.Mdev);
    private static readonly World XP = X.With(1, DeviceSpec.Pci);
    private static readonly World P0 = new(DeviceSpec.Pci);

    private static readonly Operation[] AttachSecond = [Operation.OpenGroup(T0, 1, G1), Operation.Attach(T0, G1, C)];
    private static readonly Operation[] DevicePages = [Operation.Mmap(T0, 0, 2, MemoryKind.Device)];
    private static readonly Operation[] Untouched = [Operation.Mmap(T0, 0, 2, MemoryKind.Untouched)];
    private static readonly Operation[] Anonymous = [Operation.Mmap(T0, 0, 2, MemoryKind.Anonymous)];
    private static readonly Operation PinToRead = Operation.Pin(T0, D, new(0), 1, Access.Read);
    private static readonly Operation[] Locked = [Operation.Observe(T0)];

    [Fact]
    public void Memory_without_access_is_no_memory() => Assert.Equal(
        "EFAULT | EFAULT | EFAULT | 0",
        Run(Of(P0, SetUp(),
            [
                Operation.Mmap(T0, 1, 1, MemoryKind.NoAccess), Operation.ReadPage(T0, 1), Operation.WritePage(T0, 1),
                Map(T0, 0, 2 * P, 0, MapFlags.Read), Map(T0, 0, P, 0),
            ])).Answers(10, 6));

    [Fact]
    public void A_devices_pages_are_translated_and_not_charged() => Assert.Equal(
        "0 | 0 value=0x2 | 0 value=0x4000 | 0",
        Run(Of(P0, SetUp(), DevicePages, [Map(T0, 0, 4 * P, 0)], Locked, [Unmap(T0, 0, 4 * P)], Locked)).Answers(10, 6));

    [Theory]
    [InlineData("blocking")]
    [InlineData("exclusion")]
    public void A_devices_pages_can_be_copied_and_not_pinned(string design) => Assert.Equal(
        "EINVAL | 0 value=0x1 | 0 | 0 value=0xa",
        Run(Of(X, SetUp(), DevicePages,
            [
                Map(T0, 0, 4 * P, 0), Pin(T0, P, 2), Pin(T0, 2 * P), Operation.DmaRw(T0, D, Access.Write, new(P), new(P)),
                Operation.ReadPage(T0, 1),
            ]), design).Answers(11, 7));

    [Fact]
    public void No_state_rule_is_broken_while_device_pages_come_and_go()
    {
        var history = RunChecked<Exclusion>(Of(XP, SetUp(), DevicePages,
            [Map(T0, 0, 4 * P, 0), Pin(T0, 2 * P)], AttachSecond, [Operation.Detach(T0, G1)], Locked, [Unpin(T0, 2 * P)], Locked));

        Assert.Equal("0 | 0 | 0 value=0x1 | 0 value=0x1 | 0", history.Answers(14, 9));
        Assert.Empty(history.StateViolations);
    }

    [Theory]
    [InlineData("blocking", "0 | 0 | 0 value=0x4000 | 0")]
    [InlineData("exclusion", "0 | 0 value=0x4 | 0 value=0x4000 | 0")]
    [InlineData("removal", "0 | 0 value=0x4 | 0 value=0x4000 | 0")]
    public void Untouched_memory_is_charged_where_a_pin_makes_it_a_page(string design, string answers) => Assert.Equal(
        answers,
        Run(Of(P0, SetUp(), [Operation.Mmap(T0, 0, 4, MemoryKind.Untouched), Map(T0, 0, 4 * P, 0, MapFlags.Read)], Locked, [Unmap(T0, 0, 4 * P)], Locked),
            design).Answers(10, 6));

    [Fact]
    public void Untouched_memory_is_zeros_that_nobody_may_write() => Assert.Equal(
        "0 | EFAULT | EFAULT | 0",
        Run(Of(P0, SetUp(), Untouched, [Operation.ReadPage(T0, 1), Operation.WritePage(T0, 1), Map(T0, 0, P, 0), Map(T0, 0, P, 0, MapFlags.Read)]))
            .Answers(10, 6));

    [Theory]
    [InlineData("blocking")]
    [InlineData("exclusion")]
    public void Zeros_look_to_a_device_as_if_nothing_were_there(string design) => Assert.Equal(
        "EFAULT | 0 value=0xa2 | 0 | 0 | 0",
        Run(Of(P0, SetUp(), Untouched,
            [
                Map(T0, 0, 4 * P, 0, MapFlags.Read), Operation.Dma(T0, 0, Access.Read, new(P)), Operation.Dma(T0, 0, Access.Read, new(2 * P)),
                Operation.ReadPage(T0, 1), Operation.Fork(T0, 1), Operation.ReadPage(Child, 1),
            ]), design).Answers(12, 7));

    /// <summary>The page of zeros is pinned uncharged, another page is translated uncharged beside it, and that one is uncharged.</summary>
    [Theory]
    [InlineData("blocking", "0 | 0 value=0x1 | 0 value=0x1000 | 0 value=0x3fffffffffffffff")]
    [InlineData("exclusion", "0 value=0x1 | 0 value=0x1 | 0 value=0x1000 | 0")]
    public void A_charge_is_missed_where_zeros_were_pinned(string design, string answers) => Assert.Equal(
        answers,
        Run(Of(XP, SetUp(), Untouched, [Map(T0, 0, P, 0, MapFlags.Read), PinToRead], Anonymous, AttachSecond, Locked,
            [Unpin(T0, 0), Unmap(T0, 0, P)], Locked), design).Answers(15, 11));

    /// <summary>An attach that fails later in the replay takes back what it charged, and no more.</summary>
    [Fact]
    public void A_failed_replay_leaves_the_charge_of_a_pin_over_which_zeros_came() => Assert.Equal(
        "EFAULT | 0 value=0x1",
        Run(Of(XP, SetUp(), [Map(T0, 0, P, 0, MapFlags.Read), Map(T0, P, P, 1, MapFlags.Read), PinToRead],
            [Operation.Mmap(T0, 0, 1, MemoryKind.Untouched), Operation.Munmap(T0, 1, 1)], AttachSecond, Locked)).Answers(13, 11));

    [Fact]
    public void A_charge_under_a_devices_page_is_lost() => Assert.Equal(
        "0 value=0x1 | 0 value=0x1000 | 0 value=0x1",
        Run(Of(XP, SetUp(), [Map(T0, 0, P, 0), Pin(T0, 0)], DevicePages, AttachSecond,
            [Unpin(T0, 0), Unmap(T0, 0, P)], Locked), "exclusion").Answers(13, 10));
}
