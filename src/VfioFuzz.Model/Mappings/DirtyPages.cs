using System.Numerics;
using VfioFuzz.Model.Files;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Mappings;

/// <summary>VFIO_IOMMU_DIRTY_PAGES: the checks in the kernel's order (type1-semantics 1.7), then START, STOP or GET_BITMAP.</summary>
internal static class DirtyPages
{
    /// <summary>Up to flags: what every argsz must cover, and what is copied in first.</summary>
    private const uint Least = 8;

    /// <summary>The same and the range of GET_BITMAP behind it.</summary>
    private const uint WithRange = 48;

    /// <summary>Most pages of a mapping whose bitmap can be had: 2^31 - 1 bits (vfio_dma_bitmap_alloc).</summary>
    private const ulong PagesMax = int.MaxValue;

    /// <summary>From here on a bitmap may be more than the machine has: 4 MiB.</summary>
    private const ulong PagesPlenty = 1UL << 25;

    private const DirtyFlags Known = DirtyFlags.Start | DirtyFlags.Stop | DirtyFlags.GetBitmap;

    public static Outcome Run(in Step step)
    {
        ref readonly var dirty = ref step.Operation;
        // The last group was detached since the ioctl was dispatched.
        var number = FileTable.ContainerOf(step).InstancePlusOne - 1;
        if (number < 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.NoDriver);
        ref var instance = ref step.State.Instances[number];
        if (!instance.V2)
            return Outcome.Fails(Errno.EACCES, RuleId.DirtyV1);
        if (!dirty.Argument.IsReadable)
            return Outcome.Fails(Errno.EFAULT, RuleId.DirtyCopyIn);
        if (dirty.Argument.Size < Least)
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtyArgsz);
        if ((dirty.DirtyFlags & ~Known) != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtyFlags);
        if (!BitOperations.IsPow2(dirty.Flags))
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtyOneFlag);
        return dirty.DirtyFlags == DirtyFlags.GetBitmap ? CheckRange(step, ref instance) : Switch(step, ref instance);
    }

    /// <summary>Whether a mapping of so many pages can be tracked; None, or the errno.</summary>
    public static Errno Allocate(Contract contract, ulong pages)
    {
        if (pages > PagesMax)
            return Errno.EINVAL;
        return pages > PagesPlenty && contract.Either() ? Errno.ENOMEM : Errno.None;
    }

    /// <summary>START of all or nothing, and STOP; either is 0 when there is nothing to do.</summary>
    private static Outcome Switch(in Step step, ref Instance instance)
    {
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        var starts = step.Operation.DirtyFlags == DirtyFlags.Start;
        if (starts == instance.TracksDirty)
            return Outcome.Ok(RuleId.DirtySwitch);
        foreach (var index in instance.Mappings)
            if (starts && Allocate(step.Contract, step.State.Mappings[index].Pages) is not Errno.None and var errno)
                return Outcome.Fails(errno, RuleId.DirtyTooLong);
        foreach (var index in instance.Mappings)
        {
            DirtyBits.Drop(ref step.State, index);
            if (starts)
                DirtyBitmap.AddPins(ref step.State, index);
        }
        instance.TracksDirty = starts;
        return Outcome.Ok(RuleId.DirtySwitch);
    }

    private static Outcome CheckRange(in Step step, ref Instance instance)
    {
        ref readonly var get = ref step.Operation;
        if (get.Argument.Size < WithRange)
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtyRangeArgsz);
        if (!get.Argument.IsReadableBeyond)
            return Outcome.Fails(Errno.EFAULT, RuleId.DirtyRangeCopyIn);
        if (step.Dialect.ChecksOverflow)
        {
            if (get.Y == 0)
                return Outcome.Fails(Errno.EINVAL, RuleId.DirtyEmpty);
            if (MapDma.Wraps(get.X, get.Y))
                return Outcome.Fails(Errno.EOVERFLOW, RuleId.DirtyWrap);
        }
        else if (unchecked(get.X + get.Y) < get.X)
        {
            // Ends are tested and not last bytes: a range up to 2^64 is refused (1.7).
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtyWrap);
        }
        if (!DirtyBitmap.IsUsers(get.Bitmap))
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtyBitmapPlace);
        if (!DirtyBitmap.IsLongEnough(get.Bitmap, get.Y))
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtyBitmapSize);
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        var pageSize = step.Contract.PageSizeOf(instance);
        if (get.Bitmap.PageSize != pageSize)
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtyPageSize);
        if ((get.X & (pageSize - 1)) != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtyIova);
        // An empty range was refused with its bitmap, which would have no bit.
        if ((get.Y & (pageSize - 1)) != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtySize);
        if (!instance.TracksDirty)
            return Outcome.Fails(Errno.EINVAL, RuleId.DirtyTracking);
        return MappingTable.IsCut(ref step.State, instance, get.X, get.X + get.Y - 1)
            ? Outcome.Fails(Errno.EINVAL, RuleId.DirtyBisects)
            : Copy(step, instance);
    }

    /// <summary>Mapping by mapping: copied out, then clean again but for what is pinned.</summary>
    private static Outcome Copy(in Step step, in Instance instance)
    {
        ref readonly var get = ref step.Operation;
        var user = default(UserWords);
        foreach (var index in instance.Mappings)
        {
            ref var mapping = ref step.State.Mappings[index];
            if (mapping.Iova - get.X >= get.Y)
                continue;
            if (!DirtyBitmap.CopyOut(ref step.State, index, get.X, get.Bitmap, ref user))
                return Outcome.Fails(Errno.EFAULT, RuleId.DirtyCopy);
            DirtyBits.Clear(ref step.State, index, mapping.Pages);
            DirtyBitmap.AddPins(ref step.State, index);
        }
        return Outcome.Ok(RuleId.DirtyGet, user.Digest(get.Bitmap));
    }
}
