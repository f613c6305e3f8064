using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Hardware;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>MAP_DMA, in the kernel's order of checks (type1-semantics 1.5, 4.4).</summary>
internal sealed partial class Machine<TDesign>
{
    private void StartMap(int task, in Operation op)
    {
        if (!ResolveContainer(task, op.Slot, needsDriver: true))
            return;
        const uint minSize = 32;
        if (CopyIn(op.Argument, minSize) is not Errno.None and var errno)
            Finish(task, errno);
        else if (!AreMapFlagsValid(op.MapFlags))
            Finish(task, Errno.EINVAL);
        else
            Go(task, Label.Map, Lock.IommuMutex(state.Tasks[task].Instance));
    }

    /// <summary>Rows 2 and 6: known bits only, and either VADDR or some access.</summary>
    private static bool AreMapFlagsValid(MapFlags flags)
    {
        const MapFlags accesses = MapFlags.Read | MapFlags.Write;
        var known = TDesign.UpdatesVaddr ? accesses | MapFlags.Vaddr : accesses;
        return (flags & ~known) == 0 && (flags & accesses) != 0 != ((flags & MapFlags.Vaddr) != 0);
    }

    private void MapLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var op = ref operations[t.Line];
        var errno = MapRange(task, t.Instance, in op);
        Release(Lock.IommuMutex(t.Instance));
        Finish(task, errno);
    }

    private Errno MapRange(int task, int instance, in Operation op)
    {
        var (iova, size, vaddr) = (op.X, op.Y, op.Z);
        // A file offset is kept as the address that it has in a window that starts at the file's.
        var ofFile = op.Kind == OperationKind.MapFile;
        if (ofFile)
            vaddr = Slips(Slip.IgnoresFileOffset) ? Limits.WindowBase : Limits.WindowBase + op.Z;
        if (size == 0 || ((iova | size | vaddr) & (Limits.PageSize - 1)) != 0)
            return Errno.EINVAL;
        if (iova + size - 1 < iova || op.Z + size - 1 < op.Z)
            return Errno.EINVAL;
        var overlapping = FindMapping(instance, iova, Slips(Slip.MapsOverTail) ? Limits.PageSize : size);
        if ((op.MapFlags & MapFlags.Vaddr) != 0)
            return SetVaddr(task, instance, overlapping, in op);
        if (overlapping >= 0)
            return Errno.EEXIST;
        ref var i = ref state.Instances[instance];
        if (i.Available == 0)
            return Errno.ENOSPC;
        if (i.ValidIovas == ValidIovas.Aperture && !IsInAperture(iova, iova + size - 1) && !Slips(Slip.MapsOverMsiWindow))
            return Errno.EINVAL;
        var m = FreeMapping();
        if (m < 0)
        {
            OutOf("mappings");
            return Errno.ENOMEM;
        }
        i.Available--;
        state.Mappings[m] = new Mapping
        {
            Iova = iova,
            Size = size,
            Vaddr = vaddr,
            InUse = (byte)(instance + 1),
            Owner = (byte)ProcessOf(task),
            Prot = (Access)op.MapFlags,
            Flags = (IsCapable(task) ? MappingFlags.LockCap : MappingFlags.None) |
                (ofFile ? MappingFlags.FileBacked : FileFlagsOf(task, vaddr, size)),
        };
        return i.DomainGroups == 0 ? Errno.None : PinAndMap(task, instance, m);
    }

    /// <summary>vfio_pin_map_dma: a failure half-way removes the mapping as far as it grew; nothing of it stays.</summary>
    private Errno PinAndMap(int task, int instance, int m)
    {
        var errno = MapPages(ProcessOf(task), instance, m);
        if (errno == Errno.None)
        {
            state.Mappings[m].Flags |= MappingFlags.IommuMapped;
            return Errno.None;
        }
        if (Slips(Slip.LeaksPinOnFailedMap))
            InvalidateOnly(m);
        RemoveMapping(instance, m);
        if (Slips(Slip.LosesEntryOfFailedMap))
            state.Instances[instance].Available--;
        return errno;
    }

    private Errno MapPages(int process, int instance, int m)
    {
        var size = state.Mappings[m].Size;
        for (ulong offset = 0; offset < size; offset += Limits.PageSize)
        {
            var errno = PinForIommu(process, m, offset, out var frame);
            if (errno != Errno.None)
                return errno;
            if (TranslatePage(instance, m, offset, frame))
                continue;
            state.Hardware.Unpin(frame);
            Charge(ref state.Mappings[m], FindPin(m, offset) >= 0 || HardwareState.IsReserved(frame) ? 0 : -1);
            return Errno.EFAULT;
        }
        return Errno.None;
    }

    private bool TranslatePage(int instance, int m, ulong offset, byte frame)
    {
        ref readonly var mapping = ref state.Mappings[m];
        var access = Slips(Slip.TranslatesReadOnlyForWrite) ? Access.ReadWrite : mapping.Prot;
        return state.Hardware.Translate(m, (byte)instance, mapping.Iova + offset, frame, access);
    }

    private void InvalidateOnly(int m)
    {
        while (state.Hardware.TranslatedPages(m) > 0)
            state.Hardware.Invalidate(m);
    }

    /// <summary>The valid iovas of a container with a domain: the aperture without the MSI window.</summary>
    private static bool IsInAperture(ulong first, ulong last) =>
        last < HardwareState.ApertureEnd &&
        (last < HardwareState.MsiWindow || first >= HardwareState.MsiWindow + HardwareState.MsiWindowSize);

    /// <summary>MAP with VADDR: an invalid mapping with exactly this range gets its new vaddr, and all waiters are woken.</summary>
    private Errno SetVaddr(int task, int instance, int m, in Operation op)
    {
        if (m < 0)
            return Errno.ENOENT;
        ref var mapping = ref state.Mappings[m];
        var exact = (mapping.Iova == op.X && mapping.Size == op.Y) || Slips(Slip.SetsVaddrOfOverlapping);
        var invalid = (mapping.Flags & MappingFlags.VaddrInvalid) != 0;
        if (!exact || (!invalid && !Slips(Slip.SetsVaddrOfValid)))
            return Errno.EINVAL;
        if (TDesign.ChargesMm && ChangeOwner(task, m) is not Errno.None and var errno)
            return errno;
        if (!Slips(Slip.KeepsOldVaddr))
            mapping.Vaddr = op.Z;
        if (invalid)
            state.Instances[instance].InvalidCount--;
        mapping.Flags &= ~MappingFlags.VaddrInvalid;
        if (!Slips(Slip.ForgetsWakeOnMap) && !(Slips(Slip.WakesOnMapOfLastInvalid) && state.Instances[instance].InvalidCount != 0))
            WakeWaiters(instance);
        return Errno.None;
    }

    /// <summary>vfio_change_dma_owner: the charge moves to the caller's mm, against its limit unless it has CAP_IPC_LOCK now.</summary>
    private Errno ChangeOwner(int task, int m)
    {
        ref var mapping = ref state.Mappings[m];
        var process = ProcessOf(task);
        if (mapping.Owner == process || Slips(Slip.ForgetsToChargeNewOwner))
            return Errno.None;
        var lockCap = Slips(Slip.RemapsByCapabilityOfMapper) ? (mapping.Flags & MappingFlags.LockCap) != 0 : IsCapable(task);
        if (ChargeProcess(process, CountedPages(m), lockCap || Slips(Slip.RemapsPastLimit)) is not Errno.None and var errno)
            return errno;
        MoveTo(task, m);
        return Errno.None;
    }

    /// <summary>The former owner, if it lives, is uncharged; the new one's capability counts from now on.</summary>
    private void MoveTo(int task, int m)
    {
        ref var mapping = ref state.Mappings[m];
        if (!Slips(Slip.LeavesChargeOfOldOwner) && !Slips(Slip.UnchargesBeforeLimit))
            UnchargeOwner(m);
        mapping.Owner = (byte)ProcessOf(task);
        if (!Slips(Slip.KeepsCapabilityOfOldOwner))
            TakeCapability(task, m);
    }

    private void TakeCapability(int task, int m)
    {
        ref var mapping = ref state.Mappings[m];
        mapping.Flags = IsCapable(task) ? mapping.Flags | MappingFlags.LockCap : mapping.Flags & ~MappingFlags.LockCap;
    }

    private void UnchargeOwner(int m)
    {
        ref readonly var mapping = ref state.Mappings[m];
        if (IsOwnerAlive(in mapping))
            ChargeProcess(mapping.Owner, -CountedPages(m), lockCap: true);
    }

    /// <summary>What moves to a new owner: the mapping's own count, which may be more than its pages, or its pages where none is kept.</summary>
    private int CountedPages(int m) => TDesign.CountsCharges ? state.Mappings[m].LockedVm : ChargedPages(m);

    /// <summary>locked_vm of one mapping (I7): with a domain its pages, without one its externally pinned pages.</summary>
    private int ChargedPages(int m)
    {
        if ((state.Mappings[m].Flags & MappingFlags.IommuMapped) != 0)
            return state.Hardware.ChargedPages(m) + (Slips(Slip.MovesPinnedPagesTwice) ? PinnedPages(m) : 0);
        return PinnedPages(m);
    }

    /// <summary>Externally pinned pages that are a charge.</summary>
    private int PinnedPages(int m)
    {
        var pages = 0;
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
        {
            if (state.Pins[pin].InUse == m + 1 && !HardwareState.IsReserved(state.Pins[pin].Frame))
                pages++;
        }
        return pages;
    }
}
