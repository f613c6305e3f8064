using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Memory;

/// <summary>locked_vm: whose, how much, against which limit (type1-semantics 3 Accounting, 6.1).</summary>
internal static class Charging
{
    /// <summary>
    /// vfio_lock_acct. The amount goes to the address space that the dialect names, be it dead (replay, L8). ESRCH when there is none.
    /// </summary>
    public static Errno Charge(Contract contract, ref ModelState state, ref Mapping mapping, long pages)
    {
        if (pages == 0)
            return Errno.None;
        var space = contract.Dialect.RecordsAddressSpace ? mapping.AddressSpace : SpaceOfTask(ref state, mapping);
        return space < 0 ? Errno.ESRCH : Change(ref state, ref mapping, pages, space);
    }

    /// <summary>vfio_lock_acct of what was charged before: a dead address space is left alone.</summary>
    public static void Recharge(Contract contract, ref ModelState state, ref Mapping mapping, long change)
    {
        var space = ServingSpace(contract, ref state, mapping);
        if (space >= 0)
            Change(ref state, ref mapping, change, space);
    }

    private static Errno Change(ref ModelState state, ref Mapping mapping, long pages, int space)
    {
        var limit = state.Processes[mapping.Process].Limit;
        var result = Account(ref state.AddressSpaces[space], pages, limit, mapping.LockCap);
        if (result == Errno.None)
            mapping.Charged += pages;
        return result;
    }

    /// <summary>__account_locked_vm: adding is checked unless the capability is there, subtracting never (and may wrap, 6.3).</summary>
    public static Errno Account(ref AddressSpace space, long pages, ulong limit, bool lockCap)
    {
        if (pages > 0 && !lockCap && space.Locked + (ulong)pages > limit)
            return Errno.ENOMEM;
        space.Locked += (ulong)pages;
        return Errno.None;
    }

    /// <summary>What an address space gave is taken back, whatever its limit is now.</summary>
    public static void Uncharge(ref AddressSpace space, long pages) => space.Locked -= (ulong)pages;

    /// <summary>
    /// The address space that serves the mapping's pins and dma_rw: the recorded one while alive, or in older dialects what the
    /// mapper's group leader has now (6.1). -1 when there is none.
    /// </summary>
    public static int ServingSpace(Contract contract, ref ModelState state, in Mapping mapping)
    {
        if (!contract.Dialect.RecordsAddressSpace)
            return SpaceOfTask(ref state, mapping);
        return state.AddressSpaces[mapping.AddressSpace].IsAlive ? mapping.AddressSpace : Quantity.NoIndex;
    }

    /// <summary>
    /// Pages that a call may charge and take back when it fails after all: MAP those of its range, an attach those of every mapping.
    /// </summary>
    public static ulong TransientMax(Contract contract, in ModelState state, int task)
    {
        ref readonly var call = ref state.Calls[task];
        if (call.Line == Call.NoLine || call.Phase == Phase.Returning)
            return 0;
        ref readonly var operation = ref contract.OperationOf(call.Line);
        if (operation.Kind == OperationKind.Map && (operation.MapFlags & MapFlags.Vaddr) == 0)
            return operation.Y / Limits.PageSize;
        ulong pages = 0;
        if (operation.Kind == OperationKind.Attach)
            for (var used = state.MappingsUsed; used != 0; used &= used - 1)
                pages += state.Mappings[System.Numerics.BitOperations.TrailingZeroCount(used)].Pages;
        return pages;
    }

    public static int SpaceOfTask(ref ModelState state, in Mapping mapping)
    {
        ref var process = ref state.Processes[mapping.Process];
        return process.Leader == mapping.Leader && state.AddressSpaces[process.AddressSpace].IsAlive
            ? process.AddressSpace
            : Quantity.NoIndex;
    }
}
