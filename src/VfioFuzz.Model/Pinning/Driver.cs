using VfioFuzz.Model.Mappings;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Pinning;

/// <summary>
/// The driver of an mdev as the world shapes it: its lock, its records of pinned pages, its dma_unmap callback. The kernel side of the
/// pinning API is in <see cref="PinPages"/> and <see cref="UnpinPages"/>.
/// </summary>
internal static class Driver
{
    /// <summary>Takes the driver's lock for this task; false when another holds it (an uninterruptible wait).</summary>
    public static bool TryLock(in Step step, int device)
    {
        ref var owner = ref LockOwner(step, device, out var hasLock);
        if (!hasLock)
            return true;
        if (owner != 0)
            return false;
        owner = step.Owner;
        return true;
    }

    /// <summary>After <see cref="TryLock"/>; a driver without a lock has no owner to forget.</summary>
    public static void Unlock(in Step step, int device) => LockOwner(step, device, out _) = 0;

    private static ref byte LockOwner(in Step step, int device, out bool hasLock)
    {
        var kind = step.Contract.World.Device(device).Lock;
        hasLock = kind != DriverLock.None;
        if (kind == DriverLock.Shared)
            return ref step.State.SharedDriverLockOwner;
        return ref step.State.Devices[device].DriverLockOwner;
    }

    public static void Remember(ref ModelState state, int device, ulong iova, ushort frame, Access access)
    {
        state.Records[state.RecordCount++] =
            new PinRecord { Iova = iova, Frame = frame, Device = (byte)device, Access = access };
        state.Devices[device].RecordCount++;
    }

    /// <summary>The driver's newest record of exactly this iova that was asked for <paramref name="access"/>, or -1.</summary>
    public static int Newest(ref ModelState state, int device, ulong iova, Access access)
    {
        for (var i = state.RecordCount - 1; i >= 0; i--)
            if (state.Records[i].Device == device && state.Records[i].Iova == iova && (state.Records[i].Access & access) == access)
                return i;
        return Quantity.NoIndex;
    }

    /// <summary>Drops the record and the reference it stands for: vfio_unpin_pages of one page.</summary>
    public static void Drop(in Step step, int index)
    {
        ref var state = ref step.State;
        var record = state.Records[index];
        Span<PinRecord> records = state.Records;
        records[(index + 1)..state.RecordCount].CopyTo(records[index..]);
        state.RecordCount--;
        state.Devices[record.Device].RecordCount--;
        UnpinPages.One(step.Contract, ref state, InstanceOf(ref state, record.Device), record.Iova);
    }

    /// <summary>
    /// The dma_unmap callback: <see cref="Outcome.Waits"/> when the driver's lock, or the mutex that its unpins need, is not to be had. A
    /// driver without a lock takes one record after the other, lowest iova first, and others may come between.
    /// </summary>
    public static Outcome Notified(in Step step, int device, ulong iova, ulong size)
    {
        ref var state = ref step.State;
        var spec = step.Contract.World.Device(device);
        if (!CanUnpin(ref state, device) || !TryLock(step, device))
            return Outcome.Waits(RuleId.UnmapCallback);
        ref var refusals = ref state.Devices[device].Refusals;
        switch (spec.Callback)
        {
            case DriverCallback.Refuse when refusals < spec.RefuseCount:
                refusals++;
                break;
            case DriverCallback.TooLittle:
                DropLowest(step, device, iova, size);
                break;
            case var _ when !IsShared(step, device):
                DropRange(step, device, iova, size);
                break;
            case var _ when DropLowest(step, device, iova, size):
                return Outcome.More;
        }
        Unlock(step, device);
        return Outcome.Ok(RuleId.UnmapCallback);
    }

    /// <summary>Whether other calls may see what this one does to the driver's records before it is done with them.</summary>
    public static bool IsShared(in Step step, int device) =>
        step.Contract.World.Device(device).Lock == DriverLock.None
        && System.Numerics.BitOperations.PopCount(step.State.ActiveCalls) > 1;

    /// <summary>close_device: everything the driver remembers.</summary>
    public static void DropAll(in Step step, int device) => DropRange(step, device, 0, ulong.MaxValue);

    /// <summary>vfio_unpin_pages takes the iommu mutex; false while a sleeper holds it.</summary>
    public static bool CanUnpin(ref ModelState state, int device) =>
        state.Devices[device].RecordCount == 0 || state.Instances[InstanceOf(ref state, device)].MutexOwner == 0;

    public static int InstanceOf(ref ModelState state, int device) =>
        state.Containers[state.Devices[device].ContainerPlusOne - 1].InstancePlusOne - 1;

    private static void DropRange(in Step step, int device, ulong iova, ulong size)
    {
        ref var state = ref step.State;
        for (var i = state.RecordCount - 1; i >= 0; i--)
            if (state.Records[i].Device == device && state.Records[i].Iova - iova < size)
                Drop(step, i);
    }

    private static bool DropLowest(in Step step, int device, ulong iova, ulong size)
    {
        ref var state = ref step.State;
        var lowest = Quantity.NoIndex;
        for (var i = state.RecordCount - 1; i >= 0; i--)
        {
            ref readonly var record = ref state.Records[i];
            if (record.Device == device && record.Iova - iova < size
                && (lowest == Quantity.NoIndex || record.Iova < state.Records[lowest].Iova))
                lowest = i;
        }
        if (lowest == Quantity.NoIndex)
            return false;
        Drop(step, lowest);
        return true;
    }
}
