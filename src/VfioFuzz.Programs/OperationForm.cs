using System.Collections.Immutable;

namespace VfioFuzz.Programs;

/// <summary>
/// The form of one kind of operation: its words and its operands in the order of the text. Printer, parser, bytes,
/// generator, mutator and candidates are all driven by this table, so a new kind is one row here.
/// </summary>
public sealed class OperationForm
{
    private static readonly OperationForm?[] ByKind = new OperationForm?[256];

    private OperationForm(OperationKind kind, string mnemonic, params ImmutableArray<Operand> operands)
    {
        var words = mnemonic.Split(' ');
        Kind = kind;
        Verb = words[0];
        Noun = words.Length > 1 ? words[1] : null;
        Operands = operands;
        ByKind[(int)kind] = this;
    }

    public OperationKind Kind { get; }

    /// <summary>The place of this form in <see cref="All"/>.</summary>
    public int Index { get; private set; }

    /// <summary>The first word.</summary>
    public string Verb { get; }

    /// <summary>
    /// The word that tells kinds of one verb apart (<c>open group</c>, <c>submit d0.w0 pin</c>), or null.
    /// </summary>
    public string? Noun { get; }

    /// <summary>Operands in the order of the text.</summary>
    public ImmutableArray<Operand> Operands { get; }

    /// <summary>How many operands stand between verb and noun: the worker of a submit.</summary>
    public int OperandsBeforeNoun => Verb == "submit" ? 1 : 0;

    /// <summary>The words without operands: <c>open group</c>, <c>submit pin</c>.</summary>
    public string Mnemonic => Noun is null ? Verb : $"{Verb} {Noun}";

    /// <summary>Every kind that a program may hold, in the order of the codes.</summary>
    public static ImmutableArray<OperationForm> All { get; } = Numbered([.. FileRows(), .. DriverRows(), .. ProcessRows(), .. LaterRows()]);

    /// <summary>The form of <paramref name="kind"/>.</summary>
    /// <exception cref="ArgumentException">No program may hold that kind.</exception>
    public static OperationForm Of(OperationKind kind) =>
        ByKind[(int)kind] ?? throw new ArgumentException($"operation kind {(int)kind} has no form", nameof(kind));

    /// <summary>Whether a program may hold <paramref name="kind"/>.</summary>
    public static bool Knows(OperationKind kind) => ByKind[(int)kind] is not null;

    /// <summary>
    /// One line of the grammar, as in corpus/reference.md: <c>map SLOT iova=N size=N vaddr=ADDRESS [r|w|rw] [vaddr]</c>.
    /// </summary>
    public string Grammar
    {
        get
        {
            var words = new List<string> { Verb };
            for (var i = 0; i <= Operands.Length; i++)
            {
                if (i == OperandsBeforeNoun && Noun is not null)
                    words.Add(Noun);
                if (i < Operands.Length)
                    words.Add(OperandText.Grammar(Operands[i]));
            }
            return string.Join(' ', words);
        }
    }

    private static ImmutableArray<OperationForm> Numbered(ImmutableArray<OperationForm> forms)
    {
        for (var i = 0; i < forms.Length; i++)
            forms[i].Index = i;
        return forms;
    }

    /// <summary>Ioctls of container and group fds, and what makes and ends fds.</summary>
    private static ImmutableArray<OperationForm> FileRows()
    {
        Operand slot = new(OperandPlace.A, OperandType.Slot);
        Operand at = new(OperandPlace.B, OperandType.NewSlot);
        Operand cloexec = new(OperandPlace.Flags, OperandType.CloseOnExec);
        Operand device = new(OperandPlace.A, OperandType.Device);
        Operand iova = new(OperandPlace.X, OperandType.Iova);
        Operand size = new(OperandPlace.Y, OperandType.Size);
        Operand mapFlags = new(OperandPlace.Flags, OperandType.MapFlags);
        Operand extension = new(OperandPlace.X, OperandType.Extension);
        Operand argument = new(OperandPlace.W, OperandType.Argument);
        Operand pointer = new(OperandPlace.W, OperandType.ArgumentPlace);
        Operand bitmap = new(OperandPlace.B, OperandType.Bitmap);
        Operand pageSize = new(OperandPlace.Z, OperandType.BitmapPageSize);
        Operand bytes = new(OperandPlace.V, OperandType.BitmapBytes);
        Operand otherFd = new(OperandPlace.X, OperandType.OtherFd);
        return
        [
            new(OperationKind.OpenContainer, "open container", at, cloexec),
            new(OperationKind.OpenGroup, "open group", device, at, cloexec),
            new(OperationKind.GetDevice, "get-device", slot, new(OperandPlace.X, OperandType.Device), at, cloexec, pointer),
            new(OperationKind.Close, "close", slot),
            new(OperationKind.Dup, "dup", slot, at, cloexec),
            new(OperationKind.Attach, "attach", slot, new(OperandPlace.B, OperandType.Slot), otherFd, pointer),
            new(OperationKind.Detach, "detach", slot),
            new(OperationKind.SetIommu, "set-iommu", slot, extension),
            new(OperationKind.CheckExtension, "check-extension", slot, extension),
            new(OperationKind.Map, "map", slot, iova, size, new(OperandPlace.Z, OperandType.Vaddr), mapFlags, argument),
            new(OperationKind.Unmap, "unmap", slot, iova, size, new(OperandPlace.Flags, OperandType.UnmapFlags), argument, bitmap,
                pageSize, bytes),
            new(OperationKind.GetInfo, "get-info", slot, new(OperandPlace.Y, OperandType.InfoView), new(OperandPlace.X, OperandType.ArgumentSize),
                pointer),
            new(OperationKind.DirtyPages, "dirty-pages", slot, iova, size, new(OperandPlace.Flags, OperandType.DirtyFlags), argument, bitmap,
                pageSize, bytes),
            new(OperationKind.GetApiVersion, "get-api-version", slot),
            new(OperationKind.GroupStatus, "group-status", slot, argument),
            new(OperationKind.UnknownIoctl, "ioctl", slot, new Operand(OperandPlace.X, OperandType.Command)),
            new(OperationKind.FileCall, "access", slot, new Operand(OperandPlace.X, OperandType.FileCall)),
        ];
    }

    /// <summary>What drivers and devices do.</summary>
    private static ImmutableArray<OperationForm> DriverRows()
    {
        Operand slot = new(OperandPlace.A, OperandType.Slot);
        Operand device = new(OperandPlace.A, OperandType.Device);
        Operand worker = new(OperandPlace.A, OperandType.Worker);
        Operand iova = new(OperandPlace.X, OperandType.Iova);
        Operand size = new(OperandPlace.Y, OperandType.Size);
        Operand pages = new(OperandPlace.Y, OperandType.PageCount);
        Operand access = new(OperandPlace.Flags, OperandType.Access);
        Operand direction = new(OperandPlace.Flags, OperandType.Direction);
        return
        [
            new(OperationKind.Pin, "pin", slot, iova, pages, access),
            new(OperationKind.Unpin, "unpin", slot, iova, pages),
            new(OperationKind.DmaRw, "dma-rw", slot, direction, iova, size),
            new(OperationKind.SubmitPin, "submit pin", worker, iova, pages, access),
            new(OperationKind.SubmitUnpin, "submit unpin", worker, iova, pages),
            new(OperationKind.SubmitDmaRw, "submit dma-rw", worker, direction, iova, size),
            new(OperationKind.JoinWorker, "join", worker),
            new(OperationKind.Dma, "dma", device, direction, iova),
        ];
    }

    /// <summary>Memory, limits and processes.</summary>
    private static ImmutableArray<OperationForm> ProcessRows()
    {
        Operand slot = new(OperandPlace.A, OperandType.Slot);
        Operand at = new(OperandPlace.B, OperandType.NewSlot);
        Operand cloexec = new(OperandPlace.Flags, OperandType.CloseOnExec);
        Operand page = new(OperandPlace.A, OperandType.Page);
        Operand pages = new(OperandPlace.Y, OperandType.PageCount);
        Operand process = new(OperandPlace.A, OperandType.Process);
        return
        [
            new(OperationKind.WritePage, "write", page),
            new(OperationKind.ReadPage, "read", page),
            new(OperationKind.Mmap, "mmap", page, pages, new(OperandPlace.B, OperandType.MemoryKind)),
            new(OperationKind.Munmap, "munmap", page, pages),
            new(OperationKind.Observe, "observe"),
            new(OperationKind.SetLimit, "limit", new Operand(OperandPlace.X, OperandType.Limit)),
            new(OperationKind.SetCapability, "capability", new Operand(OperandPlace.Flags, OperandType.Capability)),
            new(OperationKind.EntryLimit, "entry-limit", new Operand(OperandPlace.X, OperandType.MappingCount)),
            new(OperationKind.UnsafeInterrupts, "unsafe-interrupts", new Operand(OperandPlace.Flags, OperandType.Switch)),
            new(OperationKind.Sibling, "sibling", new Operand(OperandPlace.A, OperandType.Device), new(OperandPlace.Flags, OperandType.Binding)),
            new(OperationKind.DeviceMemory, "device-memory", new Operand(OperandPlace.Flags, OperandType.Switch)),
            new(OperationKind.Fork, "fork", process),
            new(OperationKind.Exec, "exec"),
            new(OperationKind.Exit, "exit"),
            new(OperationKind.Kill, "kill", process),
            new(OperationKind.SendFd, "send-fd", slot, new(OperandPlace.B, OperandType.Process)),
            new(OperationKind.ReceiveFd, "recv-fd", at, cloexec),
            new(OperationKind.Mlock, "mlock", pages),
            new(OperationKind.Munlock, "munlock"),
        ];
    }

    /// <summary>What some designs only know.</summary>
    private static ImmutableArray<OperationForm> LaterRows()
    {
        Operand slot = new(OperandPlace.A, OperandType.Slot);
        Operand device = new(OperandPlace.A, OperandType.Device);
        Operand page = new(OperandPlace.A, OperandType.Page);
        Operand iova = new(OperandPlace.X, OperandType.Iova);
        Operand size = new(OperandPlace.Y, OperandType.Size);
        Operand pages = new(OperandPlace.Y, OperandType.PageCount);
        Operand mapFlags = new(OperandPlace.Flags, OperandType.MapFlags);
        return
        [
            new(OperationKind.MapFile, "map-file", slot, iova, size, new(OperandPlace.Z, OperandType.FileOffset), mapFlags),
            new(OperationKind.ChangeMm, "change-mm", slot),
            new(OperationKind.ChangeProcess, "change-process", slot),
            new(OperationKind.Truncate, "truncate", pages),
            new(OperationKind.PunchHole, "punch-hole", page, pages),
            new(OperationKind.Unbind, "unbind", device),
        ];
    }
}
