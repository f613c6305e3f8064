using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Hardware;
using VfioFuzz.Simulation.Kernel;
using Lock = VfioFuzz.Simulation.Kernel.Lock;

namespace VfioFuzz.Simulation.Running;

/// <summary>
/// State rules: facts of memory, pins and IOMMU against what the design's own books say (type1-semantics 2.3, design "Rules (at least)").
/// Those about mappings hold whenever the instance's mutex is free.
/// </summary>
internal static class StateRules<TDesign>
    where TDesign : struct, IDesign
{
    /// <summary>Tells <paramref name="observer"/> of each rule that the state breaks.</summary>
    public static void Check(in MachineState state, IMachineObserver observer)
    {
        if (state.Hardware.Fault != HardwareFault.None)
            observer.Broken(NameOf(state.Hardware.Fault), Machine<TDesign>.NoLine, $"hardware: {state.Hardware.Fault}");
        CheckTranslations(in state, observer);
        CheckPins(in state, observer);
        for (var instance = 0; instance < MachineState.InstancesMax; instance++)
        {
            if (state.Instances[instance].Flags != 0 && state.Locks[Lock.IommuMutex(instance)] == 0)
                CheckInstance(in state, instance, observer);
        }
    }

    private static string NameOf(HardwareFault fault) => fault switch
    {
        HardwareFault.UnpinWithoutPin => RuleName.PinBalance,
        _ => RuleName.VisiblePage,
    };

    /// <summary>A page visible to a device after its mapping is gone: never. With the mutex held a removal may be under way.</summary>
    private static void CheckTranslations(in MachineState state, IMachineObserver observer)
    {
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            if (state.Hardware.TranslatedPages(m) == 0)
                continue;
            ref readonly var mapping = ref state.Mappings[m];
            var iova = state.Hardware.TranslatedIova(m);
            if (mapping.InUse == 0 || mapping.Iova != iova || mapping.InUse - 1 != state.Hardware.TranslatedDomain(m))
                observer.Broken(RuleName.VisiblePage, Machine<TDesign>.NoLine, $"the IOMMU translates {new Iova(iova)} and no mapping is there");
        }
    }

    /// <summary>I5, I6: every pin is a translated page's or an external node's, and no other pin exists.</summary>
    private static void CheckPins(in MachineState state, IMachineObserver observer)
    {
        var accounted = 0;
        for (var m = 0; m < MachineState.MappingsMax; m++)
            accounted += state.Hardware.TranslatedPages(m);
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
        {
            ref readonly var p = ref state.Pins[pin];
            if (p.InUse == 0)
                continue;
            accounted++;
            if (p.References == 0 || state.Hardware.PinsOf(p.Frame) == 0)
                observer.Broken("I5", Machine<TDesign>.NoLine, $"external pin {pin} has {p.References} references, {state.Hardware.PinsOf(p.Frame)} pins");
        }
        if (accounted != state.Hardware.PinsTaken)
            observer.Broken(RuleName.LeakedPin, Machine<TDesign>.NoLine, $"{state.Hardware.PinsTaken} pins are held, {accounted} are accounted for");
    }

    private static void CheckInstance(in MachineState state, int number, IMachineObserver observer)
    {
        ref readonly var instance = ref state.Instances[number];
        var (count, invalid) = (0, 0);
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            ref readonly var mapping = ref state.Mappings[m];
            if (mapping.InUse != number + 1)
                continue;
            count++;
            invalid += (mapping.Flags & MappingFlags.VaddrInvalid) != 0 ? 1 : 0;
            CheckMapping(in state, number, m, observer);
        }
        if (instance.Available + count != instance.Limit)
            observer.Broken("I2", Machine<TDesign>.NoLine, $"dma_avail {instance.Available} with {count} mappings");
        if (instance.InvalidCount != invalid)
            observer.Broken("I3", Machine<TDesign>.NoLine, $"vaddr_invalid_count {instance.InvalidCount} with {invalid} invalid mappings");
        if (TDesign.ExcludesMediated && invalid != 0 && instance.EmulatedGroups != 0)
            observer.Broken("I11", Machine<TDesign>.NoLine, "an invalid vaddr beside an emulated group");
    }

    private static void CheckMapping(in MachineState state, int instance, int m, IMachineObserver observer)
    {
        ref readonly var mapping = ref state.Mappings[m];
        // A mapping that ends at 2^64 escapes every lookup (bug-zoo BZ-16): known, and judged by its answers.
        if (!TDesign.FindsLastPage && mapping.Iova + mapping.Size == 0)
            return;
        if (((mapping.Iova | mapping.Size) & (Limits.PageSize - 1)) != 0 || mapping.Size == 0)
            observer.Broken("I1", Machine<TDesign>.NoLine, $"mapping {new Iova(mapping.Iova)} size {new ByteCount(mapping.Size)}");
        for (var other = m + 1; other < MachineState.MappingsMax; other++)
        {
            ref readonly var o = ref state.Mappings[other];
            if (o.InUse == instance + 1 && o.Iova <= mapping.Iova + mapping.Size - 1 &&
                mapping.Iova <= o.Iova + o.Size - 1)
                observer.Broken("I1", Machine<TDesign>.NoLine, $"mappings {new Iova(mapping.Iova)} and {new Iova(o.Iova)} overlap");
        }
        var expected = state.Instances[instance].DomainGroups != 0 ? mapping.Size / Limits.PageSize : 0;
        if ((ulong)state.Hardware.TranslatedPages(m) != expected)
            observer.Broken("I4", Machine<TDesign>.NoLine, $"{state.Hardware.TranslatedPages(m)} of {expected} pages of {new Iova(mapping.Iova)} are translated");
    }
}
