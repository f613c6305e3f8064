using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// dma_list of an instance. Ends are computed as the kernel computes them, in 64 bits with wrap-around: a lookup that ends at 2^64 meets
/// nothing (corrections C4), and in designs that say so no lookup meets a mapping that ends there (bug-zoo BZ-16).
/// </summary>
internal sealed partial class Machine<TDesign>
{
    /// <summary>vfio_find_dma: a mapping that overlaps [start, start + size), or -1.</summary>
    private int FindMapping(int instance, ulong start, ulong size)
    {
        // With the ends mended a range that ends at 2^64 is a range like any other; its last byte is tested on its own.
        if (FindsLastPage && size != 0 && start + size == 0)
            return FindToTheTop(instance, start);
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            ref readonly var mapping = ref state.Mappings[m];
            if (mapping.InUse == instance + 1 && start + size > mapping.Iova && EndsBeyond(in mapping, start))
                return m;
        }
        return -1;
    }

    private int FindToTheTop(int instance, ulong start)
    {
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            ref readonly var mapping = ref state.Mappings[m];
            if (mapping.InUse == instance + 1 && EndsBeyond(in mapping, start))
                return m;
        }
        return -1;
    }

    /// <summary>vfio_find_dma_first_node: the first mapping that ends beyond start, unless it begins at start + size or later.</summary>
    private int FirstMapping(int instance, ulong start, ulong size)
    {
        var found = -1;
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            ref readonly var mapping = ref state.Mappings[m];
            if (mapping.InUse == instance + 1 && EndsBeyond(in mapping, start) &&
                (found < 0 || mapping.Iova < state.Mappings[found].Iova))
                found = m;
        }
        return found >= 0 && size != 0 && state.Mappings[found].Iova >= start + size ? -1 : found;
    }

    private bool FindsLastPage => TDesign.FindsLastPage && !Slips(Slip.LosesLastPage);

    private bool EndsBeyond(in Mapping mapping, ulong iova) => FindsLastPage
        ? iova <= mapping.Iova + mapping.Size - 1
        : iova < mapping.Iova + mapping.Size;

    /// <summary>rb_next: the mapping after <paramref name="previous"/> in iova order, or -1. Equal iovas go in entry order.</summary>
    private int NextMapping(int instance, ulong iova, int previous)
    {
        var found = -1;
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            ref readonly var mapping = ref state.Mappings[m];
            if (mapping.InUse != instance + 1 || mapping.Iova < iova || (mapping.Iova == iova && m <= previous))
                continue;
            if (found < 0 || mapping.Iova < state.Mappings[found].Iova)
                found = m;
        }
        return found;
    }

    private int FreeMapping()
    {
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            if (state.Mappings[m].InUse == 0)
                return m;
        }
        return -1;
    }

    private bool HasPins(int mapping)
    {
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
        {
            if (state.Pins[pin].InUse == mapping + 1)
                return true;
        }
        return false;
    }

    /// <summary>vfio_find_vpfn: the external pin with exactly this offset in the mapping, or -1.</summary>
    private int FindPin(int mapping, ulong offset)
    {
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
        {
            ref readonly var p = ref state.Pins[pin];
            if (p.InUse == mapping + 1 && (ulong)p.Offset == offset)
                return pin;
        }
        return -1;
    }

    /// <summary>
    /// vfio_remove_dma. Waiters for the mapping's vaddr are woken and will find no mapping (type1-semantics 5.5).
    /// </summary>
    private void RemoveMapping(int instance, int m)
    {
        ref var mapping = ref state.Mappings[m];
        if (HasPins(m))
        {
            Observer?.Broken(RuleName.LeakedPin, NoLine, $"mapping {mapping.Iova:x} is removed with external pins left");
            ForgetPins(m);
        }
        var pages = UnmapUnpin(m);
        if (!Slips(Slip.ForgetsUnchargeOnUnmap))
            Charge(ref mapping, -pages);
        ref var i = ref state.Instances[instance];
        var wasInvalid = (mapping.Flags & MappingFlags.VaddrInvalid) != 0;
        mapping.InUse = 0;
        if (!Slips(Slip.LosesEntryOnUnmap))
            i.Available++;
        if (!wasInvalid)
            return;
        if (!Slips(Slip.ForgetsInvalidCountOnUnmap))
            i.InvalidCount--;
        if (!Slips(Slip.ForgetsWakeOnUnmap) && !(Slips(Slip.WakesOnUnmapOfLastInvalid) && i.InvalidCount != 0))
            WakeWaiters(instance);
    }

    /// <summary>kfree of a mapping with pins: nodes and pages leak (type1-semantics 5.6).</summary>
    private void ForgetPins(int mapping)
    {
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
        {
            if (state.Pins[pin].InUse == mapping + 1)
                state.Pins[pin] = default;
        }
    }

    /// <summary>vfio_unmap_unpin: the IOMMU forgets a page, then it is unpinned. How many pages that were charged.</summary>
    private int UnmapUnpin(int m)
    {
        state.Mappings[m].Flags &= ~MappingFlags.IommuMapped;
        var charged = state.Hardware.ChargedPages(m);
        var pages = state.Hardware.TranslatedPages(m);
        for (var page = pages - 1; page >= 0; page--)
        {
            if (Slips(Slip.UnpinsBeforeInvalidate))
            {
                state.Hardware.Unpin(state.Hardware.FrameAt(m, page));
                state.Hardware.Invalidate(m);
                continue;
            }
            var frame = state.Hardware.Invalidate(m);
            if (page != pages - 1 || !Slips(Slip.LeaksLastPageOnUnmap))
                state.Hardware.Unpin(frame);
        }
        return charged;
    }

    private void WakeWaiters(int instance)
    {
        for (uint active = state.Active; active != 0; active &= active - 1)
        {
            ref var t = ref state.Tasks[System.Numerics.BitOperations.TrailingZeroCount(active)];
            if (t.Wants != Wait.Vaddr || t.Instance != instance)
                continue;
            t.Wants = Lock.IommuMutex(instance);
            if (Slips(Slip.WakesFirstWaiterOnly))
                return;
        }
    }

    /// <summary>
    /// vfio_wait: drops the mutex and sleeps, killable. The exit conditions are tested after the sleep only (deadlocks F3), but
    /// schedule() does not sleep with a fatal signal pending. The waiters design makes a new entry with its flag clear; the sticky
    /// one tests before it sleeps, and false is EFAULT.
    /// </summary>
    private bool Sleeps(int task, Label woken)
    {
        ref var t = ref state.Tasks[task];
        if (TDesign.CloseWakes == CloseWake.StickyFlag && !Slips(Slip.TestsFlagAfterSleepOnly) && IsClosed(in t, woken))
            return false;
        t.Flags &= ~TaskFlags.CloseFlagged;
        if (Slips(Slip.SleepsWithMutex))
        {
            Go(task, woken, Wait.Vaddr);
            return true;
        }
        Release(Lock.IommuMutex(t.Instance));
        var killed = (t.Flags & TaskFlags.Killed) != 0 && !Slips(Slip.SleepsUnkillable);
        Go(task, woken, killed ? Lock.IommuMutex(t.Instance) : Wait.Vaddr);
        return true;
    }

    /// <summary>The sticky design's test: the container's file is gone, or the device that the task works for is being closed.</summary>
    private bool IsClosed(in TaskState t, Label woken) =>
        ((state.Instances[t.Instance].Flags & InstanceFlags.ContainerOpen) == 0 && !Slips(Slip.TestsContainerAfterSleepOnly)) ||
        (woken != Label.AttachWoken && !state.Devices[t.Device].AcceptsWork);

    /// <summary>The close of a device wakes its own waiters; <paramref name="flags"/>: by a flag in each one's entry.</summary>
    private void WakeWaitersOf(int device, int instance, bool flags)
    {
        for (uint active = state.Active; active != 0; active &= active - 1)
        {
            ref var t = ref state.Tasks[System.Numerics.BitOperations.TrailingZeroCount(active)];
            var isOfDevice = t.Device == device && t.Label != Label.AttachWoken;
            if (t.Wants != Wait.Vaddr || t.Instance != instance || (!isOfDevice && !Slips(Slip.FlagsWaitersOfAllDevices)))
                continue;
            if (flags)
                t.Flags |= TaskFlags.CloseFlagged;
            t.Wants = Lock.IommuMutex(t.Instance);
            if (Slips(Slip.FlagsFirstWaiterOnly))
                return;
        }
    }

    /// <summary>The tests after the sleep, with the mutex held again: true means waited, false EFAULT; null: the task died of them.</summary>
    private bool? Waited(int task)
    {
        ref var t = ref state.Tasks[task];
        var isWorker = task >= Limits.UserTasksMax;
        if (!isWorker && TDesign.WokenUserOopses)
        {
            Crash(task, "oops: kthread_should_stop by a user thread woken in vfio_wait (DL-19)");
            return null;
        }
        // kthread_should_stop is never true for a kworker (deadlocks F4).
        var shouldStop = isWorker && state.Devices[t.Device].ShouldStop;
        var open = (state.Instances[t.Instance].Flags & InstanceFlags.ContainerOpen) != 0;
        var killed = (t.Flags & TaskFlags.Killed) != 0 && !Slips(Slip.SpinsAfterKill);
        var flagged = TDesign.CloseWakes switch
        {
            CloseWake.ListedWaiters => (t.Flags & TaskFlags.CloseFlagged) != 0,
            CloseWake.StickyFlag => IsClosed(in t, t.Label),
            _ => false,
        };
        return !shouldStop && open && !killed && !flagged;
    }

    private void DestroyInstance(int instance)
    {
        while (NextMapping(instance, 0, -1) is >= 0 and var m)
            RemoveMapping(instance, m);
        state.Instances[instance] = default;
        for (uint active = state.Active; active != 0; active &= active - 1)
        {
            ref var t = ref state.Tasks[System.Numerics.BitOperations.TrailingZeroCount(active)];
            if (t.Wants == Lock.IommuMutex(instance))
                UseAfterFree(ref t);
        }
    }

    /// <summary>
    /// Container ioctls are passed through without a lock, so one may be queued for the mutex of an instance that the last detach
    /// frees. What then happens is undefined; here the call returns EINVAL.
    /// </summary>
    private void UseAfterFree(ref TaskState t)
    {
        Observer?.Broken(RuleName.KernelBug, t.Line, $"use after free: {Place.Describe(t.Label)} waits for the mutex of a freed vfio_iommu");
        t.Wants = 0;
        t.Label = Label.Orphaned;
    }

    private void Orphaned(int task)
    {
        ref var t = ref state.Tasks[task];
        if (t.Releasing == 0)
        {
            Finish(task, Errno.EINVAL);
            return;
        }
        PutContainer(t.Container);
        Go(task, Label.TaskWork);
    }
}
