using VfioFuzz.Model.Mappings;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Pinning;

/// <summary>vfio_dma_rw (type1-semantics 5.4): through the vaddr, one mapping after the other, under the driver's lock.</summary>
internal static class DmaRw
{
    /// <summary>The test drivers' buffer (OperationKind.DmaRw).</summary>
    private const ulong LengthMax = 16384;

    public static Outcome Run(in Step step, int device)
    {
        ref var call = ref step.Call;
        if (call.Phase == Phase.Start)
        {
            if (!Driver.TryLock(step, device))
                return Outcome.Waits(RuleId.DriverLock);
            call.Phase = Phase.Locked;
            return Locked(step, device).AfterProgress();
        }
        if (call.Phase == Phase.WaitingForVaddr)
        {
            if (!VaddrWait.MayWake(step))
                return Outcome.Waits(RuleId.PinInvalid);
            call.Phase = Phase.Locked;
            if (VaddrWait.GivesUp(step))
                return Finish(step, device, Outcome.Fails(Errno.EFAULT, RuleId.PinWoken));
        }
        return Locked(step, device);
    }

    private static Outcome Locked(in Step step, int device)
    {
        var outcome = Chunks(step, device);
        return outcome.HasReturned ? Finish(step, device, outcome) : outcome;
    }

    private static Outcome Finish(in Step step, int device, Outcome outcome)
    {
        Driver.Unlock(step, device);
        return outcome;
    }

    private static Outcome Chunks(in Step step, int device)
    {
        ref var call = ref step.Call;
        if (step.Operation.Y > LengthMax)
            return Outcome.Fails(Errno.EINVAL, RuleId.RwTooLong);
        if (step.Operation.Y == 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.RwLength);
        var number = Driver.InstanceOf(ref step.State, device);
        ref var instance = ref step.State.Instances[number];
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        while (call.Done < step.Operation.Y)
        {
            var iova = step.Operation.X + call.Done;
            var index = MappingTable.Find(ref step.State, instance, iova, iova);
            if (index < 0)
                return Outcome.Fails(Errno.EINVAL, RuleId.RwUnmapped);
            ref readonly var mapping = ref step.State.Mappings[index];
            if (mapping.VaddrInvalid && step.Dialect.WaitsForVaddr)
                return VaddrWait.Sleep(step, number);
            var count = Math.Min(step.Operation.Y - call.Done, mapping.Size - (iova - mapping.Iova));
            var refused = Chunk(step, mapping, iova, count);
            if (refused.Answer.Errno != Errno.None)
                return refused;
            if (step.State.Instances[number].TracksDirty && (step.Operation.Access & Access.Write) != 0)
                DirtyBitmap.Add(ref step.State, index, iova, count);
            call.Done += count;
        }
        return Outcome.Ok(RuleId.Rw, call.Value);
    }

    /// <summary>vfio_iommu_type1_dma_rw_chunk. READ is needed even to write (bug-zoo L14).</summary>
    private static Outcome Chunk(in Step step, in Mapping mapping, ulong iova, ulong count)
    {
        ref var state = ref step.State;
        var write = (step.Operation.Access & Access.Write) != 0;
        var needed = write ? Access.ReadWrite : Access.Read;
        if ((mapping.Access & needed) != needed)
            return Outcome.Fails(Errno.EPERM, RuleId.RwAccess);
        var space = Charging.ServingSpace(step.Contract, ref state, mapping);
        if (space < 0 && !mapping.IsFileBacked)
            return Outcome.Fails(Errno.EPERM, RuleId.RwNoMm);
        if (!step.IsWorker && step.Process.AddressSpace != space && !mapping.IsFileBacked)
            return Outcome.Fails(Errno.EFAULT, RuleId.RwForeign);
        // Whoever has the address space now is the mapper: an exec or an exit of its own ends it.
        ref var process = ref state.Processes[mapping.Process];
        return Copy(step, process, mapping, mapping.Vaddr + (iova - mapping.Iova), iova, count, write)
            ? Outcome.Ok(RuleId.Rw)
            : Outcome.Fails(Errno.EFAULT, RuleId.RwFault);
    }

    /// <summary>copy_to_user and copy_from_user stop at the first page that faults; what was copied before stays.</summary>
    private static bool Copy(
        in Step step, in Process process, in Mapping mapping, ulong address, ulong iova, ulong count, bool write)
    {
        ref var state = ref step.State;
        for (ulong done = 0; done < count;)
        {
            var frame = mapping.IsFileBacked
                ? Window.FrameOf(ref state, process, mapping, address + done)
                : Window.FrameAt(state, process, address + done, write);
            if (frame == 0)
                return false;
            var offset = (address + done) % Limits.PageSize;
            if (offset == 0 && write)
                state.Store(frame, step.Tag);
            if (offset == 0 && !write && iova + done == step.Operation.X)
                step.Call.Value = state.ContentOf(frame);
            done += Math.Min(count - done, Limits.PageSize - offset);
        }
        return true;
    }
}
