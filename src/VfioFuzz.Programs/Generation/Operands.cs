using System.Numerics;

namespace VfioFuzz.Programs.Generation;

/// <summary>
/// Draws operands: mostly <i>hot</i> ones (used before, their neighbours, edges of address spaces), sometimes cold
/// ones. The first alternative of each choice is the plainest.
/// </summary>
internal sealed class Operands(Choices choices, Shape shape, World world, bool hugePage)
{
    private const ulong Page = Limits.PageSize;

    /// <summary>A slot that probably holds such a file; any slot when there is none, and once in 40.</summary>
    public int Slot(int process, FileShape file)
    {
        var holding = shape.Holding(process, file);
        if (holding == 0 || choices.Chance(1, 40))
            return AnySlot(process);
        for (var skipped = choices.Below(BitOperations.PopCount((uint)holding)); skipped > 0; skipped--)
            holding &= holding - 1;
        return BitOperations.TrailingZeroCount(holding);
    }

    /// <summary>A slot with an mdev's fd, as drivers' calls want; else as <see cref="Slot"/> for devices.</summary>
    public int MdevSlot(int process)
    {
        var mdevs = 0;
        for (var bits = shape.Holding(process, FileShape.Device); bits != 0; bits &= bits - 1)
            if (world.Device(shape.Slots(process)[BitOperations.TrailingZeroCount(bits)].Number).Kind == DeviceKind.Mdev)
                mdevs |= bits & -bits;
        if (mdevs == 0 || choices.Chance(1, 32))
            return Slot(process, FileShape.Device);
        for (var skipped = choices.Below(BitOperations.PopCount((uint)mdevs)); skipped > 0; skipped--)
            mdevs &= mdevs - 1;
        return BitOperations.TrailingZeroCount(mdevs);
    }

    /// <summary>An open mdev whose driver has a worker; else, and once in 32, as <see cref="Device"/>.</summary>
    public int Worker()
    {
        var start = choices.Below(Limits.DevicesMax);
        if (choices.Chance(1, 32))
            return start;
        for (var i = 0; i < Limits.DevicesMax; i++)
            if (HasWorker((start + i) % Limits.DevicesMax))
                return (start + i) % Limits.DevicesMax;
        return Device(DeviceKind.Mdev);
    }

    public bool HasWorker(int device)
    {
        var spec = world.Device(device);
        return spec.Kind == DeviceKind.Mdev && spec.By != DriverContext.Caller && shape.IsOpen(device);
    }

    /// <summary>A slot that holds something, rarely an empty one.</summary>
    public int AnySlot(int process)
    {
        var start = choices.Below(Limits.SlotsMax);
        return choices.Chance(1, 8) ? start : NextOf(~shape.Holding(process, FileShape.None), start);
    }

    /// <summary>A slot to close: in half of the cases a device's, whose release waits for its driver.</summary>
    public int ClosedSlot(int process) =>
        choices.Chance(1, 2) && shape.Holding(process, FileShape.Device) != 0 ? Slot(process, FileShape.Device) : AnySlot(process);

    /// <summary>
    /// A free slot: the lowest from 3, as an open would give; else any, since the order of fd numbers is observable
    /// (DL-02).
    /// </summary>
    public int NewSlot(int process)
    {
        var start = choices.Chance(2, 5) ? choices.Below(Limits.SlotsMax) : 3;
        return choices.Chance(1, 100) ? start : NextOf(shape.Holding(process, FileShape.None), start);
    }

    /// <summary>
    /// The first of <paramref name="slots"/> from <paramref name="start"/> on, around; start when there is none.
    /// </summary>
    private static int NextOf(int slots, int start)
    {
        var turned = (slots & ushort.MaxValue) >> start | (slots & ushort.MaxValue) << (Limits.SlotsMax - start);
        turned &= ushort.MaxValue;
        return turned == 0 ? start : (start + BitOperations.TrailingZeroCount(turned)) % Limits.SlotsMax;
    }

    /// <summary>A device of the world (of that kind, if the world has it); once in 60 any number.</summary>
    public int Device(DeviceKind kind = DeviceKind.Absent)
    {
        var start = choices.Below(Limits.DevicesMax);
        if (choices.Chance(1, 60))
            return start;
        for (var i = 0; i < Limits.DevicesMax; i++)
        {
            var device = (start + i) % Limits.DevicesMax;
            var found = world.Device(device).Kind;
            if (found != DeviceKind.Absent && (kind == DeviceKind.Absent || found == kind))
                return device;
        }
        return start;
    }

    /// <summary>Pages of a mapping in bytes.</summary>
    public ulong Size() => choices.Below(64) switch
    {
        < 42 => Page * (ulong)choices.Between(1, 4),
        < 60 => Page * (ulong)choices.Between(1, Limits.WindowPages),
        60 => Limits.HugeEnd - Limits.HugeBase,
        61 => Page * (ulong)choices.Between(1, 512),
        _ => choices.Pick(HotValues.Sizes),
    };

    /// <summary>Where a new mapping of <paramref name="size"/> bytes may go.</summary>
    public ulong NewIova(ulong size)
    {
        var mappings = shape.Mappings;
        switch (choices.Below(64))
        {
            case < 28:
                return Page * (ulong)choices.Below(Limits.WindowPages);
            case < 44 when mappings.Length > 0:
                var neighbour = mappings[choices.Below(mappings.Length)];
                return choices.Chance(1, 3) ? neighbour.Iova - size : neighbour.Iova + neighbour.Size;
            case < 47 when mappings.Length > 0:
                return mappings[choices.Below(mappings.Length)].Iova;
            case < 52:
                return choices.Pick(HotValues.IovaEdges) - (choices.Chance(1, 2) ? size : 0);
            case < 54:
                return choices.Pick(HotValues.Iovas);
            case 54:
                return 0x800 + Page * (ulong)choices.Below(Limits.WindowPages);
            default:
                return Page * (ulong)choices.Below(0x1000);
        }
    }

    /// <summary>
    /// A range that an UNMAP or a re-map names: a mapping, several, a part of one, everything up to an edge.
    /// </summary>
    public (ulong Iova, ulong Size) Range(bool invalid)
    {
        var mappings = shape.Mappings;
        if (mappings.Length == 0 || choices.Chance(1, 16))
        {
            var size = Size();
            return (NewIova(size), size);
        }
        var mapping = Mapping(invalid);
        return choices.Below(16) switch
        {
            < 10 => (mapping.Iova, mapping.Size),
            10 => (mapping.Iova, mapping.Size + Page),
            11 => (mapping.Iova, Math.Max(Page, mapping.Size / 2)),
            12 => (mapping.Iova + Page, mapping.Size - Page),
            13 => (0, mapping.Iova + mapping.Size),
            14 => (mapping.Iova, 0 - mapping.Iova),
            _ => (0, HotValues.LastPage),
        };
    }

    /// <summary>A mapping, preferring those whose vaddr is (in)valid.</summary>
    public MappingShape Mapping(bool invalid)
    {
        var mappings = shape.Mappings;
        if (mappings.Length == 0)
            return new MappingShape(0, 0, Page, Limits.WindowBase, 3, false);
        var start = choices.Below(mappings.Length);
        for (var i = 0; i < mappings.Length; i++)
            if (mappings[(start + i) % mappings.Length].Invalid == invalid)
                return mappings[(start + i) % mappings.Length];
        return mappings[start];
    }

    /// <summary>A user address for <paramref name="size"/> bytes: inside the window when they fit, else inside the huge page.</summary>
    public ulong Vaddr(ulong size)
    {
        var isLong = size is > Limits.WindowPages * Page and <= Limits.HugePages * Page;
        if (hugePage && size <= Limits.HugePages * Page && choices.Chance(isLong ? 15 : 1, isLong ? 16 : 32))
            return Limits.HugeBase + Page * (ulong)choices.Below(Limits.HugePages + 1 - (int)(size / Page));
        var pages = (int)Math.Min(size / Page, Limits.WindowPages);
        return choices.Below(64) switch
        {
            < 58 => Limits.WindowBase + Page * (ulong)choices.Below(Limits.WindowPages - pages + 1),
            < 61 => Limits.WindowBase + Page * (ulong)choices.Below(Limits.WindowPages),
            61 => Limits.WindowBase + (ulong)choices.Below((int)(Limits.WindowPages * Page)),
            _ => HotVaddr(),
        };
    }

    private ulong HotVaddr()
    {
        var vaddr = choices.Pick(HotValues.Vaddrs);
        return !hugePage && vaddr is >= Limits.HugeBase and < Limits.HugeEnd ? Limits.WindowBase : vaddr;
    }

    /// <summary>
    /// An iova that a driver or a device uses: a page of a mapping, their edges, or (mostly, when <paramref
    /// name="preferPinned"/>) a page that the device's driver pinned.
    /// </summary>
    public ulong UsedIova(int device, bool preferPinned = false)
    {
        if (shape.Pins.Length > 0 && choices.Chance(preferPinned ? 7 : 1, 8))
            return PinnedIova(device);
        if (shape.Mappings.Length == 0)
            return Page * (ulong)choices.Below(Limits.WindowPages);
        var mapping = Mapping(invalid: choices.Chance(1, 2));
        var pages = (int)Math.Clamp(mapping.Size / Page, 1, Limits.WindowPages);
        return choices.Below(48) switch
        {
            < 42 => mapping.Iova + Page * (ulong)choices.Below(pages),
            42 => mapping.Iova + mapping.Size,
            43 => mapping.Iova + mapping.Size - Page,
            44 => mapping.Iova - Page,
            45 => mapping.Iova + (ulong)choices.Below((int)Page),
            46 => choices.Pick(HotValues.Iovas),
            _ => Page * (ulong)choices.Below(64),
        };
    }

    private ulong PinnedIova(int device)
    {
        var pins = shape.Pins;
        var start = choices.Below(pins.Length);
        var pin = pins[start];
        for (var i = 0; i < pins.Length && pin.Device != device; i++)
            pin = pins[(start + i) % pins.Length];
        return pin.Iova + Page * (ulong)choices.Below((int)Math.Clamp(pin.Pages, 1, 4));
    }

    /// <summary>
    /// Pages to pin. Drivers that unpin one page a notification get few: ten repeats stop a kernel (type1-semantics
    /// 4.2).
    /// </summary>
    public ulong PinPages(DriverCallback callback) => choices.Below(48) switch
    {
        < 34 => 1,
        < 44 => (ulong)choices.Between(2, callback == DriverCallback.TooLittle ? 3 : 4),
        44 => callback == DriverCallback.TooLittle ? 1 : (ulong)choices.Between(5, Limits.WindowPages),
        45 => 0,
        46 => (ulong)choices.Between(Limits.PinPagesMax, Limits.PinPagesMax + 1),
        _ => choices.Pick(HotValues.Counts),
    };

    /// <summary>Bytes that dma_rw moves; the driver refuses more than 16384.</summary>
    public ulong RwSize() => choices.Below(24) switch
    {
        < 8 => 1,
        < 14 => Page,
        < 18 => (ulong)choices.Between(2, 0x100),
        < 22 => Page * (ulong)choices.Between(1, 4),
        22 => (ulong)(choices.Chance(1, 4) ? 0 : choices.Between(0, 0x4002)),
        _ => choices.Pick(HotValues.Sizes),
    };

    /// <summary>A page of the window, mostly one that a mapping uses.</summary>
    public int WindowPage()
    {
        if (shape.Mappings.Length > 0 && choices.Chance(3, 4))
        {
            var mapping = Mapping(invalid: false);
            if (mapping.Vaddr is >= Limits.WindowBase and < Limits.WindowEnd)
            {
                var first = (int)((mapping.Vaddr - Limits.WindowBase) / Page);
                var pages = (int)Math.Clamp(mapping.Size / Page, 1, (ulong)(Limits.WindowPages - first));
                return first + choices.Below(pages);
            }
        }
        return choices.Below(Limits.WindowPages);
    }

    public Access PinAccess(ulong iova)
    {
        if (choices.Chance(1, 12))
            return (Access)choices.Below(4);
        foreach (var mapping in shape.Mappings)
            if (iova - mapping.Iova < mapping.Size && (mapping.Flags & 3) != 0)
                return (Access)(mapping.Flags & 3);
        return Access.ReadWrite;
    }

    public Access Direction() => choices.Chance(1, 2) ? Access.Write : Access.Read;

    public bool CloseOnExec() => choices.Chance(1, 4);

    /// <summary>How a struct is handed over that the command wants <paramref name="wanted"/> bytes of: rarely otherwise than it should.</summary>
    public UserArgument Argument(uint wanted)
    {
        if (!choices.Chance(1, 20))
            return default;
        return choices.Below(16) switch
        {
            < 6 => UserArgument.At(Place()),
            < 9 => UserArgument.At(ArgumentPlace.Good, wanted - 1),
            < 11 => UserArgument.At(ArgumentPlace.Good, wanted + 1),
            < 13 => UserArgument.At(ArgumentPlace.Good, choices.Pick(UserArgument.Sizes)),
            < 15 => UserArgument.At(ArgumentPlace.Good, (uint)choices.Bits()),
            _ => UserArgument.At((ArgumentPlace)choices.Below(8), (uint)choices.Bits()),
        };
    }

    /// <summary>Where something lies that has no argsz: nearly always where it should.</summary>
    public UserArgument Pointer(int rarity) => choices.Chance(1, rarity) ? UserArgument.At(Place()) : default;

    /// <summary>A bitmap for GET_DIRTY_BITMAP and the like: often with bits in it, and with a field wrong now and then.</summary>
    public UserBitmap Bitmap()
    {
        var content = choices.Chance(1, 3) ? (BitmapContent)choices.Below(4) : BitmapContent.Zeros;
        return choices.Below(32) switch
        {
            < 24 => UserBitmap.Of(content: content),
            24 => UserBitmap.Of(pageSize: choices.Pick(HotValues.PageSizes)),
            25 => UserBitmap.Of(pageSize: choices.Bits()),
            26 => UserBitmap.Of(size: (BitmapSize)choices.Below(7), content: content),
            27 => UserBitmap.Of(bytes: choices.Pick(HotValues.BitmapBytes), content: content),
            28 => UserBitmap.Of(bytes: choices.Bits(), content: content),
            < 31 => UserBitmap.Of(data: Place(), content: content),
            _ => UserBitmap.Of(choices.Pick(HotValues.PageSizes), (BitmapSize)choices.Below(7), (ArgumentPlace)choices.Below(8), content),
        };
    }

    /// <summary>Any flags but those that are drawn by name: one bit, or any bits.</summary>
    public uint RawFlags() => choices.Chance(1, 2) ? 1u << choices.Below(32) : (uint)choices.Bits();

    private ArgumentPlace Place() => (ArgumentPlace)choices.Between(1, 7);
}
