using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>
/// What a kernel release promises: a column of the table in <see cref="Promises"/>. Data, never code paths by version: a rule asks for
/// the promise it depends on.
/// </summary>
public sealed class Dialect
{
    private readonly ulong kept;

    private Dialect(DialectName name, int column, string kernels, string basis, params ReadOnlySpan<Promise> added)
    {
        Name = name;
        Kernels = kernels;
        Basis = basis;
        foreach (var row in Promises.All)
            kept |= row.IsKeptBy(column) ? 1UL << (int)row.Promise : 0;
        foreach (var promise in added)
            kept |= 1UL << (int)promise;
    }

    private Dialect(Dialect of, ulong marks)
    {
        (Name, Kernels, Basis) = (of.Name, of.Kernels, of.Basis);
        kept = marks;
    }

    public DialectName Name { get; }

    /// <summary>The one promise of its column that a design takes away.</summary>
    private Promise Lacks
    {
        init => kept &= ~(1UL << (int)value);
    }

    /// <summary>The kernels that speak it, for people.</summary>
    public string Kernels { get; }

    /// <summary>What was read, and run, for its promises; where releases of one dialect differ, this is the one that counts.</summary>
    public string Basis { get; }

    /// <summary>Every dialect, oldest first; then what no release made: a column of the table and what is added to it.</summary>
    public static ImmutableArray<Dialect> All { get; } =
    [
        new(DialectName.Pre, 0, "v5.10, v5.11", "Debian 5.10.262, read"),
        new(DialectName.Blk1, 1, "v5.12 to v5.14", "type1 of that era, read"),
        new(DialectName.Blk2, 2, "v5.15 to v5.19", "5.15.85, read"),
        new(DialectName.Blk3, 3, "v6.0 to v6.2", "6.1.192 without its vaddr backports, derived"),
        new(DialectName.S61, 4, "v6.1 stable, late", "Debian 6.1.192, read and run"),
        new(DialectName.Exc, 5, "v6.3 to v6.17", "Debian 6.12.117, read and run"),
        new(DialectName.Ovf, 6, "v6.18 and later", "Debian 7.2.13 and 7.3.4, read"),
        new(DialectName.Removal, 7, "none: proposed on the list, 2022-10-06", "deadlocks 8.3"),
        new(DialectName.Chain, 3, "none: v6.0 with the notifier chain of v5.19", "deadlocks DL-08''", Promise.NotifiesByChain),
        new(DialectName.Waiters, 3, "none: proposed on the list, 2022-10-10", "deadlocks 8.3", Promise.CloseWakesWaiters),
        new(DialectName.Sticky, 3, "none: the waiters list mended", "deadlocks 8.4 A'", Promise.CloseEndsWaits),
        new(DialectName.File, 7, "none: considered on the list, 2022-10-11", "deadlocks 8.4 C", Promise.KeepsFile, Promise.KnowsMapFile),
        new(DialectName.ChangeMm, 7, "none: proposed on the list, 2022-10-06", "deadlocks 8.4 D", Promise.KnowsChangeMm),
        new(DialectName.Iommufd, 7, "iommufd of v6.14 and later, with type1's errnos", "iommufd-compat 10.2",
            Promise.KnowsMapFile, Promise.KnowsChangeProcess),
        new(DialectName.Waiting61, 4, "none: v6.1 stable without its three guards", "Debian 6.1.192 changed by a patch, run",
            Promise.WaitsForVaddr, Promise.OffersUpdateVaddrBeforeSetIommu) { Lacks = Promise.ExcludesEmulatedGroups },
    ];

    /// <summary>The dialects that releases speak.</summary>
    public static ImmutableArray<Dialect> Releases { get; } =
        [.. All.Where(dialect => dialect.Name is > DialectName.Unspecified and < DialectName.Removal)];

    /// <summary>The data behind a name; <see cref="DialectName.Unspecified"/> has none.</summary>
    public static Dialect Of(DialectName name) => All.FirstOrDefault(dialect => dialect.Name == name)
        ?? throw new ArgumentOutOfRangeException(nameof(name), name, "no such dialect");

    public bool Keeps(Promise promise) => (kept >> (int)promise & 1) != 0;

    /// <summary>
    /// This dialect with some promises as another one has them. No release speaks it; it tells what an answer depends on.
    /// </summary>
    public Dialect With(IEnumerable<Promise> promises, Dialect from)
    {
        var marks = kept;
        foreach (var promise in promises)
        {
            var mark = 1UL << (int)promise;
            marks = marks & ~mark | from.kept & mark;
        }
        return new Dialect(this, marks);
    }

    // The rules' own words for the same.
    internal bool RefusesPinWithoutCallback => Keeps(Promise.RefusesPinWithoutCallback);

    internal bool RefusesPinOfDeviceMemory => Keeps(Promise.RefusesPinOfDeviceMemory);

    internal bool KnowsUnmapAll => Keeps(Promise.KnowsUnmapAll);

    internal bool UpdatesVaddr => Keeps(Promise.UpdatesVaddr);

    internal bool OffersUpdateVaddrBeforeSetIommu => Keeps(Promise.OffersUpdateVaddrBeforeSetIommu);

    internal bool KnowsNesting => Keeps(Promise.KnowsNesting);

    public bool WaitsForVaddr => Keeps(Promise.WaitsForVaddr);

    internal bool ForgetsThatItWaited => Keeps(Promise.ForgetsThatItWaited);

    public bool ExcludesEmulatedGroups => Keeps(Promise.ExcludesEmulatedGroups);

    internal bool ChangesOwner => Keeps(Promise.ChangesOwner);

    internal bool RecordsAddressSpace => Keeps(Promise.RecordsAddressSpace);

    internal bool UnmapStopsAtForeignMapping => Keeps(Promise.UnmapStopsAtForeignMapping);

    internal bool UnmapFollowsTheTree => Keeps(Promise.UnmapFollowsTheTree);

    internal bool NotifiesByChain => Keeps(Promise.NotifiesByChain);

    internal bool OpensDriverFirst => Keeps(Promise.OpensDriverFirst);

    internal bool RegistersFirst => Keeps(Promise.RegistersFirst);

    internal bool AttachLooksAtTheGroupFirst => Keeps(Promise.AttachLooksAtTheGroupFirst);

    internal Errno ForeignContainerErrno => Keeps(Promise.ForeignContainerIsBadFd) ? Errno.EBADFD : Errno.EINVAL;

    internal bool GetDeviceLooksAtTheContainerFirst => Keeps(Promise.GetDeviceLooksAtTheContainerFirst);

    internal bool DeviceKeepsGroupFile => Keeps(Promise.DeviceKeepsGroupFile);

    internal bool AlignsInfoCapabilities => Keeps(Promise.AlignsInfoCapabilities);

    internal bool ContainersRefuseMmap => Keeps(Promise.ContainersRefuseMmap);

    internal bool LocksGroups => Keeps(Promise.LocksGroups);

    internal bool ChecksOverflow => Keeps(Promise.ChecksOverflow);

    internal bool ClaimsGroups => Keeps(Promise.ClaimsGroups);

    internal bool UnsharesZeroPages => Keeps(Promise.UnsharesZeroPages);

    internal bool ListsWhileUnbinding => Keeps(Promise.ListsWhileUnbinding);

    internal bool UnlistsFirst => Keeps(Promise.UnlistsFirst);

    internal bool CloseWakesWaiters => Keeps(Promise.CloseWakesWaiters);

    internal bool CloseEndsWaits => Keeps(Promise.CloseEndsWaits);

    internal bool KeepsFile => Keeps(Promise.KeepsFile);

    internal bool KnowsMapFile => Keeps(Promise.KnowsMapFile);

    internal bool KnowsChangeMm => Keeps(Promise.KnowsChangeMm);

    internal bool KnowsChangeProcess => Keeps(Promise.KnowsChangeProcess);

    /// <summary>Whether an operation that only some designs know is one of this dialect's.</summary>
    internal bool Knows(OperationKind kind) => kind switch
    {
        OperationKind.MapFile or OperationKind.Truncate or OperationKind.PunchHole => KnowsMapFile,
        OperationKind.ChangeMm => KnowsChangeMm,
        OperationKind.ChangeProcess => KnowsChangeProcess,
        _ => !KindSet.Reserved.Has(kind),
    };

    public override string ToString() => $"{Name} ({Kernels})";
}
