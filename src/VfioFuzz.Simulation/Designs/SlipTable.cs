using System.Collections.Immutable;

namespace VfioFuzz.Simulation.Designs;

/// <summary>The design on which each slip makes a mutant: the first in the table's order that has the step it gets wrong.</summary>
internal static class SlipTable
{
    private static readonly ImmutableArray<(string Design, ImmutableArray<Slip> Slips)> Rows =
    [
        (Blocking.Name, [
            Slip.ForgetsWakeOnUnmap, Slip.ForgetsWakeOnMap, Slip.ForgetsWakeOnContainerClose, Slip.PinsInvalidVaddr,
            Slip.CopiesThroughInvalidVaddr, Slip.ReplaysInvalidVaddr, Slip.ForgetsThatItWaited, Slip.SleepsWithMutex, Slip.SleepsUnkillable,
            Slip.SpinsAfterKill, Slip.ForgetsInvalidCountOnUnmap, Slip.LeavesMarksOfFailedInvalidate, Slip.LeavesCountOfFailedInvalidate,
            Slip.SetsVaddrOfOverlapping, Slip.SetsVaddrOfValid, Slip.KeepsOldVaddr, Slip.StopsAtForeignMapping, Slip.CloseLeavesWorker,
            Slip.WakesOnMapOfLastInvalid, Slip.WakesOnUnmapOfLastInvalid, Slip.WakesFirstWaiterOnly, Slip.TestsVaddrOfFirstPageOnly,
            Slip.TestsVaddrOfFirstChunkOnly, Slip.ReplaysAfterFirstWakeUp,
        ]),
        (Waiters.Name, [Slip.FlagsFirstWaiterOnly, Slip.FlagsWaitersOfAllDevices, Slip.FlagsAtLastCloseOnly]),
        (Sticky.Name, [Slip.FlagsAfterWorkerEnded, Slip.TestsFlagAfterSleepOnly, Slip.SetsFlagWithoutWaking, Slip.TestsContainerAfterSleepOnly]),
        (FileBacked.Name, [
            Slip.PinsFileThroughVaddr, Slip.NeedsMmForFile, Slip.TakesFileOfFirstPage, Slip.PinsPastEndOfFile,
        ]),
        (ChangeMm.Name, [
            Slip.ChargesSizeToNewOwner, Slip.ChargesOwnTwiceMeanwhile, Slip.LeavesChargeOfOldOwner, Slip.MovesSomeBeforeLimit,
            Slip.ForgetsLastMapping, Slip.ChangesMmForMediatedOnly, Slip.MovesPastLimit, Slip.KeepsCapabilityOfOldOwner,
            Slip.KeepsChargesOfFailedMove, Slip.UnchargesBeforeLimit, Slip.MovesPinnedPagesTwice,
            Slip.TestsLimitMappingByMapping, Slip.RenewsCapabilityOfOwn,
        ]),
        (Exclusion.Name, [
            Slip.InvalidatesBesideMediated, Slip.AttachesWhileInvalid, Slip.OffersUpdateVaddrAlways, Slip.ChargesFollowExec,
            Slip.ForgetsToChargeNewOwner, Slip.LeaksPinOnFailedMap, Slip.LosesEntryOfFailedMap, Slip.MapsOverTail, Slip.MapsOverMsiWindow,
            Slip.TranslatesReadOnlyForWrite, Slip.LosesLastPage, Slip.UnmapsBisected, Slip.UnmapsAllOf32Bits, Slip.ReportsLastSizeOnly,
            Slip.LosesEntryOnUnmap, Slip.UnpinsBeforeInvalidate, Slip.LeaksLastPageOnUnmap, Slip.NotifiesNewestDeviceOnly,
            Slip.RemovesAfterNotifying, Slip.BugsTwoNotificationsEarly, Slip.CallbackUnpinsFirstPageOnly, Slip.ForgetsRecordOfPin,
            Slip.LeaksPinOverLimit, Slip.KeepsPagesOfFailedPin, Slip.PinsWithoutPermission, Slip.ForgetsSecondReference,
            Slip.UnpinsReferencedPage, Slip.CloseLeavesPins, Slip.ChargesPinnedPageTwice, Slip.PinsWithoutCharge,
            Slip.ForgetsUnchargeOnUnpin, Slip.ForgetsUnchargeOnUnmap, Slip.IgnoresLimit, Slip.IgnoresCapability, Slip.ChargesCaller,
            Slip.LeavesMappingsOfFailedReplay, Slip.ReplaysIntoMsiWindow, Slip.DetachLeavesTranslations, Slip.DetachRemovesMappings,
            Slip.DetachUnchargesPins, Slip.ForgetsContainerUser, Slip.LeaksGroupFile,
            Slip.CloseUnpinsForAllDevices, Slip.LeaksPinOfDeviceMemory, Slip.CopiesFirstChunkOnly, Slip.ChargesDeviceMemory,
            Slip.TestsAccessOfFirstChunkOnly, Slip.TestsAccessOfFirstPageOnly, Slip.RemapsPastLimit, Slip.TestsCapabilityOfAttacher,
            Slip.UnwindUnchargesPins, Slip.LeavesHalfReplayedMapping, Slip.KeepsIovaListOfLastDomain, Slip.RemapsByCapabilityOfMapper,
        ]),
        (Iommufd.Name, [Slip.FailsAfterDeadOwner, Slip.ChangesProcessOfPrivateMemory, Slip.IgnoresFileOffset]),
    ];

    /// <summary>Every mutant with its design, in the table's order.</summary>
    public static ImmutableArray<(string Design, Slip Slip)> All { get; } =
        [.. Rows.SelectMany(row => row.Slips.Select(slip => (row.Design, slip)))];
}
