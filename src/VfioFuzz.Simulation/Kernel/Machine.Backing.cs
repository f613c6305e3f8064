using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// What a mapping's pages come from: its owner's memory, or, in designs that keep files, a file that needs no mm (deadlocks 8.4 C and F). And
/// what can happen to that file.
/// </summary>
internal sealed partial class Machine<TDesign>
{
    private void StartMapFile(int task, in Operation op)
    {
        const MapFlags accesses = MapFlags.Read | MapFlags.Write;
        if (!ResolveContainer(task, op.Slot, needsDriver: true))
            return;
        if ((op.MapFlags & ~accesses) != 0 || op.MapFlags == 0)
            Finish(task, Errno.EINVAL);
        else
            Go(task, Label.Map, Lock.IommuMutex(state.Tasks[task].Instance));
    }

    /// <summary>MAP looks whether the whole range is one shared file's, at offsets that go up with the addresses.</summary>
    private MappingFlags FileFlagsOf(int task, ulong vaddr, ulong size)
    {
        if (!TDesign.KeepsFile)
            return MappingFlags.None;
        var looked = Slips(Slip.TakesFileOfFirstPage) ? Limits.PageSize : size;
        return state.Hardware.FileAt(ProcessOf(task), vaddr, looked) switch
        {
            MemoryKind.Shared => MappingFlags.FileBacked | MappingFlags.OfMemfd,
            MemoryKind.File => MappingFlags.FileBacked,
            _ => MappingFlags.None,
        };
    }

    private bool IsFileBacked(in Mapping mapping) =>
        (TDesign.Knows & DesignOperations.MapFile) != 0 && (mapping.Flags & MappingFlags.FileBacked) != 0 &&
        !Slips(Slip.PinsFileThroughVaddr);

    private static MemoryKind FileOf(in Mapping mapping) =>
        (mapping.Flags & MappingFlags.OfMemfd) != 0 ? MemoryKind.Shared : MemoryKind.File;

    /// <summary>Pins for reading break sharing for good (v6.2): v6.3, and what is built on it.</summary>
    private static bool UnsharesZeroPages => AlignsInfo;

    /// <summary>GUP of one page of a mapping: from the file, else from the mm of <paramref name="process"/>.</summary>
    private bool PinBacking(in Mapping mapping, int process, ulong offset, out byte frame) => IsFileBacked(in mapping)
        ? state.Hardware.PinFile(FileOf(in mapping), mapping.Vaddr + offset, Slips(Slip.PinsPastEndOfFile), out frame)
        : state.Hardware.Pin(process, mapping.Vaddr + offset, (mapping.Prot & Access.Write) != 0, UnsharesZeroPages, out frame);

    /// <summary>Whether a new pin needs nobody's mm.</summary>
    private bool NeedsNoMm(in Mapping mapping) => IsFileBacked(in mapping) && !Slips(Slip.NeedsMmForFile);

    /// <summary>
    /// ftruncate: pages past the end leave the file. Who has pinned one keeps the old page, and the file gets another when it grows again.
    /// </summary>
    private void Truncate(int task, ulong pages)
    {
        var end = (int)Math.Min(pages, Limits.WindowPages);
        for (var page = end; page < Limits.WindowPages; page++)
            ReplaceFilePage(page);
        state.Hardware.SetFileSize(end);
        Finish(task, Errno.None);
    }

    private void PunchHole(int task, in Operation op)
    {
        var end = WindowRangeEnd(op.Page, op.Pages);
        if (end <= op.Page)
        {
            Finish(task, Errno.EINVAL);
            return;
        }
        for (var page = op.Page; page < end; page++)
            ReplaceFilePage(page);
        Finish(task, Errno.None);
    }

    private void ReplaceFilePage(int page)
    {
        var (old, left) = state.Hardware.ReplaceFilePage(page);
        if (old == left)
            return;
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
        {
            if (state.Pins[pin].InUse != 0 && state.Pins[pin].Frame == old)
                state.Pins[pin].Frame = left;
        }
    }

    private void StartChangeOwner(int task, in Operation op)
    {
        if (ResolveContainer(task, op.Slot, needsDriver: true))
            Go(task, Label.ChangeOwner, Lock.IommuMutex(state.Tasks[task].Instance));
    }

    private void ChangeOwnerLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        var errno = ChangeOwners(task, t.Instance);
        Release(Lock.IommuMutex(t.Instance));
        Finish(task, errno);
    }

    /// <summary>
    /// The caller's mm is charged for all that is another's, within its own limit, and then everything moves: a failure changes nothing.
    /// CHANGE_PROCESS wants all to be files'.
    /// </summary>
    private Errno ChangeOwners(int task, int instance)
    {
        if (Slips(Slip.ChangesMmForMediatedOnly) && state.Instances[instance].EmulatedGroups == 0)
            return Errno.None;
        var process = ProcessOf(task);
        var (pages, most, deadOwner) = (0, 0, false);
        for (var m = NextMapping(instance, 0, -1); m >= 0; m = NextMapping(instance, state.Mappings[m].Iova, m))
        {
            ref readonly var mapping = ref state.Mappings[m];
            if ((TDesign.Knows & DesignOperations.ChangeProcess) != 0 && (mapping.Flags & MappingFlags.FileBacked) == 0 &&
                !Slips(Slip.ChangesProcessOfPrivateMemory))
                return Errno.EINVAL;
            deadOwner |= !IsOwnerAlive(in mapping);
            if (mapping.Owner == process && !Slips(Slip.ChargesOwnTwiceMeanwhile))
                continue;
            pages += Slips(Slip.ChargesSizeToNewOwner) ? (int)(mapping.Size / Limits.PageSize) : ChargedPages(m);
            if (Slips(Slip.TestsLimitMappingByMapping))
                most = Math.Max(most, ChargedPages(m));
            if (Slips(Slip.MovesSomeBeforeLimit) && !MayCharge(task, pages))
                return Errno.ENOMEM;
            if (Slips(Slip.MovesSomeBeforeLimit))
                MoveTo(task, m);
            if (Slips(Slip.KeepsChargesOfFailedMove) && !MayCharge(task, pages))
                return KeepCharged(task, pages - ChargedPages(m));
            if (Slips(Slip.UnchargesBeforeLimit))
                UnchargeOwner(m);
        }
        var passes = Slips(Slip.MovesPastLimit) || (Slips(Slip.TestsLimitMappingByMapping) && MayCharge(task, most));
        if (ChargeProcess(process, pages, IsCapable(task) || passes) is not Errno.None and var errno)
            return errno;
        MoveAll(task, instance);
        return deadOwner && Slips(Slip.FailsAfterDeadOwner) ? Errno.EINVAL : Errno.None;
    }

    private Errno KeepCharged(int task, int pages)
    {
        ChargeProcess(ProcessOf(task), pages, lockCap: true);
        return Errno.ENOMEM;
    }

    private bool MayCharge(int task, int pages) =>
        IsCapable(task) || !Exceeds(in state.Processes[ProcessOf(task)], pages);

    private void MoveAll(int task, int instance)
    {
        for (var m = NextMapping(instance, 0, -1); m >= 0;)
        {
            var next = NextMapping(instance, state.Mappings[m].Iova, m);
            var moves = state.Mappings[m].Owner != ProcessOf(task) || Slips(Slip.ChargesOwnTwiceMeanwhile);
            if (moves && (next >= 0 || !Slips(Slip.ForgetsLastMapping)))
                MoveTo(task, m);
            else if (Slips(Slip.RenewsCapabilityOfOwn))
                TakeCapability(task, m);
            m = next;
        }
    }
}
