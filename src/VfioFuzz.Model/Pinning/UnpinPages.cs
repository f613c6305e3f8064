using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Pinning;

/// <summary>The driver's unpin operation, and vfio_unpin_pages of one page (type1-semantics 5.3).</summary>
internal static class UnpinPages
{
    /// <summary>For each page the driver's newest record of exactly that iova; pages without one are skipped.</summary>
    public static Outcome Run(in Step step, int device)
    {
        ref var state = ref step.State;
        if (!Driver.CanUnpin(ref state, device) || !Driver.TryLock(step, device))
            return Outcome.Waits(RuleId.DriverLock);
        ulong dropped = 0;
        var candidates = state.Devices[device].RecordCount;
        // Newest first over what the driver remembers, so that a count far beyond it costs nothing.
        for (var i = state.RecordCount - 1; i >= 0 && candidates > 0; i--)
        {
            if (state.Records[i].Device != device)
                continue;
            candidates--;
            if (!IsInRange(step.Operation, state.Records[i].Iova) || state.Records[i].IsPassedOver)
                continue;
            MarkOlder(ref state, device, i);
            Driver.Drop(step, i);
            dropped++;
        }
        foreach (ref var record in ((Span<PinRecord>)state.Records)[..state.RecordCount])
            record.IsPassedOver = false;
        Driver.Unlock(step, device);
        return Outcome.Ok(RuleId.Unpin, dropped);
    }

    private static bool IsInRange(in Operation unpin, ulong iova) =>
        (iova - unpin.X) % Limits.PageSize == 0 && (iova - unpin.X) / Limits.PageSize < unpin.Pages;

    /// <summary>One record for each iova goes in a call: older ones of the same iova are left alone.</summary>
    private static void MarkOlder(ref ModelState state, int device, int newest)
    {
        for (var i = 0; i < newest; i++)
            if (state.Records[i].Device == device && state.Records[i].Iova == state.Records[newest].Iova)
                state.Records[i].IsPassedOver = true;
    }

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
        PinTable.RemoveAt(ref state, pin);
        if (uncharge)
            Charging.Charge(contract, ref state, ref state.Mappings[mapping], -1, onlyIfAlive: true);
    }
}
