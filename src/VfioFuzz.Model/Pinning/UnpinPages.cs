using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Pinning;

/// <summary>The driver's unpin operation, and vfio_unpin_pages of one page (type1-semantics 5.3).</summary>
internal static class UnpinPages
{
    /// <summary>
    /// For each page, ascending, the driver's newest record of exactly that iova; pages without one are skipped. A driver without a lock
    /// may be called by others between two pages.
    /// </summary>
    public static Outcome Run(in Step step, int device)
    {
        ref var state = ref step.State;
        ref var call = ref step.Call;
        if (!Driver.CanUnpin(ref state, device) || !Driver.TryLock(step, device))
            return Outcome.Waits(RuleId.DriverLock);
        while (Next(step, device) is >= 0 and var record)
        {
            call.Done = state.Records[record].Iova + Limits.PageSize;
            Driver.Drop(step, record);
            call.Value++;
            if (call.Done < Limits.PageSize)
                break;
            if (!Driver.IsShared(step, device))
                continue;
            call.Phase = Phase.Locked;
            return Outcome.More;
        }
        Driver.Unlock(step, device);
        return Outcome.Ok(RuleId.Unpin, call.Value);
    }

    /// <summary>The newest record of the lowest iova that the call names and has not come to yet, or -1.</summary>
    private static int Next(in Step step, int device)
    {
        ref var state = ref step.State;
        var next = Quantity.NoIndex;
        for (var i = state.RecordCount - 1; i >= 0; i--)
        {
            ref readonly var record = ref state.Records[i];
            if (record.Device == device && record.Iova >= step.Call.Done && IsInRange(step.Operation, record.Iova)
                && (next == Quantity.NoIndex || record.Iova < state.Records[next].Iova))
                next = i;
        }
        return next;
    }

    private static bool IsInRange(in Operation unpin, ulong iova) =>
        (iova - unpin.X) % Limits.PageSize == 0 && (iova - unpin.X) / Limits.PageSize < unpin.Pages;

    /// <summary>vfio_unpin_pages(iova, 1): no mapping or no pin of that iova is passed over silently.</summary>
    public static void One(Contract contract, ref ModelState state, int instanceNumber, ulong iova)
    {
        ref var instance = ref state.Instances[instanceNumber];
        var mapping = PinPages.Find(contract, ref state, instance, iova);
        if (mapping >= 0)
            From(contract, ref state, mapping, iova, !instance.HasDomain);
    }

    /// <summary>vfio_unpin_page_external: the last reference releases the page, and its charge when no domain is there now.</summary>
    public static void From(Contract contract, ref ModelState state, int mapping, ulong iova, bool uncharge)
    {
        var pin = PinTable.Find(ref state, mapping, iova);
        if (pin < 0 || --state.Pins[pin].References > 0)
            return;
        var reserved = ModelState.IsReserved(state.Pins[pin].Frame);
        PinTable.RemoveAt(ref state, pin);
        if (uncharge && !reserved)
            Charging.Recharge(contract, ref state, ref state.Mappings[mapping], -1);
    }
}
