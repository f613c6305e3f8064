using VfioFuzz.Model.Files;
using VfioFuzz.Model.Groups;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.Pinning;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Mappings;

/// <summary>
/// VFIO_IOMMU_UNMAP_DMA: the checks in the kernel's order (type1-semantics 1.6, whose rows the comments name), then the walk (4.1), which drops the mutex to notify
/// drivers of a mapping with external pins (4.2) and starts again.
/// </summary>
internal static class UnmapDma
{
    /// <summary>Notifications that one mapping gets in a row; seen with pins once more, the kernel BUGs (4.2, corrections C20).</summary>
    private const int NotificationsMax = 11;

    public static Outcome Run(in Step step) => step.Call.Phase switch
    {
        Phase.Start => Check(step),
        Phase.Registering => LockDevices(step),
        Phase.Notifying => NotifyNext(step),
        _ => Restart(step),
    };

    /// <summary>Up to size: what every argsz must cover, what is copied in, and back on success.</summary>
    private const uint Least = 24;

    /// <summary>The struct and a bitmap behind it.</summary>
    private const uint WithBitmap = 48;

    private static Outcome Check(in Step step)
    {
        ref readonly var unmap = ref step.Operation;
        var argument = unmap.Argument;
        if (!argument.IsReadable)
            return Outcome.Fails(Errno.EFAULT, RuleId.UnmapCopyIn); // row 1
        if (argument.Size < Least)
            return Outcome.Fails(Errno.EINVAL, RuleId.UnmapArgsz); // row 2
        var known = UnmapFlags.GetDirtyBitmap
            | (step.Dialect.KnowsUnmapAll ? UnmapFlags.All : 0) | (step.Dialect.UpdatesVaddr ? UnmapFlags.Vaddr : 0);
        if ((unmap.UnmapFlags & ~known) != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.UnmapFlags); // row 2
        if (IsDirty(unmap))
        {
            if ((unmap.UnmapFlags & ~UnmapFlags.GetDirtyBitmap) != 0)
                return Outcome.Fails(Errno.EINVAL, RuleId.UnmapBitmapAlone); // row 3
            // row 4
            if (argument.Size is not >= WithBitmap)
                return Outcome.Fails(Errno.EINVAL, RuleId.UnmapBitmapArgsz);
            if (!argument.IsReadableBeyond)
                return Outcome.Fails(Errno.EFAULT, RuleId.UnmapBitmapCopyIn);
            if (!DirtyBitmap.IsUsers(unmap.Bitmap))
                return Outcome.Fails(Errno.EINVAL, RuleId.UnmapBitmapPlace);
            if (!DirtyBitmap.IsLongEnough(unmap.Bitmap, unmap.Y))
                return Outcome.Fails(Errno.EINVAL, RuleId.UnmapBitmapSize);
        }
        // The last group was detached since the ioctl was dispatched.
        if (FileTable.ContainerOf(step).InstancePlusOne == 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.NoDriver);
        ref var instance = ref InstanceOf(step);
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        if (IsVaddr(unmap) && step.Dialect.ExcludesEmulatedGroups && instance.EmulatedGroups != 0)
            return Outcome.Fails(Errno.EBUSY, RuleId.UnmapVaddrEmulated); // row 5

        var mask = step.Contract.PageSizeOf(instance) - 1;
        if ((unmap.X & mask) != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.UnmapIova); // row 7
        if (IsAll(unmap))
        {
            if (unmap.X != 0 || unmap.Y != 0)
                return Outcome.Fails(Errno.EINVAL, RuleId.UnmapAllRange); // row 8
        }
        else if (unmap.Y == 0 || (unmap.Y & mask) != 0)
        {
            return Outcome.Fails(Errno.EINVAL, RuleId.UnmapSize); // row 8'
        }
        else if (MapDma.Wraps(unmap.X, unmap.Y))
        {
            return Outcome.Fails(step.Dialect.ChecksOverflow ? Errno.EOVERFLOW : Errno.EINVAL, RuleId.UnmapWrap); // row 9
        }
        if (IsDirty(unmap) && (!instance.TracksDirty || unmap.Bitmap.PageSize != mask + 1))
            return Outcome.Fails(Errno.EINVAL, RuleId.UnmapTracking); // row 10
        if (Bisects(step, instance))
            return Outcome.Fails(Errno.EINVAL, RuleId.UnmapBisects); // row 11
        return Walk(step, ref instance);
    }

    /// <summary>v2 refuses to cut a mapping (row 11); ALL covers whole mappings by nature.</summary>
    private static bool Bisects(in Step step, in Instance instance)
    {
        ref readonly var unmap = ref step.Operation;
        if (!instance.V2 || IsAll(unmap))
            return false;
        return MappingTable.IsCut(ref step.State, instance, unmap.X, unmap.X + unmap.Y - 1);
    }

    private static Outcome Walk(in Step step, ref Instance instance)
    {
        ref readonly var unmap = ref step.Operation;
        ulong first = unmap.X, last = IsAll(unmap) ? ulong.MaxValue : unmap.X + unmap.Y - 1;
        if (last == ulong.MaxValue && !IsAll(unmap) && !step.Dialect.ChecksOverflow)
            return Done(step, RuleId.UnmapTop, step.Call.Done);
        var position = MappingTable.FirstEndingFrom(ref step.State, instance, first);
        return IsVaddr(unmap)
            ? Invalidate(step, ref instance, position, last)
            : Remove(step, ref instance, position, last);
    }

    private static Outcome Remove(in Step step, ref Instance instance, int position, ulong last)
    {
        ref var call = ref step.Call;
        while (position < instance.Mappings.Length)
        {
            var met = position + (step.Dialect.UnmapFollowsTheTree ? MetInTree(step, instance, position, last) : 0);
            ref var mapping = ref step.State.Mappings[instance.Mappings[met]];
            if (IsBehind(mapping, last) || StopsBefore(step, instance, mapping))
                break;
            if (mapping.PinCount > 0)
                return Notify(step, ref instance, instance.Mappings[met]);
            if (IsDirty(step.Operation) && met != position)
            {
                step.Contract.Exceed("dirty bits of mappings in the order of the kernel's tree");
                return Outcome.Undecided;
            }
            if (IsDirty(step.Operation) && !DirtyBitmap.CopyOut(
                    ref step.State, instance.Mappings[met], step.Operation.X, step.Operation.Bitmap, ref call.UserWords))
                return Outcome.Fails(Errno.EFAULT, RuleId.UnmapBitmapCopy);
            if (step.Contract.Planted != PlantedError.ReportsSizeOfFirstMappingOnly || call.Done == 0)
                call.Done += mapping.Size;
            MappingTable.Remove(step.Contract, ref step.State, ref instance, met);
        }
        return Done(step, RuleId.Unmap, call.Done);
    }

    /// <summary>
    /// vfio_find_dma gives the mapping of the range that is nearest to its tree's root: any of them, as far as the contract goes. Where
    /// no mapping stops the walk the order cannot be told.
    /// </summary>
    private static int MetInTree(in Step step, in Instance instance, int first, ulong last)
    {
        var (count, stops) = (0, false);
        for (; first + count < instance.Mappings.Length; count++)
        {
            ref readonly var mapping = ref step.State.Mappings[instance.Mappings[first + count]];
            if (IsBehind(mapping, last))
                break;
            stops |= StopsBefore(step, instance, mapping);
        }
        return stops ? step.Contract.Choose(Math.Min(count, OpenChoices.WaysMax)) : 0;
    }

    private static bool IsBehind(in Mapping mapping, ulong last) => mapping.Iova > last;

    /// <summary>v1 does not cut a mapping that starts earlier (4.1 row 1); old kernels stop at another's mapping (row 2).</summary>
    private static bool StopsBefore(in Step step, in Instance instance, in Mapping mapping) =>
        (!instance.V2 && step.Operation.X > mapping.Iova)
        || (step.Dialect.UnmapStopsAtForeignMapping
            && Charging.SpaceOfTask(ref step.State, mapping) != step.Process.AddressSpace);

    /// <summary>UNMAP+VADDR (4.3): all of the range or none of it.</summary>
    private static Outcome Invalidate(in Step step, ref Instance instance, int start, ulong last)
    {
        ref var state = ref step.State;
        ulong size = 0;
        var position = start;
        for (; position < instance.Mappings.Length; position++)
        {
            ref var mapping = ref state.Mappings[instance.Mappings[position]];
            if (IsBehind(mapping, last) || StopsBefore(step, instance, mapping))
                break;
            if (mapping.VaddrInvalid)
            {
                for (var marked = start; marked < position; marked++)
                    state.Mappings[instance.Mappings[marked]].VaddrInvalid = false;
                instance.InvalidCount -= (uint)(position - start);
                return Outcome.Fails(Errno.EINVAL, RuleId.UnmapVaddrTwice);
            }
            mapping.VaddrInvalid = true;
            instance.InvalidCount++;
            size += mapping.Size;
        }
        return Done(step, RuleId.UnmapVaddr, size);
    }

    /// <summary>
    /// vfio_notify_dma_unmap: with no device registered nothing can ever take the pins away, and the loop ends in the BUG.
    /// </summary>
    private static Outcome Notify(in Step step, ref Instance instance, int index)
    {
        ref var call = ref step.Call;
        if (call.LastMapping != index + 1)
        {
            call.LastMapping = (byte)(index + 1);
            call.Retries = 0;
        }
        if (++call.Retries > NotificationsMax || instance.RegisteredCount == 0)
            return Outcome.Crashed;
        call.NotifyIova = step.State.Mappings[index].Iova;
        call.NotifySize = step.State.Mappings[index].Size;
        call.Progress = 0;
        if (!step.Dialect.NotifiesByChain)
            instance.MutexOwner = step.Owner;
        call.Phase = Phase.Registering;
        return LockDevices(step) is { Status: OutcomeStatus.More } taken ? taken : Outcome.More;
    }

    /// <summary>
    /// device_list_lock is taken under the mutex, then the mutex is dropped. A notifier chain is read by several at once, without it.
    /// </summary>
    private static Outcome LockDevices(in Step step)
    {
        ref var instance = ref InstanceOf(step);
        if (step.Dialect.NotifiesByChain)
        {
            if (instance.ChainReaders != 0 && Registration.IsAwaited(ref step.State, FileTable.ContainerOf(step).InstancePlusOne - 1))
                return Outcome.Waits(RuleId.UnmapCallback);
            instance.ChainReaders++;
        }
        else
        {
            if (instance.ListOwner != 0)
                return Outcome.Waits(RuleId.UnmapCallback);
            instance.ListOwner = step.Owner;
            instance.MutexOwner = 0;
        }
        step.Call.Phase = Phase.Notifying;
        return Outcome.More;
    }

    private static Outcome NotifyNext(in Step step)
    {
        ref var call = ref step.Call;
        ref var instance = ref InstanceOf(step);
        if (call.Progress < instance.RegisteredCount)
        {
            // device_list has the newest device first, a chain of one priority the oldest.
            var device = instance.Registered[
                step.Dialect.NotifiesByChain ? instance.RegisteredCount - 1 - call.Progress : call.Progress];
            var notified = Driver.Notified(step, device, call.NotifyIova, call.NotifySize);
            if (!notified.HasReturned)
                return notified;
            call.Progress++;
            return Outcome.More;
        }
        if (step.Dialect.NotifiesByChain)
            instance.ChainReaders--;
        else
            instance.ListOwner = 0;
        call.Phase = Phase.Notified;
        return Outcome.More;
    }

    /// <summary>Again from the bisect check, which by now ends the call in success with what was done (4.2).</summary>
    private static Outcome Restart(in Step step)
    {
        if (FileTable.ContainerOf(step).InstancePlusOne == 0)
            return Done(step, RuleId.Unmap, step.Call.Done);
        ref var instance = ref InstanceOf(step);
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        return Bisects(step, instance)
            ? Done(step, RuleId.Unmap, step.Call.Done)
            : Walk(step, ref instance);
    }

    private static ref Instance InstanceOf(in Step step) =>
        ref step.State.Instances[FileTable.ContainerOf(step).InstancePlusOne - 1];

    /// <summary>The struct is copied back with the size; what was done stays done when that faults.</summary>
    private static Outcome Done(in Step step, RuleId rule, ulong size) =>
        step.Operation.Argument.IsWritable ? Outcome.Ok(rule, Shown(step, size)) : Outcome.Fails(Errno.EFAULT, RuleId.UnmapCopy);

    private static ulong Shown(in Step step, ulong size)
    {
        // The bitmap's data ends before a size of 2^16 pages is reached.
        const int pagesShift = 48;
        return !IsDirty(step.Operation)
            ? size
            : size / Limits.PageSize << pagesShift | BitmapDigest.In48Bits(step.Call.UserWords.Digest(step.Operation.Bitmap));
    }

    private static bool IsDirty(in Operation unmap) => (unmap.UnmapFlags & UnmapFlags.GetDirtyBitmap) != 0;

    private static bool IsAll(in Operation unmap) => (unmap.UnmapFlags & UnmapFlags.All) != 0;

    private static bool IsVaddr(in Operation unmap) => (unmap.UnmapFlags & UnmapFlags.Vaddr) != 0;
}
