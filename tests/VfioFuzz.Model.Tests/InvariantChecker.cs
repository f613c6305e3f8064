using System.Numerics;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests;

/// <summary>I1 to I13 of type1-semantics 2.3, and the model's own books, over a settled state.</summary>
internal static class InvariantChecker
{
    public static void Check(Dialect dialect, Platform platform, ref ModelState state)
    {
        Span<int> mappingsSeen = stackalloc int[1];
        for (var number = 0; number < Capacity.Instances; number++)
            if (state.Instances[number].Exists)
                CheckInstance(dialect, platform, ref state, number, ref mappingsSeen[0]);
        Assert.Equal(BitOperations.PopCount(state.MappingsUsed), mappingsSeen[0]);
        CheckPins(ref state);
        CheckFiles(dialect, ref state);
        CheckContainers(ref state);
        if (dialect.RecordsAddressSpace && !state.HasUnalignedPin && !state.HasUnevenCharge)
            CheckLocked(ref state);
    }

    private static void CheckInstance(Dialect dialect, Platform platform, ref ModelState state, int number, ref int seen)
    {
        ref var instance = ref state.Instances[number];
        Assert.Equal(instance.EntryLimit, instance.DmaAvail + instance.Count); // I2
        uint invalid = 0;
        ulong previous = 0;
        for (var position = 0; position < instance.Count; position++, seen++)
        {
            ref var mapping = ref state.Mappings[instance.Order[position]];
            Assert.Equal(number, mapping.Instance);
            Assert.True(mapping.Size > 0 && ((mapping.Iova | mapping.Size) & (Limits.PageSize - 1)) == 0, "I1: size and alignment");
            Assert.True(position == 0 || mapping.Iova > previous, "I1: disjoint and ascending");
            previous = mapping.Last;
            invalid += mapping.VaddrInvalid ? 1u : 0u;
            Assert.Equal(instance.HasDomain, mapping.IommuMapped); // I4
            Assert.Equal(PinsOf(ref state, instance.Order[position]), mapping.PinCount);
            CheckRange(dialect, platform, instance, mapping);
            CheckCharge(dialect, ref state, instance, instance.Order[position]);
        }
        Assert.Equal(instance.InvalidCount, invalid); // I3
        // What lies behind the counts is nothing: states that mean the same must be the same to the judge's search.
        for (var position = (int)instance.Count; position < Capacity.Mappings; position++)
            Assert.Equal(0, instance.Order[position]);
        for (var position = (int)instance.RegisteredCount; position < Limits.DevicesMax; position++)
            Assert.Equal(0, instance.Registered[position]);
        if (dialect.ExcludesEmulatedGroups)
            Assert.True(invalid == 0 || instance.EmulatedGroups == 0, "I11: an invalid vaddr and an emulated group");
        if (instance.RegisteredCount == 0 && !state.HasUnalignedPin)
            for (var position = 0; position < instance.Count; position++)
                Assert.Equal(0, state.Mappings[instance.Order[position]].PinCount); // I12
    }

    /// <summary>I10. The blocking dialect checks ranges before it waits, and maps what came meanwhile (DL-09).</summary>
    private static void CheckRange(Dialect dialect, Platform platform, in Instance instance, in Mapping mapping)
    {
        if (!instance.HasDomain || dialect.WaitsForVaddr)
            return;
        ulong first = mapping.Iova, last = mapping.Last;
        Assert.Contains(platform.PciRanges, range => first >= range.First.Value && last <= range.Last.Value);
    }

    /// <summary>I7, but for charges that a dead address space keeps (bug-zoo L8).</summary>
    private static void CheckCharge(Dialect dialect, ref ModelState state, in Instance instance, int index)
    {
        ref var mapping = ref state.Mappings[index];
        if (!dialect.RecordsAddressSpace || !state.AddressSpaces[mapping.AddressSpace].IsAlive || state.HasUnalignedPin || state.HasUnevenCharge)
            return;
        Assert.Equal(instance.HasDomain ? mapping.Chargeable : PinTable.Chargeable(ref state, index), mapping.Charged);
    }

    private static int PinsOf(ref ModelState state, int mapping)
    {
        var count = 0;
        for (var i = 0; i < state.PinCount; i++)
            count += state.Pins[i].Mapping == mapping ? 1 : 0;
        return count;
    }

    /// <summary>I5, and that drivers and kernel agree on the references.</summary>
    private static void CheckPins(ref ModelState state)
    {
        for (var i = 0; i < state.PinCount; i++)
        {
            Assert.True(state.Pins[i].References >= 1, "I5: references");
            for (var j = 0; j < i; j++)
                Assert.False(state.Pins[i].Mapping == state.Pins[j].Mapping && state.Pins[i].Iova == state.Pins[j].Iova, "I5: twice");
        }
        Span<int> records = stackalloc int[Limits.DevicesMax];
        for (var i = 0; i < state.RecordCount; i++)
            records[state.Records[i].Device]++;
        var references = 0;
        for (var i = 0; i < state.PinCount; i++)
            references += state.Pins[i].References;
        if (!state.HasUnalignedPin)
            Assert.Equal(state.RecordCount, references);
        for (var device = 0; device < Limits.DevicesMax; device++)
        {
            Assert.Equal(state.Devices[device].RecordCount, records[device]);
            Assert.True(state.Devices[device].OpenCount > 0 || records[device] == 0, "I12: a closed device has records");
        }
    }

    private static void CheckFiles(Dialect dialect, ref ModelState state)
    {
        Span<int> references = stackalloc int[Capacity.Files + 1];
        for (var number = 0; number < Limits.ProcessesMax; number++)
        {
            ref var process = ref state.Processes[number];
            for (var slot = 0; slot < Limits.SlotsMax; slot++)
                references[process.Slots[slot]]++;
            for (var i = 0; i < process.MailCount; i++)
                references[process.Mail[i]]++;
            for (int i = process.MailCount; i < Limits.MailboxMax; i++)
                Assert.Equal(0, process.Mail[i]);
        }
        for (var task = 0; task < Limits.TasksMax; task++)
        {
            references[state.Calls[task].File]++;
            references[state.Calls[task].OtherFile]++;
        }
        for (var device = 0; device < Limits.DevicesMax; device++)
            if (dialect.DeviceKeepsGroupFile)
                references[state.Devices[device].OpenedFile] += Math.Max(0, state.Devices[device].Users - 1);
        for (var file = 0; file < state.FileCount; file++)
            Assert.Equal(references[file + 1], state.Files[file].References);
    }

    private static void CheckContainers(ref ModelState state)
    {
        for (var number = 0; number < state.ContainerCount; number++)
        {
            ref var container = ref state.Containers[number];
            Assert.True(container.InstancePlusOne == 0 || container.Groups != 0, "I13: an instance without a group");
            if (container.InstancePlusOne != 0)
                Assert.Equal(
                    container.Groups,
                    state.Instances[container.InstancePlusOne - 1].PciGroups | state.Instances[container.InstancePlusOne - 1].EmulatedGroups);
        }
    }

    /// <summary>VmLck of a live address space is the sum over the mappings that it has made or taken over (I7).</summary>
    private static void CheckLocked(ref ModelState state)
    {
        for (var space = 0; space < state.AddressSpaceCount; space++)
        {
            if (!state.AddressSpaces[space].IsAlive)
                continue;
            long sum = state.AddressSpaces[space].Own;
            for (var used = state.MappingsUsed; used != 0; used &= used - 1)
            {
                ref var mapping = ref state.Mappings[BitOperations.TrailingZeroCount(used)];
                sum += mapping.AddressSpace == space ? mapping.Charged : 0;
            }
            Assert.Equal(sum, (long)state.AddressSpaces[space].Locked);
        }
    }
}
