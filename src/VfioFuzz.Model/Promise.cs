namespace VfioFuzz.Model;

/// <summary>A promise that some kernel releases make and others do not; what it says is in its row of <see cref="Promises"/>.</summary>
public enum Promise : byte
{
    KnowsUnmapAll,
    UpdatesVaddr,
    OffersUpdateVaddrBeforeSetIommu,
    KnowsNesting,
    WaitsForVaddr,
    ForgetsThatItWaited,
    ExcludesEmulatedGroups,
    ChangesOwner,
    RecordsAddressSpace,
    UnmapStopsAtForeignMapping,
    UnmapFollowsTheTree,
    NotifiesByChain,
    OpensDriverFirst,
    RegistersFirst,
    AttachLooksAtTheGroupFirst,
    ForeignContainerIsBadFd,
    GetDeviceLooksAtTheContainerFirst,
    DeviceKeepsGroupFile,
    LocksGroups,
    ContainersRefuseMmap,
    ChecksOverflow,
    AlignsInfoCapabilities,
    RefusesPinOfDeviceMemory,
    RefusesPinWithoutCallback,
    ClaimsGroups,
    UnsharesZeroPages,
    ListsWhileUnbinding,
    UnlistsFirst,
    CloseWakesWaiters,
    CloseEndsWaits,
    KeepsFile,
    KnowsMapFile,
    KnowsChangeMm,
    KnowsChangeProcess,
}

/// <summary>The row of a promise: who makes it, what it says, who says so.</summary>
/// <param name="Promise">The promise; its name is the row's.</param>
/// <param name="Keepers">A mark for each release and for removal, in the order of <see cref="Dialect.All"/>: x keeps it, - does not.</param>
/// <param name="Statement">The promise in one sentence, and what holds instead.</param>
/// <param name="Authority">The section of the dossier that says so.</param>
public sealed record PromiseRow(Promise Promise, string Keepers, string Statement, string Authority)
{
    internal bool IsKeptBy(int dialect) => Keepers[2 * dialect] == 'x';
}
