using VfioFuzz.Programs;

namespace VfioFuzz.PageModel;

/// <summary>
/// The contract of mapping, vaddr and pin counting once more, as dumb as can be: an array with a cell for each iova page, and every
/// answer found by looking at the cells. One process, one container with an iommu group, an emulated group or both, nothing concurrent.
/// Written from the dossier; slow and plain on purpose, so that an error of the reference model is not made twice.
/// </summary>
/// <param name="isV2">Whether SET_IOMMU was asked for TYPE1v2.</param>
/// <param name="hasIommu">Whether an iommu group is attached at the start.</param>
/// <param name="hasMdev">Whether an mdev's group is attached, and its device open.</param>
/// <param name="excludes">Whether invalid vaddrs and emulated groups exclude each other; else calls wait for a vaddr.</param>
public sealed class PageMachine(bool isV2, bool hasIommu, bool hasMdev, bool excludes)
{
    /// <summary>Iova pages that the array has; of what lies beyond this machine has no opinion.</summary>
    public const int Pages = 32;

    private const ulong Unit = 4096;
    private const ulong KnownMapFlags = 7;
    private const ulong ReadOrWrite = 3;

    private readonly Cell[] cells = new Cell[Pages];
    private readonly bool[] isMapped = new bool[Limits.WindowPages];
    private readonly bool[] isWritable = new bool[Limits.WindowPages];
    private readonly bool[] isReadable = new bool[Limits.WindowPages];
    private readonly bool[] isOwnLocked = new bool[Limits.OwnPages];
    private bool hasCapability = true;
    private ulong limit = ulong.MaxValue;
    private int maps;

    private struct Cell
    {
        /// <summary>Which MAP covers the page, counted from 1; 0 when none does.</summary>
        public int Map;
        public ulong HostAddress;
        public Access Access;
        public bool IsInvalid;
        public bool IsUnlimited;

        /// <summary>References that the driver has on the page.</summary>
        public int Pins;
    }

    /// <summary>The window as every program finds it: all there, all writable.</summary>
    public void Start()
    {
        isMapped.AsSpan().Fill(true);
        isWritable.AsSpan().Fill(true);
        isReadable.AsSpan().Fill(true);
    }

    /// <summary>Does the operation and answers it; null when it is none of this machine's business.</summary>
    public Answer? Do(in Operation operation) => operation.Kind switch
    {
        OperationKind.Map => Map(operation),
        OperationKind.Unmap => Unmap(operation),
        OperationKind.Pin => Pin(operation),
        OperationKind.Unpin => Unpin(operation),
        OperationKind.Attach => Attach(),
        OperationKind.Detach => Detach(),
        OperationKind.Observe => Answer.Ok(Locked()),
        OperationKind.SetLimit => Set(out limit, operation.X),
        OperationKind.SetCapability => Set(out hasCapability, operation.Flags != 0),
        OperationKind.Mlock => Lock(operation.Pages),
        OperationKind.Munlock => Unlock(),
        OperationKind.Mmap when operation.MemoryKind is MemoryKind.NoAccess => Back(operation, mapped: true, writable: false, readable: false),
        OperationKind.Munmap => Back(operation, mapped: false, writable: false),
        OperationKind.Mmap when operation.MemoryKind is MemoryKind.Anonymous => Back(operation, mapped: true, writable: true),
        OperationKind.Mmap when operation.MemoryKind is MemoryKind.AnonymousReadOnly => Back(operation, mapped: true, writable: false),
        _ => null,
    };

    private Answer? Map(in Operation map)
    {
        var sets = (map.Flags & (uint)MapFlags.Vaddr) != 0;
        if ((map.Flags & ~KnownMapFlags) != 0 || sets == ((map.Flags & ReadOrWrite) != 0))
            return Answer.Fails(Errno.EINVAL);
        if (map.Y == 0 || map.X % Unit != 0 || map.Y % Unit != 0 || map.Z % Unit != 0)
            return Answer.Fails(Errno.EINVAL);
        if (!IsInside(map.X, map.Y))
            return null;
        int first = (int)(map.X / Unit), end = first + (int)(map.Y / Unit);
        if (sets)
            return SetVaddr(first, end, map.Z);
        for (var page = first; page < end; page++)
            if (cells[page].Map != 0)
                return Answer.Fails(Errno.EEXIST);
        var access = (Access)(map.Flags & ReadOrWrite);
        if (hasIommu && Refused(first, end, map.Z, access) is { } refused)
            return refused;
        maps++;
        for (var page = first; page < end; page++)
            cells[page] = new Cell
            {
                Map = maps,
                HostAddress = map.Z + (ulong)(page - first) * Unit,
                Access = access,
                IsUnlimited = hasCapability,
            };
        return Answer.Ok();
    }

    /// <summary>What an iommu's MAP meets page by page: memory first, then the limit.</summary>
    private Answer? Refused(int first, int end, ulong address, Access access)
    {
        var locked = Locked();
        for (var page = first; page < end; page++, address += Unit)
        {
            if (!IsThere(address, access))
                return Answer.Fails(Errno.EFAULT);
            if (!hasCapability && ++locked > limit)
                return Answer.Fails(Errno.ENOMEM);
        }
        return null;
    }

    private Answer SetVaddr(int first, int end, ulong address)
    {
        var met = 0;
        for (var page = first; page < end && met == 0; page++)
            met = cells[page].Map;
        if (met == 0)
            return Answer.Fails(Errno.ENOENT);
        for (var page = 0; page < Pages; page++)
            if ((cells[page].Map == met) != (page >= first && page < end) || (cells[page].Map == met && !cells[page].IsInvalid))
                return Answer.Fails(Errno.EINVAL);
        for (var page = first; page < end; page++, address += Unit)
            (cells[page].HostAddress, cells[page].IsInvalid) = (address, false);
        return Answer.Ok();
    }

    private Answer? Unmap(in Operation unmap)
    {
        var all = (unmap.Flags & (uint)UnmapFlags.All) != 0;
        var vaddr = (unmap.Flags & (uint)UnmapFlags.Vaddr) != 0;
        if ((unmap.Flags & ~(uint)(UnmapFlags.All | UnmapFlags.Vaddr)) != 0)
            return Answer.Fails(Errno.EINVAL);
        if (vaddr && hasMdev && excludes)
            return Answer.Fails(Errno.EBUSY);
        if (unmap.X % Unit != 0 || (all ? unmap.X != 0 || unmap.Y != 0 : unmap.Y == 0 || unmap.Y % Unit != 0))
            return Answer.Fails(Errno.EINVAL);
        if (!all && !IsInside(unmap.X, unmap.Y))
            return null;
        int first = (int)(unmap.X / Unit), end = all ? Pages : first + (int)(unmap.Y / Unit);
        if (isV2 && !all && (IsCutAt(first) || IsCutAt(end)))
            return Answer.Fails(Errno.EINVAL);
        var taken = new List<int>();
        for (var page = first; page < end; page++)
        {
            if (page == first && IsCutAt(first) && cells[page].Map != 0)
                break;
            if (cells[page].Map != 0 && !taken.Contains(cells[page].Map))
                taken.Add(cells[page].Map);
        }
        return vaddr ? Invalidate(taken) : Remove(taken);
    }

    /// <summary>Whether one mapping covers the pages on both sides of the edge.</summary>
    private bool IsCutAt(int page) => page > 0 && page < Pages && cells[page].Map != 0 && cells[page].Map == cells[page - 1].Map;

    private Answer Invalidate(List<int> taken)
    {
        foreach (var cell in cells)
            if (taken.Contains(cell.Map) && cell.IsInvalid)
                return Answer.Fails(Errno.EINVAL);
        ulong size = 0;
        for (var page = 0; page < Pages; page++)
            if (taken.Contains(cells[page].Map))
            {
                cells[page].IsInvalid = true;
                size += Unit;
            }
        return Answer.Ok(size);
    }

    /// <summary>The driver unpins whatever it has there when it is told.</summary>
    private Answer Remove(List<int> taken)
    {
        ulong size = 0;
        for (var page = 0; page < Pages; page++)
            if (taken.Contains(cells[page].Map))
            {
                cells[page] = default;
                size += Unit;
            }
        return Answer.Ok(size);
    }

    private Answer? Pin(in Operation pin)
    {
        if (pin.Pages == 0 || pin.Pages > 512)
            return Answer.Fails(pin.Pages == 0 ? Errno.EINVAL : Errno.E2BIG);
        if (!isV2)
            return Answer.Fails(Errno.EACCES);
        if (!hasMdev || pin.X % Unit != 0 || !IsInside(pin.X, pin.Pages * Unit))
            return null;
        int first = (int)(pin.X / Unit), end = first + (int)pin.Pages;
        if (MeetsInvalid(first, end))
            return null;
        var before = (Cell[])cells.Clone();
        for (var page = first; page < end; page++)
            if (PinOne(page, (Access)(pin.Flags & ReadOrWrite)) is { } refused)
            {
                before.CopyTo(cells, 0);
                return refused;
            }
        return Answer.Ok(pin.Pages);
    }

    /// <summary>Where calls wait, this one would, or would find a page without a mapping first.</summary>
    private bool MeetsInvalid(int first, int end)
    {
        for (var page = first; page < end; page++)
            if (cells[page].IsInvalid)
                return true;
        return !excludes && Array.Exists(cells, cell => cell.IsInvalid) && Array.Exists(cells[first..end], cell => cell.Map == 0);
    }

    private Answer? PinOne(int page, Access asked)
    {
        ref var cell = ref cells[page];
        if (cell.Map == 0)
            return Answer.Fails(Errno.EINVAL);
        if ((cell.Access & asked) != asked)
            return Answer.Fails(Errno.EPERM);
        if (cell.Pins == 0)
        {
            if (!IsThere(cell.HostAddress, cell.Access))
                return Answer.Fails(Errno.EFAULT);
            if (!hasIommu && !cell.IsUnlimited && Locked() + 1 > limit)
                return Answer.Fails(Errno.ENOMEM);
        }
        cell.Pins++;
        return null;
    }

    private Answer? Unpin(in Operation unpin)
    {
        if (!hasMdev || unpin.X % Unit != 0 || !IsInside(unpin.X, unpin.Pages * Unit) || unpin.Pages > Pages)
            return null;
        ulong dropped = 0;
        for (var page = unpin.X / Unit; page < unpin.X / Unit + unpin.Pages; page++)
            if (cells[page].Pins > 0)
            {
                cells[page].Pins--;
                dropped++;
            }
        return Answer.Ok(dropped);
    }

    /// <summary>The iommu group joins: every mapping is pinned at once, or nothing is.</summary>
    private Answer? Attach()
    {
        if (hasIommu)
            return Answer.Fails(Errno.EINVAL);
        if (Array.Exists(cells, cell => cell.IsInvalid))
            return excludes ? Answer.Fails(Errno.EBUSY) : null;
        var isLimited = Array.Exists(cells, cell => cell.Map != 0 && !cell.IsUnlimited) && limit < Pages;
        if (isLimited)
            return null;
        foreach (var cell in cells)
            if (cell.Map != 0 && !IsThere(cell.HostAddress, cell.Access))
                return Answer.Fails(Errno.EFAULT);
        hasIommu = true;
        return Answer.Ok();
    }

    /// <summary>The iommu group leaves; without an emulated one everything would go with it.</summary>
    private Answer? Detach()
    {
        if (!hasIommu)
            return Answer.Fails(Errno.EINVAL);
        if (!hasMdev)
            return null;
        hasIommu = false;
        return Answer.Ok();
    }

    /// <summary>With an iommu every mapped page is charged, once; without one the pinned pages are, once.</summary>
    private ulong Locked() =>
        (ulong)(cells.Count(cell => hasIommu ? cell.Map != 0 : cell.Pins > 0) + isOwnLocked.Count(locked => locked));

    private Answer Lock(ulong pages)
    {
        var range = isOwnLocked.AsSpan(0, (int)Math.Min(pages, Limits.OwnPages));
        if (!hasCapability && limit == 0)
            return Answer.Fails(Errno.EPERM);
        if (!hasCapability && Locked() + (ulong)range.Count(false) > limit)
            return Answer.Fails(Errno.ENOMEM);
        range.Fill(true);
        return Answer.Ok();
    }

    private Answer Unlock()
    {
        isOwnLocked.AsSpan().Clear();
        return Answer.Ok();
    }

    private bool IsThere(ulong address, Access access)
    {
        if (address < Limits.WindowBase || address >= Limits.WindowEnd)
            return false;
        var page = (int)((address - Limits.WindowBase) / Unit);
        return isMapped[page] && isReadable[page] && (isWritable[page] || (access & Access.Write) == 0);
    }

    private Answer? Back(in Operation memory, bool mapped, bool writable, bool readable = true)
    {
        if (memory.Pages == 0)
            return Answer.Fails(Errno.EINVAL);
        for (var page = memory.Page; page < Limits.WindowPages && (ulong)(page - memory.Page) < memory.Pages; page++)
            (isMapped[page], isWritable[page], isReadable[page]) = (mapped, writable, readable);
        return Answer.Ok();
    }

    private static Answer Set<T>(out T field, T value)
    {
        field = value;
        return Answer.Ok();
    }

    private static bool IsInside(ulong iova, ulong size) => iova < Pages * Unit && size <= Pages * Unit - iova;
}
