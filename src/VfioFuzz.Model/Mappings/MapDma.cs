using VfioFuzz.Model.Files;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.Pinning;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Mappings;

/// <summary>
/// VFIO_IOMMU_MAP_DMA: the checks in the kernel's order (type1-semantics 1.5, whose rows the comments name), then map (3) or set vaddr (4.4).
/// A container without a driver has been refused before (<see cref="Files.Target"/>).
/// </summary>
internal static class MapDma
{
    private const MapFlags Known = MapFlags.Read | MapFlags.Write | MapFlags.Vaddr;

    /// <summary>The whole struct: what every argsz must cover, and what is copied in. Nothing is copied back.</summary>
    private const uint Least = 32;

    public static Outcome Run(in Step step)
    {
        ref readonly var map = ref step.Operation;
        if (!map.Argument.IsReadable)
            return Outcome.Fails(Errno.EFAULT, RuleId.MapCopyIn); // row 1
        if (map.Argument.Size < Least)
            return Outcome.Fails(Errno.EINVAL, RuleId.MapArgsz); // row 2
        var known = step.Dialect.UpdatesVaddr ? Known : MapFlags.Read | MapFlags.Write;
        if ((map.MapFlags & ~known) != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.MapFlags); // row 2
        if (step.Dialect.ChecksOverflow)
        {
            if (map.Y == 0)
                return Outcome.Fails(Errno.EINVAL, RuleId.MapEmpty); // row 4
            if (Wraps(map.X, map.Y) || Wraps(map.Z, map.Y))
                return Outcome.Fails(Errno.EOVERFLOW, RuleId.MapOverflow); // row 5
        }
        var sets = (map.MapFlags & MapFlags.Vaddr) != 0;
        var access = (Access)(map.MapFlags & (MapFlags.Read | MapFlags.Write));
        if (sets == (access != 0))
            return Outcome.Fails(Errno.EINVAL, RuleId.MapAccess); // row 6

        // The last group was detached since the ioctl was dispatched.
        var number = FileTable.ContainerOf(step).InstancePlusOne - 1;
        if (number < 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.NoDriver);
        ref var instance = ref step.State.Instances[number];
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        var pageSize = step.Contract.PageSizeOf(instance);
        if (map.Y == 0 || ((map.X | map.Y | map.Z) & (pageSize - 1)) != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.MapAlignment); // row 7
        if (Wraps(map.X, map.Y) || Wraps(map.Z, map.Y))
            return Outcome.Fails(Errno.EINVAL, RuleId.MapWrap); // row 8
        if (sets)
            return SetVaddr(step, ref instance); // row 9
        var file = step.Dialect.KeepsFile ? Window.FileOf(step.Process, map.Z, map.Y) : null;
        return Map(step, number, access, map.Z, file);
    }

    /// <summary>MAP_FILE: the checks of MAP, with a file offset in place of the vaddr (OperationKind.MapFile).</summary>
    public static Outcome RunOfFile(in Step step)
    {
        ref readonly var map = ref step.Operation;
        if ((map.MapFlags & ~(MapFlags.Read | MapFlags.Write)) != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.MapFlags);
        if (map.MapFlags == 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.MapAccess);
        // The last group was detached since the ioctl was dispatched.
        var number = FileTable.ContainerOf(step).InstancePlusOne - 1;
        if (number < 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.NoDriver);
        ref var instance = ref step.State.Instances[number];
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        if (map.Y == 0 || ((map.X | map.Y | map.Z) & (step.Contract.PageSizeOf(instance) - 1)) != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.MapAlignment);
        if (Wraps(map.X, map.Y) || Wraps(map.Z, map.Y))
            return Outcome.Fails(Errno.EINVAL, RuleId.MapWrap);
        return Map(step, number, (Access)map.MapFlags, Limits.WindowBase + map.Z, MemoryKind.File);
    }

    /// <summary>Only the last byte is tested: a range may end at 2^64.</summary>
    public static bool Wraps(ulong start, ulong size) => start + size - 1 < start;

    private static Outcome Map(in Step step, int number, Access access, ulong vaddr, MemoryKind? file)
    {
        ref var state = ref step.State;
        ref var instance = ref state.Instances[number];
        ulong first = step.Operation.X, last = first + step.Operation.Y - 1;
        if (MappingTable.Find(ref state, instance, first, last) >= 0)
            return Outcome.Fails(
                step.Contract.Planted == PlantedError.OverlapIsInvalid ? Errno.EINVAL : Errno.EEXIST, RuleId.MapExists); // row 10
        if (instance.DmaAvail == 0)
            return Outcome.Fails(Errno.ENOSPC, RuleId.MapSpace); // row 11
        if (!IsInsideOneRange(step.Contract, instance, first, last))
            return Outcome.Fails(Errno.EINVAL, RuleId.MapRange); // row 12

        var mapping = new Mapping
        {
            Iova = first,
            Size = step.Operation.Y,
            Vaddr = vaddr,
            IsFileBacked = file is not null,
            File = file ?? default,
            Access = access,
            LockCap = step.HasLockCap,
            AddressSpace = step.Process.AddressSpace,
            Process = (byte)step.ProcessNumber,
            Leader = step.Process.Leader,
        };
        if (!instance.HasDomain)
        {
            if (instance.TracksDirty && DirtyPages.Allocate(step.Contract, mapping.Pages) is not Errno.None and var tooLong)
                return Outcome.Fails(tooLong, RuleId.MapDirtyTooLong); // row 15
            MappingTable.Insert(ref state, number, mapping);
            return Outcome.Ok(RuleId.Map);
        }
        var refused = PinAndCharge(step, ref mapping, instance.Count); // row 14
        if (!refused.Answer.IsOk)
            return refused;
        MappingTable.Insert(ref state, number, mapping);
        return refused;
    }

    /// <summary>
    /// vfio_pin_map_dma: page after page, memory first and then the limit. The charge of one physical run is committed before the
    /// next is pinned and to the same address space, so how memory is laid out cannot be told.
    /// </summary>
    private static Outcome PinAndCharge(in Step step, ref Mapping mapping, int others)
    {
        if (IsInterrupted(step))
            return Outcome.Interrupted;
        ref var space = ref step.State.AddressSpaces[step.Process.AddressSpace];
        ulong charged = 0;
        for (ulong page = 0; page < mapping.Pages; page++)
        {
            var frame = Window.PinnedFrame(step.Dialect, ref step.State, ref step.Process, mapping, mapping.Vaddr + page * Limits.PageSize);
            if (frame == 0)
                return Outcome.Fails(Errno.EFAULT, RuleId.MapPin);
            mapping.Translate((int)page, frame);
            if (ModelState.IsReserved(frame))
                continue;
            charged++;
            if (!mapping.LockCap && space.Locked + charged > step.Process.Limit)
                return Outcome.Fails(Errno.ENOMEM, RuleId.MapLimit);
        }
        mapping.IommuMapped = true;
        if (step.Contract.Planted == PlantedError.ForgetsChargeOfSecondMap && others > 0)
            return Outcome.Ok(RuleId.Map);
        Charging.Charge(step.Contract, ref step.State, ref mapping, (long)charged);
        return Outcome.Ok(RuleId.Map);
    }

    /// <summary>
    /// A fatal signal ends get_user_pages and the wait for the mmap lock (type1-semantics 3 Accounting), if it comes in time. The caller
    /// dies either way; whether its call did anything is open.
    /// </summary>
    public static bool IsInterrupted(in Step step) => step.Call.Fatal && step.Contract.Either();

    private static bool IsInsideOneRange(Contract contract, in Instance instance, ulong first, ulong last)
    {
        if (instance.IovaList != IovaList.Platform)
            return true;
        foreach (var range in contract.Platform.PciRanges)
            if (first >= range.First.Value && last <= range.Last.Value)
                return true;
        return false;
    }

    /// <summary>MAP+VADDR (4.4): the exact mapping, invalid; the owner may change; waiters are woken.</summary>
    private static Outcome SetVaddr(in Step step, ref Instance instance)
    {
        ref var state = ref step.State;
        ref readonly var map = ref step.Operation;
        var index = MappingTable.Find(ref state, instance, map.X, map.X + map.Y - 1);
        if (index < 0)
            return Outcome.Fails(Errno.ENOENT, RuleId.MapVaddrNone);
        ref var mapping = ref state.Mappings[index];
        if (!mapping.VaddrInvalid || mapping.Iova != map.X || mapping.Size != map.Y)
            return Outcome.Fails(Errno.EINVAL, RuleId.MapVaddrMismatch);
        if (step.Dialect.ChangesOwner && mapping.AddressSpace != step.Process.AddressSpace && !ChangeOwner(step, index))
            return Outcome.Fails(Errno.ENOMEM, RuleId.MapVaddrLimit);
        mapping.Vaddr = map.Z;
        mapping.VaddrInvalid = false;
        instance.InvalidCount--;
        VaddrWait.WakeAll(ref state, mapping.Instance);
        return Outcome.Ok(RuleId.MapVaddr);
    }

    /// <summary>vfio_change_dma_owner: charge the new address space, uncharge the old if it lives, replace owner and capability.</summary>
    private static bool ChangeOwner(in Step step, int index)
    {
        ref var state = ref step.State;
        ref var mapping = ref state.Mappings[index];
        ref var process = ref step.Process;
        var charged = mapping.Charged;
        if (Charging.Account(ref state.AddressSpaces[process.AddressSpace], charged, process.Limit, step.HasLockCap) != 0)
            return false;
        // A count that a dead owner could not give back moves with the rest (KC-1).
        state.HasUnevenCharge |= charged != (mapping.IommuMapped ? mapping.Chargeable : PinTable.Chargeable(ref state, index));
        ref var old = ref state.AddressSpaces[mapping.AddressSpace];
        if (old.IsAlive)
            Charging.Uncharge(ref old, charged);
        mapping.AddressSpace = process.AddressSpace;
        mapping.Process = (byte)step.ProcessNumber;
        mapping.Leader = process.Leader;
        mapping.LockCap = step.HasLockCap;
        return true;
    }
}
