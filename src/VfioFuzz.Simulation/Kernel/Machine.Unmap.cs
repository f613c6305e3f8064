using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// UNMAP_DMA (type1-semantics 1.6 and 4). Locals: Value the bytes unmapped, Mapping the last one notified plus one, Retries its
/// repeats, Cursor the place in the device list.
/// </summary>
internal sealed partial class Machine<TDesign>
{
    /// <summary>BUG_ON(++retries > 10): 11 notifications survive, the 12th visit crashes (corrections C20).</summary>
    private const int NotifyRetriesMax = 10;

    private void StartUnmap(int task, in Operation op)
    {
        if (!ResolveContainer(task, op.Slot, needsDriver: true))
            return;
        if (CheckUnmap(in op) is not Errno.None and var errno)
            Finish(task, errno);
        else
            Go(task, Label.Unmap, Lock.IommuMutex(state.Tasks[task].Instance));
    }

    /// <summary>Rows 1-4, before the mutex.</summary>
    private static Errno CheckUnmap(in Operation op)
    {
        const uint minSize = 24, withBitmap = 48;
        var (argument, flags) = (op.Argument, op.UnmapFlags);
        if (CopyIn(argument, minSize) is not Errno.None and var errno)
            return errno;
        var known = UnmapFlags.GetDirtyBitmap | UnmapFlags.All | (TDesign.UpdatesVaddr ? UnmapFlags.Vaddr : 0);
        if ((flags & ~known) != 0)
            return Errno.EINVAL;
        if ((flags & UnmapFlags.GetDirtyBitmap) == 0)
            return Errno.None;
        if (flags != UnmapFlags.GetDirtyBitmap || argument.Size is null or < withBitmap)
            return Errno.EINVAL;
        if (!argument.IsReadableBeyond)
            return Errno.EFAULT;
        return IsBitmapValid(op.Bitmap, op.Y) ? Errno.None : Errno.EINVAL;
    }

    private void UnmapLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var op = ref operations[t.Line];
        if (TDesign.ExcludesMediated && (op.UnmapFlags & UnmapFlags.Vaddr) != 0 && state.Instances[t.Instance].EmulatedGroups != 0 &&
            !Slips(Slip.InvalidatesBesideMediated))
            EndUnmap(task, Errno.EBUSY);
        else if (!IsUnmapRangeValid(in op) || (op.UnmapFlags & UnmapFlags.GetDirtyBitmap) != 0)
            EndUnmap(task, Errno.EINVAL); // Row 10: no design tracks dirty pages.
        else
        {
            t.Mapping = 0;
            t.Retries = 0;
            UnmapWalk(task, again: false);
        }
    }

    /// <summary>Rows 7-9.</summary>
    private static bool IsUnmapRangeValid(in Operation op)
    {
        var (iova, size) = (op.X, op.Y);
        if ((iova & (Limits.PageSize - 1)) != 0)
            return false;
        if ((op.UnmapFlags & UnmapFlags.All) != 0)
            return iova == 0 && size == 0;
        return size != 0 && (size & (Limits.PageSize - 1)) == 0 && iova + size - 1 >= iova;
    }

    /// <summary>
    /// The walk from the bisect check on. It starts over after each notification; a range that bisects a mapping by then ends the call
    /// successfully with what was removed so far (bug-zoo L6).
    /// </summary>
    private void UnmapWalk(int task, bool again)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var op = ref operations[t.Line];
        var all = (op.UnmapFlags & UnmapFlags.All) != 0;
        var v2 = (state.Instances[t.Instance].Flags & InstanceFlags.V2) != 0;
        var (iova, size) = (op.X, all ? Slips(Slip.UnmapsAllOf32Bits) ? uint.MaxValue : ulong.MaxValue : op.Y);
        if (v2 && !all && !Slips(Slip.UnmapsBisected) && Bisects(t.Instance, iova, size))
        {
            EndUnmap(task, again ? Errno.None : Errno.EINVAL);
            return;
        }
        var first = FirstMapping(t.Instance, iova, size);
        if ((op.UnmapFlags & UnmapFlags.Vaddr) != 0)
        {
            EndUnmap(task, Invalidate(task, first, iova, size, v2));
            return;
        }
        for (var m = first; m >= 0;)
        {
            ref readonly var mapping = ref state.Mappings[m];
            if (mapping.Iova >= iova + size || StopsBefore(task, in mapping, v2, iova))
                break;
            if (HasPins(m) && !(again && Slips(Slip.RemovesAfterNotifying)))
            {
                NotifyPinned(task, m);
                return;
            }
            t.Value = Slips(Slip.ReportsLastSizeOnly) ? mapping.Size : t.Value + mapping.Size;
            var next = NextMapping(t.Instance, mapping.Iova, m);
            RemoveMapping(t.Instance, m);
            m = next;
        }
        EndUnmap(task, Errno.None);
    }

    /// <summary>v1 does not cut a mapping at its head (4.1 row 1).</summary>
    private bool StopsBefore(int task, in Mapping mapping, bool v2, ulong iova)
    {
        if (!v2 && iova > mapping.Iova)
            return true;
        return Slips(Slip.StopsAtForeignMapping) && (mapping.Owner != ProcessOf(task) || !IsOwnerAlive(in mapping));
    }

    /// <summary>v2 refuses to cut a mapping at either end of the range (row 11).</summary>
    private bool Bisects(int instance, ulong iova, ulong size)
    {
        var m = FindMapping(instance, iova, 1);
        if (m >= 0 && state.Mappings[m].Iova != iova)
            return true;
        m = FindMapping(instance, iova + size - 1, 0);
        return m >= 0 && state.Mappings[m].Iova + state.Mappings[m].Size != iova + size;
    }

    /// <summary>UNMAP with VADDR: all mappings of the range become invalid, or, when one is already, none (type1-semantics 4.3).</summary>
    private Errno Invalidate(int task, int first, ulong iova, ulong size, bool v2)
    {
        ref var t = ref state.Tasks[task];
        ref var i = ref state.Instances[t.Instance];
        for (var m = first; m >= 0; m = NextMapping(t.Instance, state.Mappings[m].Iova, m))
        {
            ref var mapping = ref state.Mappings[m];
            if (mapping.Iova >= iova + size || StopsBefore(task, in mapping, v2, iova))
                break;
            if ((mapping.Flags & MappingFlags.VaddrInvalid) != 0)
            {
                RevertMarks(t.Instance, first, m);
                t.Value = 0;
                return Errno.EINVAL;
            }
            mapping.Flags |= MappingFlags.VaddrInvalid;
            i.InvalidCount++;
            t.Value += mapping.Size;
        }
        return Errno.None;
    }

    /// <summary>No wake-up is due: the marks were made and unmade under one hold of the mutex.</summary>
    private void RevertMarks(int instance, int first, int end)
    {
        for (var m = first; m != end; m = NextMapping(instance, state.Mappings[m].Iova, m))
        {
            if (!Slips(Slip.LeavesMarksOfFailedInvalidate))
                state.Mappings[m].Flags &= ~MappingFlags.VaddrInvalid;
            if (!Slips(Slip.LeavesCountOfFailedInvalidate))
                state.Instances[instance].InvalidCount--;
        }
    }

    private void EndUnmap(int task, Errno errno)
    {
        ref var t = ref state.Tasks[task];
        Release(Lock.IommuMutex(t.Instance));
        if (errno == Errno.None && !operations[t.Line].Argument.IsWritable)
            errno = Errno.EFAULT;
        Finish(task, errno, t.Value);
    }

    /// <summary>
    /// A mapping with external pins: its devices are told, then the walk starts over. A mapping met too often is a BUG with the
    /// mutex held.
    /// </summary>
    private void NotifyPinned(int task, int m)
    {
        ref var t = ref state.Tasks[task];
        do
        {
            if (t.Mapping != m + 1)
                (t.Mapping, t.Retries) = ((byte)(m + 1), 0);
            else if (++t.Retries > (Slips(Slip.BugsTwoNotificationsEarly) ? NotifyRetriesMax - 2 : NotifyRetriesMax))
            {
                Crash(task, "vfio_dma_do_unmap: BUG_ON(++retries > 10), pins are not returned");
                return;
            }
        }
        while (state.Instances[t.Instance].DeviceList[0] == 0);
        t.Cursor = 0;
        if (TDesign.Notifies == Notification.UnderDeviceList)
        {
            Go(task, Label.Notify, Lock.DeviceList(t.Instance));
            return;
        }
        Release(Lock.IommuMutex(t.Instance));
        if (TDesign.Notifies == Notification.UnderNotifierChain)
            Go(task, Label.Notify, (byte)(Lock.DeviceList(t.Instance) | Lock.ForRead));
        else
            Go(task, Label.NotifyDevice);
    }

    private void NotifyListed(int task)
    {
        if (TDesign.Notifies == Notification.UnderDeviceList)
            Release(Lock.IommuMutex(state.Tasks[task].Instance));
        Go(task, Label.NotifyDevice);
    }

    private void NotifiedAll(int task)
    {
        ref var t = ref state.Tasks[task];
        if (TDesign.Notifies == Notification.UnderDeviceList)
            Release(Lock.DeviceList(t.Instance));
        else if (TDesign.Notifies == Notification.UnderNotifierChain)
            ReleaseRead(Lock.DeviceList(t.Instance));
        Go(task, Label.UnmapAgain, Lock.IommuMutex(t.Instance));
    }

    /// <summary>The next device's ops->dma_unmap; after the last one the walk wants the mutex again.</summary>
    private void NotifyNext(int task)
    {
        ref var t = ref state.Tasks[task];
        var device = DeviceToNotify(t.Instance, t.Cursor);
        if (device == 0 || (t.Cursor > 0 && Slips(Slip.NotifiesNewestDeviceOnly)))
        {
            NotifiedAll(task);
            return;
        }
        t.Cursor++;
        // dma->iova and dma->size are read here, once for each device, without the mutex (bug-zoo L3); to v5.19 they were copied before.
        if (TDesign.Notifies == Notification.UnderDeviceList && state.Mappings[t.Mapping - 1].InUse == 0)
            Observer?.Broken(RuleName.KernelBug, t.Line, "use after free: vfio_notify_dma_unmap reads a mapping that was removed meanwhile (L3)");
        t.Device = (byte)(device - 1);
        EnterDriver(task, Label.Callback);
    }

    /// <summary>device_list has the newest device first, a chain of one priority the oldest; 0 after the last.</summary>
    private byte DeviceToNotify(int instance, int at)
    {
        ref readonly var list = ref state.Instances[instance].DeviceList;
        var count = 0;
        while (count < Limits.DevicesMax && list[count] != 0)
            count++;
        if (at >= count)
            return 0;
        return list[TDesign.Notifies == Notification.UnderNotifierChain ? count - 1 - at : at];
    }

    private void CallbackEntered(int task)
    {
        ref var t = ref state.Tasks[task];
        var spec = world.Device(t.Device);
        if (spec.Callback == DriverCallback.Refuse && state.Devices[t.Device].Refused < spec.RefuseCount)
        {
            state.Devices[t.Device].Refused++;
            LeaveDriver(t.Device);
            Go(task, Label.NotifyDevice);
            return;
        }
        CallbackNext(task);
    }

    private void CallbackNext(int task)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var mapping = ref state.Mappings[t.Mapping - 1];
        if (LowestRecord(t.Device, mapping.Iova, NotifiedSize(in mapping)) >= 0)
        {
            Go(task, Label.CallbackUnpin, Lock.IommuMutex(t.Instance));
            return;
        }
        LeaveDriver(t.Device);
        Go(task, Label.NotifyDevice);
    }

    private ulong NotifiedSize(in Mapping mapping) =>
        Slips(Slip.CallbackUnpinsFirstPageOnly) ? Limits.PageSize : mapping.Size;

    private void CallbackUnpinLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var mapping = ref state.Mappings[t.Mapping - 1];
        var pin = LowestRecord(t.Device, mapping.Iova, NotifiedSize(in mapping));
        if (pin >= 0)
            DropRecord(pin, t.Device);
        Release(Lock.IommuMutex(t.Instance));
        if (world.Device(t.Device).Callback != DriverCallback.TooLittle)
        {
            CallbackNext(task);
            return;
        }
        LeaveDriver(t.Device);
        Go(task, Label.NotifyDevice);
    }
}
