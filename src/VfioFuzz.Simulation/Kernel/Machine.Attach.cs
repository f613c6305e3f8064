using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Hardware;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>Attach, replay and detach in type1 (type1-semantics 3.1, 3.2).</summary>
internal sealed partial class Machine<TDesign>
{
    private void AttachType1Locked(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var i = ref state.Instances[t.Instance];
        var bit = (byte)(1 << t.Device);
        if (TDesign.ExcludesMediated && i.InvalidCount != 0 && !Slips(Slip.AttachesWhileInvalid))
        {
            EndAttachType1(task, Errno.EBUSY);
        }
        else if (world.Device(t.Device).Kind == DeviceKind.Mdev)
        {
            i.EmulatedGroups |= bit;
            EndAttachType1(task, Errno.None);
        }
        else if ((i.Flags & InstanceFlags.Nesting) != 0 || (!Slips(Slip.ReplaysIntoMsiWindow) &&
                     FindMapping(t.Instance, HardwareState.MsiWindow, HardwareState.MsiWindowSize) >= 0))
        {
            // iommu_enable_nesting is refused by the emulated Intel IOMMU; a mapping in the MSI window is a reserved-region conflict.
            EndAttachType1(task, Errno.EINVAL);
        }
        else if (i.DomainGroups != 0)
        {
            // A compatible domain exists: the group moves in, nothing is replayed, nobody waits (row 12).
            i.DomainGroups |= bit;
            EndAttachType1(task, Errno.None);
        }
        else
            ReplayOrWait(task);
    }

    /// <summary>vfio_wait_all_valid, then the replay without dropping the mutex.</summary>
    private void ReplayOrWait(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var i = ref state.Instances[t.Instance];
        if (i.InvalidCount != 0 && !Slips(Slip.ReplaysInvalidVaddr) &&
            !(Slips(Slip.ReplaysAfterFirstWakeUp) && t.Label == Label.AttachWoken))
        {
            if (!Sleeps(task, Label.AttachWoken))
                EndAttachType1(task, Errno.EFAULT);
            return;
        }
        var errno = Replay(task);
        if (errno == Errno.None)
        {
            i.DomainGroups |= (byte)(1 << t.Device);
            i.ValidIovas = ValidIovas.Aperture;
        }
        EndAttachType1(task, errno);
    }

    private void AttachWoken(int task)
    {
        switch (Waited(task))
        {
            case true: ReplayOrWait(task); break;
            case false: EndAttachType1(task, Errno.EFAULT); break;
            default: break;
        }
    }

    private void EndAttachType1(int task, Errno errno)
    {
        Release(Lock.IommuMutex(state.Tasks[task].Instance));
        EndAttachContainer(task, errno);
    }

    /// <summary>
    /// vfio_iommu_replay into the first domain: all mappings are pinned from the attacher's mm. A failure unwinds exactly what this replay
    /// did.
    /// </summary>
    private Errno Replay(int task)
    {
        ref var t = ref state.Tasks[task];
        var previous = -1;
        for (var m = NextMapping(t.Instance, 0, -1); m >= 0; m = NextMapping(t.Instance, state.Mappings[m].Iova, m))
        {
            var errno = MapPages(ProcessOf(task), t.Instance, m);
            if (errno != Errno.None)
            {
                UnwindReplay(t.Instance, m);
                return errno;
            }
            previous = m;
        }
        if (previous < 0)
            return Errno.None;
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            if (state.Mappings[m].InUse == t.Instance + 1)
                state.Mappings[m].Flags |= MappingFlags.IommuMapped;
        }
        return Errno.None;
    }

    private void UnwindReplay(int instance, int failed)
    {
        if (Slips(Slip.LeavesMappingsOfFailedReplay))
            return;
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            if (state.Mappings[m].InUse == instance + 1 && !(m == failed && Slips(Slip.LeavesHalfReplayedMapping)))
                UnmapReaccount(m);
        }
    }

    /// <summary>Pages whose iova is also pinned externally stay charged, whatever page that holds (vfio_unpin_pages_remote's locked - unlocked).</summary>
    private void UnmapReaccount(int m)
    {
        var stayCharged = 0;
        for (var page = state.Hardware.TranslatedPages(m) - 1; page >= 0; page--)
        {
            if (FindPin(m, (ulong)page * Limits.PageSize) >= 0 && !HardwareState.IsReserved(state.Hardware.FrameAt(m, page)) && !Slips(Slip.UnwindUnchargesPins))
                stayCharged++;
        }
        Charge(ref state.Mappings[m], stayCharged - UnmapUnpin(m));
    }

    private void DetachFromInstance(int instance, int device)
    {
        ref var i = ref state.Instances[instance];
        var bit = (byte)(1 << device);
        if ((i.EmulatedGroups & bit) != 0)
        {
            i.EmulatedGroups &= (byte)~bit;
            if (i.EmulatedGroups == 0 && i.DomainGroups == 0)
                RemoveAll(instance);
            return;
        }
        i.DomainGroups &= (byte)~bit;
        if (i.DomainGroups != 0)
            return;
        if (!Slips(Slip.KeepsIovaListOfLastDomain))
            i.ValidIovas = ValidIovas.Everything;
        if (i.EmulatedGroups == 0 || Slips(Slip.DetachRemovesMappings))
        {
            RemoveAll(instance);
            return;
        }
        // vfio_iommu_unmap_unpin_reaccount: mappings stay, charges fall to the externally pinned pages.
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            if (state.Mappings[m].InUse == instance + 1 && !Slips(Slip.DetachLeavesTranslations))
                ReaccountDetached(m);
        }
    }

    /// <summary>
    /// Unlike the replay's unwind this counts every node of the pfn_list, so a pin at an iova inside a page counts too.
    /// </summary>
    private void ReaccountDetached(int m)
    {
        var unlocked = UnmapUnpin(m);
        Charge(ref state.Mappings[m], (Slips(Slip.DetachUnchargesPins) ? 0 : ChargedPages(m)) - unlocked);
    }

    private void RemoveAll(int instance)
    {
        while (NextMapping(instance, 0, -1) is >= 0 and var m)
            RemoveMapping(instance, m);
    }
}
