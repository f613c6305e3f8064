using System.Numerics;

namespace VfioFuzz.Programs.Generation;

internal enum FileShape : byte
{
    None = 0,
    Container,
    Group,
    Device,

    /// <summary>How many sorts there are.</summary>
    Count,
}

/// <summary>
/// What a slot probably holds; the number is the container's (in the order of their opening) or the device's.
/// </summary>
internal readonly record struct SlotShape(FileShape File, byte Number = 0, bool CloseOnExec = false);

/// <summary>A mapping that probably exists.</summary>
internal record struct MappingShape(byte Container, ulong Iova, ulong Size, ulong Vaddr, uint Flags, bool Invalid);

/// <summary>Pages that a driver has probably pinned.</summary>
internal readonly record struct PinShape(byte Device, ulong Iova, ulong Pages);

internal enum ProcessShape : byte
{
    NotYet = 0,
    Alive,
    Gone,
}

/// <summary>
/// What the lines drawn so far have probably made: which slots hold what, which iovas are mapped or pinned, which
/// processes live. It believes that every call succeeds, and serves only to draw operands that mean something: nothing
/// is judged by it.
/// </summary>
internal sealed class Shape
{
    public const int ContainersMax = 8;
    private const int MappingsMax = 12;
    private const int PinsMax = 12;

    private readonly SlotShape[] slots = new SlotShape[Limits.ProcessesMax * Limits.SlotsMax];

    /// <summary>
    /// For each process and sort of file, the slots that hold one: what <see cref="slots"/> says, as bits.
    /// </summary>
    private readonly ushort[] holding = new ushort[Limits.ProcessesMax * (int)FileShape.Count];

    private readonly MappingShape[] mappings = new MappingShape[MappingsMax];
    private readonly PinShape[] pins = new PinShape[PinsMax];
    private readonly sbyte[] attached = [-1, -1, -1, -1];
    private int claimed;
    private int unbound;
    private readonly bool[] hasIommu = new bool[ContainersMax];
    private readonly ProcessShape[] processes = [ProcessShape.Alive, default, default, default];
    private readonly sbyte[] onlyThreads = [-1, -1, -1, -1];
    private readonly SlotShape[] mailboxes = new SlotShape[Limits.ProcessesMax];
    private int mappingCount;
    private int pinCount;
    private int containers;

    public ReadOnlySpan<SlotShape> Slots(int process) => slots.AsSpan(process * Limits.SlotsMax, Limits.SlotsMax);

    public Span<MappingShape> Mappings => mappings.AsSpan(0, mappingCount);

    public ReadOnlySpan<PinShape> Pins => pins.AsSpan(0, pinCount);

    public ReadOnlySpan<ProcessShape> Processes => processes;

    public int Containers => containers;

    /// <summary>The worker's device of each submitted line that nobody joined: one bit a device.</summary>
    public int Submitted { get; private set; }

    /// <summary>Whether START was drawn, and no STOP since.</summary>
    public bool TracksDirty { get; private set; }

    public bool HasMail(int process) => mailboxes[process].File != FileShape.None;

    /// <summary>The thread that called exec and left no other, or -1.</summary>
    public int OnlyThread(int process) => onlyThreads[process];

    /// <summary>The container that the device's group is attached to, or -1.</summary>
    public int ContainerOf(int device) => attached[device];

    /// <summary>Whether a driver of the host is probably bound to the device's sibling.</summary>
    public bool HasBoundSibling(int device) => (claimed >> device & 1) != 0;

    public bool HasIommu(int container) => hasIommu[container];

    /// <summary>
    /// The process's slots with such a file, one bit each; <see cref="FileShape.None"/>: the free ones.
    /// </summary>
    public int Holding(int process, FileShape file)
    {
        var first = process * (int)FileShape.Count;
        return file != FileShape.None
            ? holding[first + (int)file]
            : ushort.MaxValue & ~(holding[first + 1] | holding[first + 2] | holding[first + 3]);
    }

    /// <summary>The lowest slot with such a file (of that number), or -1.</summary>
    public int Find(int process, FileShape file, int number = -1)
    {
        for (var bits = Holding(process, file); bits != 0; bits &= bits - 1)
        {
            var slot = BitOperations.TrailingZeroCount(bits);
            if (number < 0 || slots[process * Limits.SlotsMax + slot].Number == number)
                return slot;
        }
        return -1;
    }

    /// <summary>The first process that has an fd of the device, or -1.</summary>
    public int Holder(int device)
    {
        for (var process = 0; process < Limits.ProcessesMax; process++)
            if (processes[process] == ProcessShape.Alive && Has(process, device))
                return process;
        return -1;
    }

    /// <summary>Whether the process has an fd of the device.</summary>
    public bool Has(int process, int device) => Find(process, FileShape.Device, device) >= 0;

    /// <summary>Whether some process has an fd of the device.</summary>
    public bool IsOpen(int device) => Holder(device) >= 0;

    /// <summary>Whether an unbind of the device was drawn.</summary>
    public bool IsUnbound(int device) => (unbound >> device & 1) != 0;

    public bool AnyAlive => processes.AsSpan().Contains(ProcessShape.Alive);

    public void Apply(in Operation operation)
    {
        var process = operation.Task.Process;
        if (processes[process] != ProcessShape.Alive)
            return;
        switch (operation.Kind)
        {
            case OperationKind.Map or OperationKind.MapFile or OperationKind.Unmap or OperationKind.Pin or OperationKind.Unpin
                or OperationKind.SubmitPin or OperationKind.SubmitUnpin or OperationKind.JoinWorker:
                ApplyToMemory(operation, process);
                break;
            case >= OperationKind.Fork and <= OperationKind.ReceiveFd:
                ApplyToProcesses(operation, process);
                break;
            default:
                ApplyToFiles(operation, process);
                break;
        }
    }

    private void ApplyToFiles(in Operation operation, int process)
    {
        var held = At(process, operation.A);
        switch (operation.Kind)
        {
            case OperationKind.OpenContainer:
                hasIommu[containers % ContainersMax] = false;
                Put(process, operation, new SlotShape(FileShape.Container, (byte)(containers++ % ContainersMax)));
                break;
            case OperationKind.OpenGroup:
                Put(process, operation, new SlotShape(FileShape.Group, operation.A));
                break;
            case OperationKind.GetDevice when held.File == FileShape.Group:
                Put(process, operation, new SlotShape(FileShape.Device, (byte)operation.X));
                break;
            case OperationKind.Dup:
                Put(process, operation, held);
                break;
            case OperationKind.Close:
                Set(process, operation.A, default);
                break;
            case OperationKind.Attach when held.File == FileShape.Group && !HasBoundSibling(held.Number)
                && operation.OtherFd == OtherFd.None && At(process, operation.B).File == FileShape.Container:
                attached[held.Number] = (sbyte)At(process, operation.B).Number;
                break;
            case OperationKind.Detach when held.File == FileShape.Group:
                attached[held.Number] = -1;
                break;
            case OperationKind.Sibling when operation.Flags == 0:
                claimed &= ~(1 << operation.A);
                break;
            case OperationKind.Sibling when attached[operation.A] < 0:
                claimed |= 1 << operation.A;
                break;
            case OperationKind.Unbind:
                unbound |= 1 << operation.A;
                attached[operation.A] = -1;
                break;
            case OperationKind.DirtyPages when operation.DirtyFlags is DirtyFlags.Start or DirtyFlags.Stop:
                TracksDirty = operation.DirtyFlags == DirtyFlags.Start;
                break;
            case OperationKind.SetIommu when held.File == FileShape.Container
                && operation.X is Extension.Type1 or Extension.Type1V2 or Extension.Type1Nesting:
                hasIommu[held.Number] = true;
                break;
        }
    }

    private void ApplyToMemory(in Operation operation, int process)
    {
        var held = At(process, operation.A);
        switch (operation.Kind)
        {
            case OperationKind.Map when held.File == FileShape.Container:
                if ((operation.MapFlags & MapFlags.Vaddr) != 0)
                    Validate(held.Number, operation);
                else if (IsPlausible(held.Number, operation))
                    Keep(new MappingShape(held.Number, operation.X, operation.Y, operation.Z, operation.Flags, false));
                break;
            case OperationKind.MapFile when held.File == FileShape.Container && IsPlausible(held.Number, operation):
                Keep(new MappingShape(held.Number, operation.X, operation.Y, Limits.WindowBase + operation.Z, operation.Flags, false));
                break;
            case OperationKind.Unmap when held.File == FileShape.Container:
                Unmap(held.Number, operation);
                break;
            case OperationKind.Pin when held.File == FileShape.Device:
                Keep(new PinShape(held.Number, operation.X, operation.Y));
                break;
            case OperationKind.SubmitPin:
                Submitted |= 1 << operation.A;
                Keep(new PinShape(operation.A, operation.X, operation.Y));
                break;
            case OperationKind.Unpin when held.File == FileShape.Device:
                Drop(held.Number, operation.X);
                break;
            case OperationKind.SubmitUnpin:
                Submitted |= 1 << operation.A;
                Drop(operation.A, operation.X);
                break;
            case OperationKind.JoinWorker:
                Submitted &= ~(1 << operation.A);
                break;
        }
    }

    private void ApplyToProcesses(in Operation operation, int process)
    {
        switch (operation.Kind)
        {
            case OperationKind.Fork when processes[operation.A] == ProcessShape.NotYet:
                processes[operation.A] = ProcessShape.Alive;
                for (var slot = 0; slot < Limits.SlotsMax; slot++)
                    Set(operation.A, slot, At(process, slot));
                break;
            case OperationKind.Exec:
                onlyThreads[process] = (sbyte)operation.Task.Thread;
                for (var slot = 0; slot < Limits.SlotsMax; slot++)
                    if (At(process, slot).CloseOnExec)
                        Set(process, slot, default);
                break;
            case OperationKind.Exit:
                processes[process] = ProcessShape.Gone;
                break;
            case OperationKind.Kill when processes[operation.A] == ProcessShape.Alive:
                processes[operation.A] = ProcessShape.Gone;
                break;
            case OperationKind.SendFd:
                mailboxes[operation.B] = At(process, operation.A);
                break;
            case OperationKind.ReceiveFd:
                Put(process, operation, mailboxes[process]);
                mailboxes[process] = default;
                break;
        }
    }

    private SlotShape At(int process, int slot) => slots[process * Limits.SlotsMax + (slot % Limits.SlotsMax)];

    private void Set(int process, int slot, SlotShape file)
    {
        slot %= Limits.SlotsMax;
        ref var held = ref slots[process * Limits.SlotsMax + slot];
        holding[process * (int)FileShape.Count + (int)held.File] &= (ushort)~(1 << slot);
        held = file;
        holding[process * (int)FileShape.Count + (int)file.File] |= (ushort)(1 << slot);
    }

    private void Put(int process, in Operation operation, SlotShape file)
    {
        if (At(process, operation.At).File == FileShape.None)
            Set(process, operation.At, file with { CloseOnExec = operation.CloseOnExec });
    }

    /// <summary>Whether a MAP is not plainly refused: aligned, not empty, not around the end, on free iovas.</summary>
    private bool IsPlausible(byte container, in Operation map)
    {
        var aligned = (map.X | map.Y | map.Z) % Limits.PageSize == 0 && map.Flags is > 0 and <= 3;
        if (!aligned || map.Y == 0 || map.X + map.Y - 1 < map.X)
            return false;
        foreach (var mapping in Mappings)
            if (mapping.Container == container && map.X < mapping.Iova + mapping.Size && mapping.Iova < map.X + map.Y)
                return false;
        return true;
    }

    private void Validate(byte container, in Operation operation)
    {
        foreach (ref var mapping in Mappings)
            if (mapping.Container == container && mapping.Iova == operation.X)
                mapping = mapping with { Vaddr = operation.Z, Invalid = false };
    }

    private void Unmap(byte container, in Operation operation)
    {
        if (operation.Y == 0 && (operation.UnmapFlags & UnmapFlags.All) == 0)
            return;
        var last = (operation.UnmapFlags & UnmapFlags.All) != 0 ? ulong.MaxValue : operation.X + operation.Y - 1;
        var kept = 0;
        foreach (var mapping in Mappings)
        {
            var hit = mapping.Container == container && mapping.Iova >= operation.X && mapping.Iova <= last;
            if (hit && (operation.UnmapFlags & UnmapFlags.Vaddr) == 0)
                continue;
            mappings[kept++] = mapping with { Invalid = mapping.Invalid || hit };
        }
        mappingCount = kept;
    }

    private void Keep(MappingShape mapping)
    {
        if (mappingCount == MappingsMax)
            mappings.AsSpan(1).CopyTo(mappings);
        else
            mappingCount++;
        mappings[mappingCount - 1] = mapping;
    }

    private void Keep(PinShape pin)
    {
        if (pinCount == PinsMax)
            pins.AsSpan(1).CopyTo(pins);
        else
            pinCount++;
        pins[pinCount - 1] = pin;
    }

    private void Drop(byte device, ulong iova)
    {
        for (var i = pinCount - 1; i >= 0; i--)
        {
            if (pins[i].Device != device || pins[i].Iova != iova)
                continue;
            pins.AsSpan(i + 1, pinCount - i - 1).CopyTo(pins.AsSpan(i));
            pinCount--;
            return;
        }
    }
}
