using VfioFuzz.Model.Mappings;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Pinning;

/// <summary>vfio_pin_pages (type1-semantics 5.2), under the driver's lock.</summary>
internal static class PinPages
{
    public static Outcome Run(in Step step, int device)
    {
        ref var call = ref step.Call;
        if (call.Phase == Phase.Start)
        {
            if (!Driver.TryLock(step, device))
                return Outcome.Waits(RuleId.DriverLock);
            call.Phase = Phase.Locked;
            return Locked(step, device, hasWaited: false).AfterProgress();
        }
        var hasWaited = call.Phase == Phase.WaitingForVaddr;
        if (hasWaited)
        {
            if (!VaddrWait.MayWake(step))
                return Outcome.Waits(RuleId.PinInvalid);
            call.Phase = Phase.Locked;
            if (VaddrWait.GivesUp(step))
                return Finish(step, device, Outcome.Fails(Errno.EFAULT, RuleId.PinWoken));
        }
        return Locked(step, device, hasWaited);
    }

    private static Outcome Locked(in Step step, int device, bool hasWaited)
    {
        var outcome = Section(step, device, hasWaited);
        return outcome.HasReturned ? Finish(step, device, outcome) : outcome;
    }

    private static Outcome Finish(in Step step, int device, Outcome outcome)
    {
        Driver.Unlock(step, device);
        return outcome;
    }

    /// <summary>One hold of the mutex: the checks before any page, then the pages or the sleep.</summary>
    private static Outcome Section(in Step step, int device, bool hasWaited)
    {
        ref var state = ref step.State;
        var pages = step.Operation.Pages;
        if (pages == 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.PinCount);
        if (step.Dialect.RefusesPinWithoutCallback && step.Contract.World.Device(device).Callback == DriverCallback.None)
            return Outcome.Fails(Errno.EINVAL, RuleId.PinNoCallback);
        if (pages > Limits.PinPagesMax)
            return Outcome.Fails(Errno.E2BIG, RuleId.PinCount);
        var number = Driver.InstanceOf(ref state, device);
        ref var instance = ref state.Instances[number];
        if (!instance.V2)
            return Outcome.Fails(Errno.EACCES, RuleId.PinV1);
        if (step.Dialect.ChecksOverflow && MapDma.Wraps(step.Operation.X, pages * Limits.PageSize))
            return Outcome.Fails(Errno.EOVERFLOW, RuleId.PinWrap);
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        var looks = instance.InvalidCount != 0 || (hasWaited && step.Dialect.ForgetsThatItWaited);
        if (looks && step.Dialect.WaitsForVaddr)
        {
            switch (FindInvalid(step, instance, (int)pages))
            {
                case Wait.Unmapped:
                    return Outcome.Fails(Errno.EINVAL, RuleId.PinUnmapped);
                case Wait.Invalid:
                    return VaddrWait.Sleep(step, number);
            }
        }
        if (instance.RegisteredCount == 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.PinUnregistered);
        return PinAll(step, device, ref instance, (int)pages);
    }

    private enum Wait
    {
        Ready,
        Unmapped,
        Invalid,
    }

    /// <summary>vfio_find_dma_valid for each page from the first (5.5); BLK1 goes on where it slept (BZ-04).</summary>
    private static Wait FindInvalid(in Step step, in Instance instance, int pages)
    {
        ref var call = ref step.Call;
        var from = step.Dialect.ForgetsThatItWaited ? (int)call.Done : 0;
        for (var page = from; page < pages; page++)
        {
            var index = Find(step, instance, IovaOf(step, page));
            if (index < 0)
                return Wait.Unmapped;
            if (!step.State.Mappings[index].VaddrInvalid)
                continue;
            call.Done = (ulong)page;
            return Wait.Invalid;
        }
        return Wait.Ready;
    }

    private static Outcome PinAll(in Step step, int device, ref Instance instance, int pages)
    {
        ref var state = ref step.State;
        if (state.PinCount + pages > Capacity.Pins || state.RecordCount + pages > Capacity.Records)
        {
            step.Contract.Exceed("capacity: pins");
            return Outcome.Undecided;
        }
        if (MapDma.IsInterrupted(step))
            return Outcome.Interrupted;
        if (step.Operation.X % Limits.PageSize != 0)
            state.HasUnalignedPin = true;
        Span<byte> mappings = stackalloc byte[Limits.PinPagesMax];
        Span<ushort> frames = stackalloc ushort[Limits.PinPagesMax];
        var access = step.Operation.Access & Access.ReadWrite;
        for (var page = 0; page < pages; page++)
        {
            var refused = PinOne(step, instance, IovaOf(step, page), access, ref mappings[page], ref frames[page]);
            if (refused.Answer.Errno == Errno.None)
                continue;
            for (var taken = 0; taken < page; taken++)
                UnpinPages.From(step.Contract, ref state, mappings[taken], IovaOf(step, taken), !instance.HasDomain);
            return refused;
        }
        for (var page = 0; page < pages; page++)
            Driver.Remember(ref state, device, IovaOf(step, page), frames[page], access);
        return Outcome.Ok(RuleId.Pin, (ulong)pages);
    }

    /// <summary>One page, in the order of 5.2 row 8; charged when no iommu domain has charged it already.</summary>
    private static Outcome PinOne(
        in Step step, in Instance instance, ulong iova, Access access, ref byte found, ref ushort frame)
    {
        ref var state = ref step.State;
        var index = Find(step, instance, iova);
        if (index < 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.PinUnmapped);
        found = (byte)index;
        ref var mapping = ref state.Mappings[index];
        if ((mapping.Access & access) != access)
            return Outcome.Fails(Errno.EPERM, RuleId.PinAccess);
        var pin = PinTable.Find(ref state, index, iova);
        if (pin >= 0)
        {
            if (step.Contract.Planted != PlantedError.ForgetsSecondPinReference)
                state.Pins[pin].References++;
            frame = state.Pins[pin].Frame;
            return Outcome.Ok(RuleId.Pin);
        }
        var space = Charging.ServingSpace(step.Contract, ref state, mapping);
        if (space < 0 && !mapping.IsFileBacked)
            return Outcome.Fails(Errno.ENODEV, RuleId.PinNoMm);
        // Whoever has the address space now is the mapper: an exec or an exit of its own ends it.
        ref var process = ref state.Processes[mapping.Process];
        frame = Window.PinnedFrame(step.Dialect, ref state, ref process, mapping, mapping.Vaddr + (iova - mapping.Iova));
        if (frame == 0)
            return Outcome.Fails(Errno.EFAULT, RuleId.PinFault);
        if (ModelState.IsDevices(frame) && step.Dialect.RefusesPinOfDeviceMemory)
            return Outcome.Fails(Errno.EINVAL, RuleId.PinDevice);
        if (!instance.HasDomain && space >= 0 && !ModelState.IsReserved(frame))
        {
            var charged = Charging.Charge(step.Contract, ref state, ref mapping, 1);
            if (charged != Errno.None)
                return Outcome.Fails(charged, RuleId.PinLimit);
        }
        PinTable.Add(ref state, index, iova, frame);
        if (state.Instances[state.Mappings[index].Instance].TracksDirty)
            DirtyBitmap.Add(ref state, index, iova, 1);
        return Outcome.Ok(RuleId.Pin);
    }

    /// <summary>
    /// vfio_find_dma of a page's bytes. An iova that is no page's may meet two mappings; which one the kernel's tree gives is open (L11).
    /// </summary>
    public static int Find(in Step step, in Instance instance, ulong iova) =>
        Find(step.Contract, ref step.State, instance, iova);

    public static int Find(Contract contract, ref ModelState state, in Instance instance, ulong iova)
    {
        // In the last page of all an unaligned iova wraps, and no mapping ends there that begins at the bottom.
        var last = iova + Limits.PageSize - 1;
        var index = MappingTable.Find(ref state, instance, iova, last);
        if (index < 0 || state.Mappings[index].Last >= last)
            return index;
        var second = MappingTable.Find(ref state, instance, state.Mappings[index].Last + 1, last);
        return second >= 0 && contract.Either() ? second : index;
    }

    private static ulong IovaOf(in Step step, int page) => step.Operation.X + (ulong)page * Limits.PageSize;
}
