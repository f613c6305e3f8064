using System.Numerics;

namespace VfioFuzz.Programs.Generation;

/// <summary>Makes one line of a wanted kind from the shape of the program so far.</summary>
internal sealed class Lines(Choices choices, Shape shape, Operands operands, World world)
{
    private readonly Unbinds unbinds = new(choices, shape, operands, world);

    /// <summary>
    /// Whether a line of <paramref name="kind"/> would find what it works on; lines that do not are drawn rarely.
    /// </summary>
    public bool IsUseful(OperationKind kind, int process) => kind switch
    {
        OperationKind.OpenContainer => shape.Containers < 2,
        OperationKind.GetDevice or OperationKind.Attach or OperationKind.Detach => shape.Find(process, FileShape.Group) >= 0,
        OperationKind.SetIommu or OperationKind.CheckExtension or OperationKind.Map or OperationKind.GetApiVersion
            or OperationKind.GetInfo or OperationKind.DirtyPages or OperationKind.UnknownIoctl or OperationKind.FileCall => shape.Find(process, FileShape.Container) >= 0,
        OperationKind.GroupStatus => shape.Find(process, FileShape.Group) >= 0,
        OperationKind.EntryLimit => AwaitsIommu(process),
        OperationKind.UnsafeInterrupts => shape.Find(process, FileShape.Container) >= 0,
        OperationKind.Sibling => world.WithSibling >= 0,
        OperationKind.Unmap => shape.Mappings.Length > 0 && shape.Find(process, FileShape.Container) >= 0,
        OperationKind.Pin or OperationKind.DmaRw => shape.Mappings.Length > 0 && shape.Find(process, FileShape.Device) >= 0,
        OperationKind.Unpin => shape.Pins.Length > 0 && shape.Find(process, FileShape.Device) >= 0,
        OperationKind.SubmitPin or OperationKind.SubmitDmaRw => shape.Mappings.Length > 0 && AnyWorker(),
        OperationKind.SubmitUnpin => shape.Pins.Length > 0 && AnyWorker(),
        OperationKind.JoinWorker => shape.Submitted != 0 && AnyWorker(),
        OperationKind.Dma => CanDma(process),
        OperationKind.Fork => shape.Processes.Contains(ProcessShape.NotYet),
        OperationKind.Exit => process != 0 || Alive() > 1,
        OperationKind.Kill => Alive() > 1,
        OperationKind.SendFd => Alive() > 1 || choices.Chance(1, 3),
        OperationKind.ReceiveFd => shape.HasMail(process),
        OperationKind.MapFile => shape.Find(process, FileShape.Container) >= 0,
        OperationKind.Unbind => unbinds.IsUseful(process),
        OperationKind.ChangeMm or OperationKind.ChangeProcess =>
            shape.Mappings.Length > 0 && shape.Find(process, FileShape.Container) >= 0,
        _ => true,
    };

    public Operation Make(OperationKind kind, TaskId task)
    {
        var p = task.Process;
        return kind switch
        {
            OperationKind.OpenContainer => Operation.OpenContainer(task, operands.NewSlot(p), operands.CloseOnExec()),
            OperationKind.OpenGroup => Operation.OpenGroup(task, choices.Chance(1, 48) ? choices.Below(Limits.DevicesMax) : operands.Device(), operands.NewSlot(p), operands.CloseOnExec()),
            OperationKind.GetDevice => GetDevice(task),
            OperationKind.Close => Operation.Close(task, operands.ClosedSlot(p)),
            OperationKind.Dup => Operation.Dup(task, operands.AnySlot(p), operands.NewSlot(p), operands.CloseOnExec()),
            OperationKind.Attach =>
                Operation.Attach(task, operands.Slot(p, FileShape.Group), operands.Slot(p, FileShape.Container))
                    with { W = operands.Pointer(rarity: 16).Code, X = choices.Chance(1, 16) ? (ulong)choices.Below(7) : 0 },
            OperationKind.Detach => Operation.Detach(task, operands.Slot(p, FileShape.Group)),
            // Most come from set-up, which aims well: those that are left aim at an empty slot often enough to be seen.
            OperationKind.SetIommu => Operation.SetIommu(
                task, choices.Chance(1, 8) ? operands.AnySlot(p) : operands.Slot(p, FileShape.Container), IommuType()),
            OperationKind.CheckExtension =>
                Operation.CheckExtension(task, operands.Slot(p, FileShape.Container), CheckedExtension()),
            OperationKind.GetApiVersion => Operation.GetApiVersion(task, operands.Slot(p, FileShape.Container)),
            OperationKind.GroupStatus => Operation.GroupStatus(task, operands.Slot(p, FileShape.Group))
                with { W = operands.Argument(wanted: 8).Code },
            OperationKind.GetInfo => GetInfo(task),
            OperationKind.DirtyPages => DirtyPages(task),
            OperationKind.UnknownIoctl => UnknownIoctl(task),
            OperationKind.FileCall => Operation.FileCall(
                task, operands.Slot(p, choices.Chance(1, 3) ? FileShape.Group : FileShape.Container), (FileCall)choices.Below(3)),
            OperationKind.Map => Map(task),
            OperationKind.Unmap => Unmap(task),
            OperationKind.Pin or OperationKind.Unpin or OperationKind.DmaRw => ByCaller(kind, task),
            OperationKind.SubmitPin or OperationKind.SubmitUnpin or OperationKind.SubmitDmaRw => ByWorker(kind, task),
            OperationKind.JoinWorker => Operation.JoinWorker(task, operands.Worker()),
            OperationKind.Dma => Dma(task, operands.Direction()),
            OperationKind.WritePage => Operation.WritePage(task, operands.WindowPage()),
            OperationKind.ReadPage => Operation.ReadPage(task, operands.WindowPage()),
            OperationKind.Mmap => Operation.Mmap(task, operands.WindowPage(), WindowPages(), MemoryKind()),
            OperationKind.Munmap => Operation.Munmap(task, operands.WindowPage(), WindowPages()),
            OperationKind.Observe => Operation.Observe(task),
            OperationKind.EntryLimit => Operation.EntryLimit(task, Entries()),
            OperationKind.UnsafeInterrupts => Operation.UnsafeInterrupts(task, choices.Chance(1, 3)),
            OperationKind.Sibling => Sibling(task),
            OperationKind.DeviceMemory => Operation.DeviceMemory(task, choices.Chance(1, 3)),
            OperationKind.Unbind => unbinds.Make(task),
            >= OperationKind.SetLimit and <= OperationKind.Munlock => OnProcesses(kind, task),
            _ => Reserved(kind, task),
        };
    }

    /// <summary>Mostly the device that has a sibling, and what the sibling is not yet.</summary>
    private Operation Sibling(TaskId task)
    {
        var device = world.WithSibling;
        if (device < 0 || choices.Chance(1, 24))
            device = operands.Device();
        return Operation.Sibling(task, device, shape.HasBoundSibling(device) == choices.Chance(1, 8));
    }

    /// <summary>A device fd of a group that the process holds; mostly the group's own device.</summary>
    public Operation GetDevice(TaskId task)
    {
        var group = operands.Slot(task.Process, FileShape.Group);
        var held = shape.Slots(task.Process)[group];
        var device = held.File == FileShape.Group && !choices.Chance(1, 12) ? held.Number : operands.Device();
        var open = Operation.GetDevice(task, group, device, operands.NewSlot(task.Process), operands.CloseOnExec());
        return open with { W = operands.Pointer(rarity: 8).Code };
    }

    public Operation Map(TaskId task)
    {
        var container = operands.Slot(task.Process, FileShape.Container);
        var invalid = false;
        foreach (var mapping in shape.Mappings)
            invalid |= mapping.Invalid;
        if (choices.Chance(invalid ? 16 : 1, 32))
            return Restore(task, container);
        var size = operands.Size();
        var iova = operands.NewIova(size);
        return Operation.Map(task, container, new(iova), new(size), new(operands.Vaddr(size)), MapAccess())
            with { W = operands.Argument(wanted: 32).Code };
    }

    /// <summary>MAP with the vaddr flag: mostly exactly a mapping whose vaddr is invalid.</summary>
    public Operation Restore(TaskId task, int container)
    {
        var (iova, size) = operands.Range(invalid: true);
        var flags = choices.Chance(1, 24) ? MapFlags.Vaddr | MapFlags.Read : MapFlags.Vaddr;
        return Operation.Map(task, container, new(iova), new(size), new(operands.Vaddr(size)), flags)
            with { W = operands.Argument(wanted: 32).Code };
    }

    public Operation Dma(TaskId task, Access access)
    {
        var device = Opened(task.Process);
        var preferPinned = world.Device(device).Kind == DeviceKind.Mdev;
        return Operation.Dma(task, device, access, new(operands.UsedIova(device, preferPinned)));
    }

    /// <summary>On a container in most cases, before SET_IOMMU or after; else on a group.</summary>
    private Operation UnknownIoctl(TaskId task)
    {
        var slot = operands.Slot(task.Process, choices.Chance(1, 3) ? FileShape.Group : FileShape.Container);
        var command = choices.Below(8) switch
        {
            < 5 => 0x3b64 + (ulong)choices.Below(0x20),
            < 7 => choices.Pick(HotValues.Commands),
            _ => choices.Bits(),
        };
        return Operation.UnknownIoctl(task, slot, command);
    }

    private Operation Unmap(TaskId task)
    {
        var container = operands.Slot(task.Process, FileShape.Container);
        var flags = choices.Below(24) switch
        {
            < 12 => UnmapFlags.None,
            < 20 => UnmapFlags.Vaddr,
            20 => UnmapFlags.All,
            21 => UnmapFlags.All | UnmapFlags.Vaddr,
            22 when shape.TracksDirty => UnmapFlags.GetDirtyBitmap,
            22 => (UnmapFlags)choices.Below(8),
            23 when choices.Chance(3, 4) => UnmapFlags.GetDirtyBitmap,
            _ => (UnmapFlags)operands.RawFlags(),
        };
        var argument = operands.Argument(wanted: 24);
        if ((flags & UnmapFlags.All) != 0 && !choices.Chance(1, 8))
            return Operation.Unmap(task, container, new(0), new(0), flags) with { W = argument.Code };
        var (iova, size) = operands.Range(invalid: false);
        var unmap = Operation.Unmap(task, container, new(iova), new(size), flags) with { W = argument.Code };
        if ((flags & UnmapFlags.GetDirtyBitmap) == 0)
            return unmap;
        // An argsz that is as it should be is one that covers the bitmap, wherever the struct lies.
        return WithBitmap(unmap with { W = argument.Size is null ? UserArgument.At(argument.Place, 48).Code : argument.Code });
    }

    /// <summary>START until it was drawn, then mostly GET_BITMAP of a mapping or of all that lies below one's end.</summary>
    private Operation DirtyPages(TaskId task)
    {
        var container = operands.Slot(task.Process, FileShape.Container);
        var flags = choices.Below(32) switch
        {
            < 17 => shape.TracksDirty ? DirtyFlags.GetBitmap : DirtyFlags.Start,
            < 22 => DirtyFlags.GetBitmap,
            < 26 => DirtyFlags.Start,
            < 29 => DirtyFlags.Stop,
            < 31 => (DirtyFlags)choices.Below(8),
            _ => (DirtyFlags)operands.RawFlags(),
        };
        if ((flags & DirtyFlags.GetBitmap) == 0)
            return Operation.DirtyPages(task, container, flags) with { W = operands.Argument(wanted: 8).Code };
        // Now and then a range that wraps: here it need not be free of mappings to be looked at.
        var (iova, size) = choices.Chance(1, 16) ? (HotValues.LastPage, operands.Size()) : operands.Range(invalid: false);
        return WithBitmap(Operation.DirtyPages(task, container, flags, new(iova), new(size)) with { W = operands.Argument(wanted: 48).Code });
    }

    private Operation WithBitmap(Operation operation)
    {
        var bitmap = operands.Bitmap();
        return operation with { B = bitmap.How, Z = bitmap.TurnedPageSize, V = bitmap.Bytes };
    }

    /// <summary>
    /// Mostly with room for the whole answer; else around the struct's sizes and around what the chain needs (68 to 120 bytes).
    /// </summary>
    private Operation GetInfo(TaskId task)
    {
        var argsz = choices.Below(16) switch
        {
            < 7 => 0x1000u,
            < 10 => 24u,
            < 12 => (uint)choices.Between(14, 25),
            < 15 => (uint)choices.Between(60, 128),
            _ => (uint)choices.Bits(),
        };
        var view = choices.Below(5) < 2 ? InfoView.Summary : (InfoView)choices.Below(12);
        return Operation.GetInfo(task, operands.Slot(task.Process, FileShape.Container), argsz, view, operands.Pointer(rarity: 16));
    }

    private Operation ByCaller(OperationKind kind, TaskId task)
    {
        var slot = operands.MdevSlot(task.Process);
        var held = shape.Slots(task.Process)[slot];
        var iova = operands.UsedIova(held.Number, preferPinned: kind == OperationKind.Unpin);
        return kind switch
        {
            OperationKind.Pin => Operation.Pin(
                task, slot, new(iova), operands.PinPages(world.Device(held.Number).Callback), operands.PinAccess(iova)),
            OperationKind.Unpin => Operation.Unpin(task, slot, new(iova), UnpinPages()),
            _ => Operation.DmaRw(task, slot, operands.Direction(), new(iova), new(operands.RwSize())),
        };
    }

    private Operation ByWorker(OperationKind kind, TaskId task)
    {
        var device = operands.Worker();
        var iova = operands.UsedIova(device, preferPinned: kind == OperationKind.SubmitUnpin);
        return kind switch
        {
            OperationKind.SubmitPin => Operation.SubmitPin(
                task, device, new(iova), operands.PinPages(world.Device(device).Callback), operands.PinAccess(iova)),
            OperationKind.SubmitUnpin => Operation.SubmitUnpin(task, device, new(iova), UnpinPages()),
            _ => Operation.SubmitDmaRw(task, device, operands.Direction(), new(iova), new(operands.RwSize())),
        };
    }

    private Operation OnProcesses(OperationKind kind, TaskId task) => kind switch
    {
        OperationKind.SetLimit => Operation.SetLimit(task, choices.Chance(1, 6) ? ulong.MaxValue : (ulong)choices.Below(choices.Chance(1, 2) ? 4 : 18)),
        OperationKind.SetCapability => Operation.SetCapability(task, raised: choices.Chance(1, 4)),
        OperationKind.Mlock => Operation.Mlock(task, (ulong)choices.Below(choices.Chance(1, 2) ? 4 : Limits.OwnPages + 2)),
        OperationKind.Munlock => Operation.Munlock(task),
        OperationKind.Fork => Operation.Fork(task, Process(ProcessShape.NotYet)),
        OperationKind.Exec => Operation.Exec(task),
        OperationKind.Exit => Operation.Exit(task),
        OperationKind.Kill => Operation.Kill(task, Process(ProcessShape.Alive, notFirst: !choices.Chance(1, 4))),
        OperationKind.SendFd => Operation.SendFd(
            task, operands.AnySlot(task.Process), Process(choices.Chance(1, 64) ? ProcessShape.NotYet : ProcessShape.Alive)),
        _ => Operation.ReceiveFd(task, operands.NewSlot(task.Process), operands.CloseOnExec()),
    };

    private Operation Reserved(OperationKind kind, TaskId task)
    {
        var container = operands.Slot(task.Process, FileShape.Container);
        var size = kind == OperationKind.MapFile ? operands.Size() : 0;
        return kind switch
        {
            OperationKind.MapFile => new Operation(
                kind, task, (byte)container, 0, (uint)MapAccess(), operands.NewIova(size), size, Limits.PageSize * (ulong)choices.Below(16)),
            OperationKind.ChangeMm or OperationKind.ChangeProcess => new Operation(kind, task, (byte)container, 0, 0, 0, 0, 0),
            OperationKind.Truncate => new Operation(kind, task, 0, 0, 0, 0, (ulong)choices.Below(17), 0),
            _ => new Operation(OperationKind.PunchHole, task, (byte)operands.WindowPage(), 0, 0, 0, WindowPages(), 0),
        };
    }

    private MapFlags MapAccess() => choices.Below(64) switch
    {
        < 49 => MapFlags.Read | MapFlags.Write,
        < 58 => MapFlags.Read,
        < 61 => MapFlags.Write,
        < 63 => (MapFlags)choices.Below(8),
        _ => (MapFlags)operands.RawFlags(),
    };

    /// <summary>Each kind is met by a few mappings in a thousand programs; what refuses is drawn least.</summary>
    private MemoryKind MemoryKind() => choices.Below(16) switch
    {
        < 4 => Programs.MemoryKind.Anonymous,
        < 7 => Programs.MemoryKind.Shared,
        < 9 => Programs.MemoryKind.File,
        < 11 => Programs.MemoryKind.Device,
        < 13 => Programs.MemoryKind.AnonymousReadOnly,
        < 15 => Programs.MemoryKind.Untouched,
        _ => Programs.MemoryKind.NoAccess,
    };

    private ulong IommuType() => choices.Below(20) switch
    {
        < 15 => Extension.Type1V2,
        < 18 => Extension.Type1,
        18 => (ulong)choices.Below(12),
        _ => choices.Pick(HotValues.Extensions),
    };

    private ulong CheckedExtension() => choices.Below(8) switch
    {
        < 3 => Extension.UpdateVaddr,
        < 7 => (ulong)choices.Between(1, 10),
        _ => choices.Pick(HotValues.Extensions),
    };

    /// <summary>Mostly about as many as programs map, now and then none.</summary>
    private ushort Entries() => choices.Below(16) switch
    {
        0 => 0,
        < 4 => 1,
        < 8 => 2,
        < 11 => 3,
        < 14 => ushort.MaxValue,
        _ => (ushort)choices.Below(1 + ushort.MaxValue),
    };

    private ulong UnpinPages() => choices.Chance(1, 4) ? (ulong)choices.Below(5) : 1;

    private ulong WindowPages() => (ulong)(choices.Chance(1, 12) ? choices.Below(Limits.WindowPages + 2) : choices.Between(1, 4));

    /// <summary>Whether the process holds a container without an iommu: SET_IOMMU reads what then is the limit.</summary>
    private bool AwaitsIommu(int process) =>
        shape.Find(process, FileShape.Container) is >= 0 and var slot && !shape.HasIommu(shape.Slots(process)[slot].Number);

    private bool AnyWorker()
    {
        for (var device = 0; device < Limits.DevicesMax; device++)
            if (operands.HasWorker(device))
                return true;
        return false;
    }

    /// <summary>An mdev reaches only what its driver pinned.</summary>
    private bool CanDma(int process)
    {
        for (var bits = shape.Holding(process, FileShape.Device); bits != 0; bits &= bits - 1)
            if (shape.Pins.Length > 0
                || world.Device(shape.Slots(process)[BitOperations.TrailingZeroCount(bits)].Number).Kind == DeviceKind.Pci)
                return shape.Mappings.Length > 0 || shape.Pins.Length > 0;
        return false;
    }

    /// <summary>A device that the process holds an fd of, if any.</summary>
    private int Opened(int process)
    {
        var slot = operands.Slot(process, FileShape.Device);
        var held = shape.Slots(process)[slot];
        return held.File == FileShape.Device ? held.Number : operands.Device();
    }

    private int Process(ProcessShape wanted, bool notFirst = false)
    {
        var first = notFirst ? 1 : 0;
        var start = choices.Below(Limits.ProcessesMax);
        if (wanted == ProcessShape.NotYet)
            start = choices.Chance(1, 8) ? start : 1;
        for (var i = 0; i < Limits.ProcessesMax; i++)
        {
            var process = (start + i) % Limits.ProcessesMax;
            if (process >= first && shape.Processes[process] == wanted)
                return process;
        }
        return start;
    }

    private int Alive()
    {
        var alive = 0;
        foreach (var process in shape.Processes)
            alive += process == ProcessShape.Alive ? 1 : 0;
        return alive;
    }
}
