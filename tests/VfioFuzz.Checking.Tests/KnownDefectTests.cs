using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Tests;

public sealed class KnownDefectTests
{
    private static readonly TaskId T1 = TaskId.Of(0, 1);

    private static readonly Operation Pin = Operation.Pin(Make.P0, 5, new(0), 1, Access.Read);

    private static readonly Operation Unmap = Operation.Unmap(Make.P0, 3, new(0), new(4096));

    private static readonly Operation OtherUnmap = Operation.Unmap(T1, 3, new(8192), new(4096));

    [Fact]
    public void Two_parallel_unmaps_beside_a_pin_can_invert_locks()
    {
        Assert.True(Reaches(KnownDefects.LockInversion, new(Pin), new(Unmap, 1), new(OtherUnmap, 1)));
        Assert.True(Reaches(KnownDefects.LockInversion, new(Pin), new(Unmap, 1), new(Operation.Close(T1, 6), 1)));
    }

    [Fact]
    public void Lines_in_order_or_without_pins_cannot_invert_locks()
    {
        Assert.False(Reaches(KnownDefects.LockInversion, new(Pin), new(Unmap), new(OtherUnmap)));
        Assert.False(Reaches(KnownDefects.LockInversion, new(Unmap, 1), new(OtherUnmap, 1)));
        Assert.False(Reaches(KnownDefects.LockInversion, new(Pin), new(Unmap, 1), new(OtherUnmap, 2)));
    }

    [Theory]
    [InlineData(0xfffffffffffff000, 0x1000, true)]
    [InlineData(0xffffffffffffe000, 0x2000, true)]
    [InlineData(0xffffffffffffe000, 0x1000, false)]
    [InlineData(0, 0, false)]
    public void Only_a_mapping_that_ends_at_the_top_reaches_the_last_page_defect(ulong iova, ulong size, bool reaches)
    {
        var map = Operation.Map(Make.P0, 3, new(iova), new(size), new(Limits.WindowBase), MapFlags.Read);
        Assert.Equal(reaches, Reaches(KnownDefects.LastPage, new Line(map)));
    }

    [Theory]
    [InlineData(DialectName.Blk2, false)]
    [InlineData(DialectName.S61, true)]
    [InlineData(DialectName.Ovf, true)]
    [InlineData(DialectName.Unspecified, false)]
    public void An_entry_applies_to_its_kernels_only(DialectName dialect, bool applies) => Assert.Equal(
        applies, KnownDefects.LockInversion.AppliesTo(Platform.Simulated with { Dialect = dialect }));

    [Theory]
    [InlineData(DriverCallback.Refuse, 10, 1, false)]
    [InlineData(DriverCallback.Refuse, 11, 1, true)]
    [InlineData(DriverCallback.TooLittle, 0, 10, false)]
    [InlineData(DriverCallback.TooLittle, 0, 12, true)]
    [InlineData(DriverCallback.Unpin, 0, 512, false)]
    public void A_driver_that_unpins_too_late_can_meet_the_bug(DriverCallback callback, byte refusals, ulong pages, bool reaches)
    {
        var world = new World(DeviceSpec.Mdev with { Callback = callback, RefuseCount = refusals });
        var program = Program.Sequential(world, Operation.Pin(Make.P0, 5, new(0), pages, Access.Read));
        Assert.Equal(reaches, KnownDefects.UnpinnedTooLate.CanReach(program));
    }

    [Theory]
    [InlineData(0x1800, 1, 0x2000, true)]
    [InlineData(0x1000, 1, 0x2000, false)]
    [InlineData(0x1800, 1, 0x3000, false)]
    [InlineData(0x1800, 2, 0x3000, true)]
    public void A_pin_that_starts_before_its_mapping_can_meet_the_bug(ulong iova, ulong pages, ulong mapped, bool reaches)
    {
        var program = Program.Sequential(
            Make.OneMdev,
            Operation.Map(Make.P0, 3, new(mapped), new(4096), new(Limits.WindowBase), MapFlags.Read),
            Operation.Pin(Make.P0, 5, new(iova), pages, Access.Read));
        Assert.Equal(reaches, KnownDefects.UnpinnedTooLate.CanReach(program));
    }

    [Fact]
    public void A_finding_that_looks_different_is_not_explained_by_an_entry()
    {
        Program program = new(Make.OneMdev, [new(Pin), new(Unmap, 1), new(OtherUnmap, 1)]);
        Assert.True(KnownDefects.LockInversion.Explains(new FindingKey("stuck", Grade.None, "unmap + unmap"), program));
        Assert.False(KnownDefects.LockInversion.Explains(new FindingKey("kernel-bug", Grade.None, "unmap"), program));
    }

    private static bool Reaches(KnownDefect defect, params ImmutableArray<Line> lines) =>
        defect.CanReach(new Program(Make.OneMdev, lines));
}
