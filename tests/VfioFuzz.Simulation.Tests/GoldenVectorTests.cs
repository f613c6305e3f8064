using VfioFuzz.Programs;
using static VfioFuzz.Simulation.Tests.Scenario;

namespace VfioFuzz.Simulation.Tests;

/// <summary>The golden vectors of type1-semantics 12 (with corrections) that the simulated dialects can show.</summary>
public class GoldenVectorTests
{
    private const UnmapFlags Vaddr = UnmapFlags.Vaddr;
    private const UnmapFlags All = UnmapFlags.All;

    private static readonly World X = new(DeviceSpec.Mdev);
    private static readonly World XP = X.With(1, DeviceSpec.Pci);
    private static readonly World PX = new World(DeviceSpec.Pci).With(1, DeviceSpec.Mdev);

    private Program? last;

    private static readonly Operation[] AB = [Map(T0, 0, 2 * P, 0), Map(T0, 2 * P, 2 * P, 2)];

    [Theory]
    [InlineData(0, 4, UnmapFlags.None, "0 value=0x4000", "0 value=0x4000")]
    [InlineData(0, 3, UnmapFlags.None, "EINVAL", "0 value=0x4000")]
    [InlineData(0, 1, UnmapFlags.None, "EINVAL", "0 value=0x2000")]
    [InlineData(1, 1, UnmapFlags.None, "EINVAL", "0")]
    [InlineData(1, 3, UnmapFlags.None, "EINVAL", "0")]
    [InlineData(4, 1, UnmapFlags.None, "0", "0")]
    [InlineData(0, 0, UnmapFlags.None, "EINVAL", "EINVAL")]
    [InlineData(0, 0, UnmapFlags.All, "0 value=0x4000", "0 value=0x4000")]
    [InlineData(0, 4, UnmapFlags.All, "EINVAL", "EINVAL")]
    [InlineData(1, 0, UnmapFlags.All, "EINVAL", "EINVAL")]
    [InlineData(0, 4, UnmapFlags.GetDirtyBitmap, "EINVAL", "EINVAL")]
    [InlineData(0, 4, (UnmapFlags)8, "EINVAL", "EINVAL")]
    [InlineData(0, 2, UnmapFlags.Vaddr, "0 value=0x2000", "0 value=0x2000")]
    public void Unmap_of_a_range(ulong from, ulong pages, UnmapFlags flags, string v2, string v1)
    {
        Operation[] unmap = [Unmap(T0, from * P, pages * P, flags)];

        Assert.Equal(v2, Run(Of(X, SetUp(), AB, unmap)).Final(7).ToString());
        Assert.Equal(v1, Run(Of(X, SetUp(type: Extension.Type1), AB, unmap)).Final(7).ToString());
    }

    [Fact]
    public void Unmap_over_a_hole() => Assert.Equal(
        "0 value=0x2000 | 0 value=0x2000", Run(Of(X, SetUp(), AB, [Unmap(T0, 0, 2 * P), Unmap(T0, 0, 4 * P)])).Answers(9, 7));

    [Fact]
    public void Unmap_to_the_end_of_the_address_space_finds_nothing() => Assert.Equal(
        "0 | EINVAL | 0 value=0x4000",
        Run(Of(X, SetUp(), AB, [Unmap(T0, 2 * P, ulong.MaxValue - 2 * P + 1), Unmap(T0, P, ulong.MaxValue - P + 1), Unmap(T0, 0, 0, All)])).Answers(10, 7));

    [Theory]
    [InlineData("blocking", "EEXIST | 0 value=0x1 | 0 | 0 value=0x1000")]
    [InlineData("blocking?last-page=faithful", "0 | EINVAL | 0 | 0")]
    public void The_last_page(string design, string answers)
    {
        const ulong last = ulong.MaxValue - P + 1;
        var history = Run(Of(X, SetUp(),
            [Map(T0, last, P, 0), Map(T0, last, P, 0), Pin(T0, last), Unmap(T0, last, P), Unmap(T0, 0, 0, All)]), design);

        Assert.Equal(answers, history.Answers(10, 6));
    }

    [Fact]
    public void The_vaddr_protocol_with_a_mediated_device()
    {
        var history = Run(Of(X, SetUp(), AB,
        [
            Unmap(T0, 0, 2 * P, Vaddr), Unmap(T0, 0, 0, Vaddr | All), Unmap(T0, 8 * P, P, Vaddr),
            Map(T0, 0, P, 0, MapFlags.Vaddr), Map(T0, 8 * P, P, 0, MapFlags.Vaddr), Map(T0, 2 * P, 2 * P, 2, MapFlags.Vaddr),
            Map(T0, 8 * P, P, 0, MapFlags.Vaddr | MapFlags.Read), Map(T0, 0, P, 4, MapFlags.Read), Map(T0, 0, 2 * P, 4, MapFlags.Vaddr),
            Map(T0, 0, 2 * P, 4, MapFlags.Vaddr), Unmap(T0, 0, 2 * P, Vaddr), Unmap(T0, 0, 2 * P), Pin(T0, 2 * P),
        ]));

        Assert.Equal(
            "0 value=0x2000 | EINVAL | 0 | EINVAL | ENOENT | EINVAL | EINVAL | EEXIST | 0 | EINVAL | 0 value=0x2000 | " +
            "0 value=0x2000 | 0 value=0x1", history.Answers(20, 7));
    }

    [Fact]
    public void A_failing_invalidation_leaves_the_valid_mappings_valid() => Assert.Equal(
        "0 value=0x2000 | EINVAL | 0 value=0x1",
        Run(Of(X, SetUp(), AB, [Unmap(T0, 2 * P, 2 * P, Vaddr), Unmap(T0, 0, 4 * P, Vaddr), Pin(T0, 0)])).Answers(10, 7));

    [Fact]
    public void Exclusion_refuses_both_directions()
    {
        var mediated = Run(Of(X, SetUp(), AB, [Unmap(T0, 0, 2 * P, Vaddr), Operation.CheckExtension(T0, C, 10)]), "exclusion");
        var attached = Run(Of(
            new World(DeviceSpec.Pci, DeviceSpec.Mdev), SetUp()[..4], [Operation.OpenGroup(T0, 1, G1), Map(T0, 0, P, 0)],
            [InvalidateAll(T0), Operation.Attach(T0, G1, C), Operation.CheckExtension(T0, C, 10)]), "exclusion");

        Assert.Equal("EBUSY | 0", mediated.Answers(9, 7));
        Assert.Equal("0 value=0x1000 | EBUSY | 0 value=0x1", attached.Answers(9, 6));
    }

    [Fact]
    public void Removal_does_not_know_the_flag() => Assert.Equal(
        "EINVAL | EINVAL | 0 | 0 value=0x1 | 0 value=0x4000",
        Run(Of(X, SetUp(), AB,
        [
            Unmap(T0, 0, 0, Vaddr | All), Map(T0, 0, 2 * P, 0, MapFlags.Vaddr), Operation.CheckExtension(T0, C, 10),
            Operation.CheckExtension(T0, C, 9), Unmap(T0, 0, 0, All),
        ]), "removal").Answers(12, 7));

    [Theory]
    [InlineData(1UL, "0 value=0x1", "0 value=0x1")]
    [InlineData(4UL, "0", "0 value=0x1")]
    [InlineData(6UL, "0 value=0x1", "0 value=0x1")]
    [InlineData(8UL, "0", "0")]
    [InlineData(9UL, "0 value=0x1", "0 value=0x1")]
    [InlineData(10UL, "0 value=0x1", "0 value=0x1")]
    [InlineData(0UL, "0", "0")]
    public void Extensions_without_and_with_a_driver(ulong extension, string without, string with)
    {
        Operation[] ask = [Operation.CheckExtension(T0, C, extension)];

        Assert.Equal(without, Run(Of(X, [Operation.OpenContainer(T0, C)], ask)).Final(1).ToString());
        Assert.Equal(with, Run(Of(X, SetUp(), ask)).Final(5).ToString());
    }

    [Theory]
    [InlineData(0UL, "ENODEV")]
    [InlineData(4UL, "ENODEV")]
    [InlineData(9UL, "EINVAL")]
    [InlineData(10UL, "EINVAL")]
    [InlineData(6UL, "EINVAL")]
    [InlineData(3UL, "0")]
    public void Iommu_types(ulong type, string answer) => Assert.Equal(
        $"{answer}", Run(Of(new World(DeviceSpec.Pci), SetUp(type: type))).Final(3).ToString());

    [Fact]
    public void Charges_of_a_mediated_device_alone() => AssertLocked(
        Run(Of(X, SetUp(), [Map(T0, 0, 4 * P, 0)], Locked(),
            [Pin(T0, 0), Pin(T0, 0), Pin(T0, 0)], Locked(), [Unpin(T0, 0)], Locked(), [Unpin(T0, 0), Unpin(T0, 0)], Locked())), 0, 1, 1, 0);

    [Fact]
    public void Charges_when_a_domain_comes_and_goes() => AssertLocked(
        Run(Of(XP, SetUp(), [Map(T0, 0, 4 * P, 0), Pin(T0, 0)], Locked(), [Operation.OpenGroup(T0, 1, G1), Operation.Attach(T0, G1, C)],
            Locked(), [Operation.Detach(T0, G1)], Locked(), [Unpin(T0, 0)], Locked())), 1, 4, 1, 0);

    [Fact]
    public void Charges_when_the_pin_goes_first() => AssertLocked(
        Run(Of(XP, SetUp(), [Map(T0, 0, 4 * P, 0), Pin(T0, 0)], Locked(), [Operation.OpenGroup(T0, 1, G1), Operation.Attach(T0, G1, C)],
            Locked(), [Unpin(T0, 0)], Locked(), [Operation.Detach(T0, G1)], Locked())), 1, 4, 4, 0);

    [Fact]
    public void Charges_of_a_mapping_with_a_domain() => AssertLocked(
        Run(Of(PX, SetUp()[..4], Second(), [Map(T0, 0, 4 * P, 0)], Locked(), [Pin(T0, 0, at: D1)], Locked(), [Unmap(T0, 0, 4 * P)], Locked())),
        4, 4, 0);

    [Fact]
    public void Charges_are_for_each_mapping() => AssertLocked(
        Run(Of(PX, SetUp()[..4], [Map(T0, 0, 4 * P, 0), Map(T0, 16 * P, 4 * P, 0)], Locked())), 8);

    [Fact]
    public void Exec_drives_locked_vm_below_zero() => AssertLocked(
        Run(Of(PX, SetUp()[..4], [Map(T0, 0, 4 * P, 0), Operation.Exec(T0)], Locked(), [Unmap(T0, 0, 4 * P)], Locked())),
        0, (1UL << 62) - 4);

    [Fact]
    public void A_charge_that_ends_an_underflow_is_not_refused()
    {
        var history = Run(Of(X, SetUp(), [Operation.SetCapability(T0, false), Map(T0, 0, 2 * P, 0), Pin(T0, 0, 2)],
            [Operation.Exec(T0), Operation.SubmitUnpin(T0, 0, new(0), 1), Operation.SetCapability(T0, false), Pin(T0, 0)], Locked()));

        Assert.Equal("0 value=0x1 | 0 | 0 value=0x1", history.Answers(12, 9));
        AssertLocked(history, 0);
    }

    [Fact]
    public void Exec_and_a_new_vaddr_move_the_charge_where_charges_follow_the_mm() => AssertLocked(
        Run(Of(PX, SetUp()[..4], [Map(T0, 0, 4 * P, 0)], Locked(), [InvalidateAll(T0)], Locked(), [Operation.Exec(T0)], Locked(),
            [Map(T0, 0, 4 * P, 0, MapFlags.Vaddr)], Locked(), [Unmap(T0, 0, 4 * P)], Locked()), "exclusion"),
        4, 4, 0, 4, 0);

    [Theory]
    [InlineData(false, "ENOMEM", 0)]
    [InlineData(true, "0", 4)]
    public void The_limit_binds_without_the_capability(bool capable, string answer, ulong locked)
    {
        var history = Run(Of(PX, SetUp()[..4],
            [Operation.SetLimit(T0, 3), Operation.SetCapability(T0, capable), Map(T0, 0, 4 * P, 0)], Locked()));

        Assert.Equal(answer, history.Final(6).ToString());
        AssertLocked(history, locked);
    }

    [Fact]
    public void A_pin_beyond_the_limit_leaves_nothing_pinned()
    {
        var history = Run(Of(X, SetUp(),
            [Operation.SetLimit(T0, 3), Operation.SetCapability(T0, false), Map(T0, 0, 4 * P, 0), Pin(T0, 0, 4)], Locked()));

        Assert.Equal("0 | ENOMEM", history.Answers(9, 7));
        AssertLocked(history, 0);
    }

    [Fact]
    public void A_mapping_beyond_the_aperture_fails_the_attach_and_unwinds() => AssertLocked(
        Run(Of(XP, SetUp(), [Map(T0, 0, P, 0), Map(T0, 1UL << 39, P, 1), Operation.OpenGroup(T0, 1, G1), Operation.Attach(T0, G1, C)],
            Locked(), [Unmap(T0, 1UL << 39, P), Operation.Attach(T0, G1, C)], Locked()), answers: "EFAULT", at: 8), 0, 1);

    [Fact]
    public void A_mapping_in_the_msi_window_refuses_the_attach() => Assert.Equal(
        Errno.EINVAL, Run(Of(XP, SetUp(), [Map(T0, 0xfee00000, P, 0), Operation.OpenGroup(T0, 1, G1), Operation.Attach(T0, G1, C)])).Final(7).Errno);

    [Fact]
    public void Devices_see_their_pages_and_nothing_else() => Assert.Equal(
        "0 value=0xa0 | 0 | 0 value=0xb | EFAULT | EINVAL | 0 value=0x2000 | EFAULT",
        Run(Of(PX, SetUp(), Second(), [Map(T0, 0, 2 * P, 0)],
        [
            Operation.Dma(T0, 0, Access.Read, new(0)), Operation.Dma(T0, 0, Access.Write, new(0)), Operation.ReadPage(T0, 0),
            Operation.Dma(T0, 0, Access.Read, new(2 * P)), Operation.Dma(T0, 0, Access.Read, new(1UL << 32)),
            Unmap(T0, 0, 2 * P), Operation.Dma(T0, 0, Access.Read, new(0)),
        ])).Answers(16, 9));

    [Fact]
    public void A_device_keeps_the_old_page_while_the_vaddr_is_invalid_and_after() => Assert.Equal(
        "0 value=0xa0 | 0 | 0 value=0xa0",
        Run(Of(PX, SetUp(), [Map(T0, 0, P, 0), InvalidateAll(T0)],
        [
            Operation.Dma(T0, 0, Access.Read, new(0)), Map(T0, 0, P, 1, MapFlags.Vaddr), Operation.Dma(T0, 0, Access.Read, new(0)),
        ])).Answers(10, 7));

    private static Operation[] Locked() => [Operation.Observe(T0)];

    private History Run(Program program, string answers, int at)
    {
        var history = Run(program);
        Assert.Equal(answers, history.Final(at).ToString());
        return history;
    }

    private History Run(Program program, string design = "blocking")
    {
        last = program;
        return Scenario.Run(program, design);
    }

    /// <summary>The values of the observe lines, in order; and nothing broken on the way.</summary>
    private void AssertLocked(History history, params ulong[] pages)
    {
        Assert.Empty(history.StateViolations);
        var observes = Enumerable.Range(0, last!.Lines.Length).Where(i => last.Lines[i].Operation.Kind == OperationKind.Observe);
        Assert.Equal(pages, observes.Select(i => history.Final(i).Value));
    }
}
