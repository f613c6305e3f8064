using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>
/// The table of promises, entered a second time: as the releases that the dossier names for each, where <see cref="Promises"/> has marks in
/// columns. Which answers hang on a promise is said by <see cref="DialectTests"/>.
/// </summary>
public sealed class PromiseTableTests
{
    private const string All = "Pre Blk1 Blk2 Blk3 S61 Exc Ovf Removal";

    [Theory]
    [InlineData(Promise.KnowsUnmapAll, "Blk1 Blk2 Blk3 S61 Exc Ovf Removal")] // 1.2, 1.6 row 8: v5.12 and later
    [InlineData(Promise.UpdatesVaddr, "Blk1 Blk2 Blk3 S61 Exc Ovf")] // v5.12 and later; what the removal takes out
    [InlineData(Promise.OffersUpdateVaddrBeforeSetIommu, "Blk1 Blk2 Blk3")] // 1.2
    [InlineData(Promise.KnowsNesting, "Pre Blk1 Blk2 Blk3 S61 Exc Removal")] // 1.2: gone before 7.2
    [InlineData(Promise.WaitsForVaddr, "Blk1 Blk2 Blk3")] // 0.1
    [InlineData(Promise.ForgetsThatItWaited, "Blk1")] // 0.1: mended in v5.15
    [InlineData(Promise.ExcludesEmulatedGroups, "S61 Exc Ovf Removal")] // 0.1: v6.3 and its backport
    [InlineData(Promise.ChangesOwner, "S61 Exc Ovf Removal")] // 6.3: v6.3 and its backport
    [InlineData(Promise.RecordsAddressSpace, "Pre S61 Exc Ovf Removal")] // 6.3: v6.3, 6.1.y, and 5.10.y
    [InlineData(Promise.UnmapStopsAtForeignMapping, "Pre Blk1 Blk2")] // 0.1: removed in v6.0
    [InlineData(Promise.UnmapFollowsTheTree, "Pre")] // 0.1
    [InlineData(Promise.NotifiesByChain, "Pre Blk1 Blk2")] // 0.1: a device list from v6.0 on
    [InlineData(Promise.OpensDriverFirst, "Blk3 S61")] // 5.6
    [InlineData(Promise.RegistersFirst, "Pre Blk1 Blk2 Ovf")] // 5.6: drivers did it themselves, then the core
    [InlineData(Promise.AttachLooksAtTheGroupFirst, "Pre Blk1 Blk2")] // 7.1
    [InlineData(Promise.ForeignContainerIsBadFd, "Exc Ovf Removal")] // corrections C6
    [InlineData(Promise.GetDeviceLooksAtTheContainerFirst, "Pre Blk1 Blk2")] // 7.1
    [InlineData(Promise.DeviceKeepsGroupFile, "Blk3 S61 Exc Ovf Removal")] // 7.2
    [InlineData(Promise.LocksGroups, "Blk3 S61 Exc Ovf Removal")] // 7.2
    [InlineData(Promise.ContainersRefuseMmap, "Pre Blk1 Blk2")] // 1: handlers of its own up to v5.15
    [InlineData(Promise.ChecksOverflow, "Ovf")] // 0.1
    [InlineData(Promise.AlignsInfoCapabilities, "Exc Ovf Removal")] // 1.4: v6.6
    [InlineData(Promise.ClaimsGroups, "Blk3 S61 Exc Ovf Removal")] // corrections C19: v5.19, while BLK2 is read at v5.15
    [InlineData(Promise.UnsharesZeroPages, "Exc Ovf Removal")] // corrections C9: v6.2, while BLK3 is read at v6.0
    [InlineData(Promise.ListsWhileUnbinding, "Blk3 S61")] // 7.2, as read in 6.1.192
    [InlineData(Promise.UnlistsFirst, "Ovf")] // v6.6, while EXC begins at v6.2
    [InlineData(Promise.CloseWakesWaiters, "")] // what no release has, down to the last row
    [InlineData(Promise.CloseEndsWaits, "")]
    [InlineData(Promise.KeepsFile, "")]
    [InlineData(Promise.KnowsMapFile, "")]
    [InlineData(Promise.KnowsChangeMm, "")]
    [InlineData(Promise.KnowsChangeProcess, "")]
    public void A_promise_is_kept_by_the_releases_that_the_dossier_names(Promise promise, string keepers) =>
        Assert.Equal(keepers, string.Join(' ', Columns.Where(dialect => dialect.Keeps(promise)).Select(dialect => dialect.Name)));

    // deadlocks 8.3 and 8.4: each design is a release, or the removal, and what it says of itself.
    [Theory]
    [InlineData(DialectName.Chain, DialectName.Blk3, "+NotifiesByChain")]
    [InlineData(DialectName.Waiters, DialectName.Blk3, "+CloseWakesWaiters")]
    [InlineData(DialectName.Sticky, DialectName.Blk3, "+CloseEndsWaits")]
    [InlineData(DialectName.File, DialectName.Removal, "+KeepsFile +KnowsMapFile")]
    [InlineData(DialectName.ChangeMm, DialectName.Removal, "+KnowsChangeMm")]
    [InlineData(DialectName.Iommufd, DialectName.Removal, "+KnowsMapFile +KnowsChangeProcess")]
    [InlineData(DialectName.Waiting61, DialectName.S61, "+OffersUpdateVaddrBeforeSetIommu +WaitsForVaddr -ExcludesEmulatedGroups")]
    public void A_design_differs_from_what_it_is_drawn_from(DialectName design, DialectName from, string differences) => Assert.Equal(
        differences,
        string.Join(' ', Enum.GetValues<Promise>().Where(promise => Dialect.Of(design).Keeps(promise) != Dialect.Of(from).Keeps(promise))
            .OrderByDescending(promise => Dialect.Of(design).Keeps(promise))
            .Select(promise => (Dialect.Of(design).Keeps(promise) ? "+" : "-") + promise)));

    [Fact]
    public void A_dialect_takes_over_the_promises_it_is_told_and_no_other()
    {
        foreach (var dialect in Dialect.All)
            foreach (var other in Dialect.All)
                foreach (var taken in Enum.GetValues<Promise>())
                {
                    var mixed = dialect.With([taken], other);
                    Assert.All(Enum.GetValues<Promise>(), promise => Assert.Equal((promise == taken ? other : dialect).Keeps(promise), mixed.Keeps(promise)));
                }
    }

    [Fact]
    public void The_columns_are_the_releases_and_the_removal() =>
        Assert.Equal(All, string.Join(' ', Columns.Select(dialect => dialect.Name)));

    [Fact]
    public void Every_row_lies_where_its_promise_points() =>
        Assert.All(Enum.GetValues<Promise>(), promise => Assert.Equal(promise, Promises.Of(promise).Promise));

    private static IEnumerable<Dialect> Columns => Dialect.All.Where(dialect => dialect.Name <= DialectName.Removal);
}
