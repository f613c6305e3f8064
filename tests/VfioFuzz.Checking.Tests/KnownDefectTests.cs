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
    [InlineData("5.15.0", false)]
    [InlineData("6.1.0-56-amd64", true)]
    [InlineData("7.3.4", true)]
    [InlineData("simulated", false)]
    public void An_entry_applies_to_its_kernel_versions_only(string kernel, bool applies) => Assert.Equal(
        applies, KnownDefects.LockInversion.AppliesTo(Platform.Simulated with { Kernel = kernel }));

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
