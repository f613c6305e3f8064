using VfioFuzz.Model.State;

namespace VfioFuzz.Model.Memory;

/// <summary>The externally pinned iovas of all mappings: one page reference each, however many driver references (I5).</summary>
internal static class PinTable
{
    /// <summary>Index of the pin of exactly this iova, or -1.</summary>
    public static int Find(ref ModelState state, int mapping, ulong iova)
    {
        if (state.Mappings[mapping].PinCount == 0)
            return Quantity.NoIndex;
        var pins = ((ReadOnlySpan<ExternalPin>)state.Pins)[..state.PinCount];
        for (var i = 0; i < pins.Length; i++)
            if (pins[i].Iova == iova && pins[i].Mapping == mapping)
                return i;
        return Quantity.NoIndex;
    }

    public static void Add(ref ModelState state, int mapping, ulong iova, ushort frame)
    {
        state.Pins[state.PinCount++] =
            new ExternalPin { Iova = iova, Frame = frame, Mapping = (byte)mapping, References = 1 };
        state.Mappings[mapping].PinCount++;
    }

    public static void RemoveAt(ref ModelState state, int index)
    {
        state.Mappings[state.Pins[index].Mapping].PinCount--;
        state.Pins[index] = state.Pins[--state.PinCount];
    }

    /// <summary>How many of the mapping's pins are a charge when no iommu translates it: those of reserved pages are none.</summary>
    public static long Chargeable(ref ModelState state, int mapping)
    {
        long count = state.Mappings[mapping].PinCount;
        foreach (ref readonly var pin in ((ReadOnlySpan<ExternalPin>)state.Pins)[..state.PinCount])
            if (pin.Mapping == mapping && ModelState.IsReserved(pin.Frame))
                count--;
        return count;
    }

    /// <summary>
    /// How many of the pages that the iommu translates to and that are a charge have a pin of their exact iova, whatever page that holds.
    /// </summary>
    public static int PagesPinned(ref ModelState state, int mapping)
    {
        ref var owner = ref state.Mappings[mapping];
        if (owner.PinCount == 0)
            return 0;
        var count = 0;
        foreach (ref readonly var pin in ((ReadOnlySpan<ExternalPin>)state.Pins)[..state.PinCount])
            if (pin.Mapping == mapping && (pin.Iova - owner.Iova) % Programs.Limits.PageSize == 0
                && !ModelState.IsReserved(owner.FrameOf((int)((pin.Iova - owner.Iova) / Programs.Limits.PageSize))))
                count++;
        return count;
    }

    /// <summary>Forgets the pins of a mapping that goes: their pages stay pinned for ever (5.6).</summary>
    public static void Leak(ref ModelState state, int mapping)
    {
        for (var i = state.PinCount - 1; i >= 0; i--)
            if (state.Pins[i].Mapping == mapping)
                RemoveAt(ref state, i);
    }
}
