using System.Numerics;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Mappings;

/// <summary>The mappings of an instance, ascending by iova and disjoint (type1-semantics 2.3 I1).</summary>
internal static class MappingTable
{
    /// <summary>Position of the first mapping that ends at or beyond <paramref name="iova"/>; the count when none does.</summary>
    public static int FirstEndingFrom(ref ModelState state, in Instance instance, ulong iova)
    {
        int low = 0, high = instance.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (state.Mappings[instance.Order[middle]].Last < iova)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>Whether [first, last] begins or ends within a mapping (type1-semantics 1.6 row 11, 1.7).</summary>
    public static bool IsCut(ref ModelState state, in Instance instance, ulong first, ulong last)
    {
        var head = Find(ref state, instance, first, first);
        if (head >= 0 && state.Mappings[head].Iova != first)
            return true;
        var tail = Find(ref state, instance, last, last);
        return tail >= 0 && state.Mappings[tail].Last != last;
    }

    /// <summary>Index of the first mapping with a byte in [first, last], or -1.</summary>
    public static int Find(ref ModelState state, in Instance instance, ulong first, ulong last)
    {
        var position = FirstEndingFrom(ref state, instance, first);
        if (position == instance.Count)
            return Quantity.NoIndex;
        var index = instance.Order[position];
        return state.Mappings[index].Iova <= last ? index : Quantity.NoIndex;
    }

    public static int Insert(ref ModelState state, int instanceNumber, in Mapping mapping)
    {
        ref var instance = ref state.Instances[instanceNumber];
        var position = FirstEndingFrom(ref state, instance, mapping.Iova);
        var index = BitOperations.TrailingZeroCount(~state.MappingsUsed);
        state.MappingsUsed |= 1UL << index;
        state.Mappings[index] = mapping;
        state.Mappings[index].Instance = (byte)instanceNumber;
        Span<byte> order = instance.Order;
        order[position..instance.Count].CopyTo(order[(position + 1)..]);
        order[position] = (byte)index;
        instance.Count++;
        instance.DmaAvail--;
        return index;
    }

    /// <summary>
    /// vfio_remove_dma: untranslated, unpinned and uncharged; an invalid one wakes the waiters (5.5). External pins that are
    /// left leak with their charge (5.6, instance release).
    /// </summary>
    public static void Remove(Contract contract, ref ModelState state, ref Instance instance, int position)
    {
        int index = instance.Order[position];
        ref var mapping = ref state.Mappings[index];
        if (mapping.IommuMapped)
            Charging.Recharge(contract, ref state, ref mapping, -mapping.Chargeable);
        PinTable.Leak(ref state, index);
        Span<byte> order = instance.Order;
        order[(position + 1)..instance.Count].CopyTo(order[position..]);
        order[--instance.Count] = 0;
        instance.DmaAvail++;
        if (mapping.VaddrInvalid)
        {
            instance.InvalidCount--;
            Pinning.VaddrWait.WakeAll(ref state, mapping.Instance);
        }
        DirtyBits.Drop(ref state, index);
        mapping = default;
        state.MappingsUsed &= ~(1UL << index);
    }

    public static void RemoveAll(Contract contract, ref ModelState state, ref Instance instance)
    {
        while (instance.Count > 0)
            Remove(contract, ref state, ref instance, 0);
    }
}
