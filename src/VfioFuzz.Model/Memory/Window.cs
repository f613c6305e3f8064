using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Memory;

/// <summary>The user memory window of a process: what is behind an address, and the CPU's own accesses.</summary>
internal static class Window
{
    /// <summary>
    /// The frame that get_user_pages finds at <paramref name="address"/>, or 0: nothing mapped there, or not writable when that is
    /// asked.
    /// </summary>
    public static ushort FrameAt(in ModelState state, in Process process, ulong address, bool write)
    {
        var page = Quantity.WindowPageAt(address);
        if (page < 0)
            return state.HasHugePage && Quantity.HugePageAt(address) is >= 0 and var huge ? (ushort)(ModelState.FirstHugeFrame + huge) : (ushort)0;
        ref readonly var entry = ref process.Window[page];
        return write && !entry.IsWritable || state.IsOutOfReach(entry.Frame) ? (ushort)0 : entry.Frame;
    }

    /// <summary>
    /// The frame that a pin for a mapping takes: where the release promises it, a page of zeros is first replaced by one of the process's own, which
    /// stays when the pin is refused after all.
    /// </summary>
    public static ushort PinnedFrame(Dialect dialect, ref ModelState state, ref Process process, in Mapping mapping, ulong address)
    {
        var frame = FrameOf(ref state, process, mapping, address);
        if (frame != ModelState.ZeroFrame || !dialect.UnsharesZeroPages)
            return frame;
        return process.Window[Quantity.WindowPageAt(address)].Frame = state.NewFrame(ModelState.Blank);
    }

    /// <summary><see cref="FrameAt(in ModelState, in Process, ulong, bool)"/> for a mapping: a file-backed one asks its file and nobody's memory.</summary>
    public static ushort FrameOf(ref ModelState state, in Process process, in Mapping mapping, ulong address)
    {
        if (!mapping.IsFileBacked)
            return FrameAt(state, process, address, (mapping.Access & Access.Write) != 0);
        var page = Quantity.WindowPageAt(address);
        return page < 0 ? (ushort)0 : Backing(ref state, mapping.File, page);
    }

    /// <summary>The shared file that the whole range is mapped from, or null.</summary>
    public static MemoryKind? FileOf(in Process process, ulong address, ulong size)
    {
        MemoryKind? file = null;
        for (ulong offset = 0; offset < size; offset += Limits.PageSize)
        {
            var page = Quantity.WindowPageAt(address + offset);
            if (page < 0 || !process.Window[page].IsMapped)
                return null;
            var kind = process.Window[page].Kind;
            if (kind is not (MemoryKind.Shared or MemoryKind.File) || kind != (file ?? kind))
                return null;
            file = kind;
        }
        return file;
    }

    public static Outcome Write(in Step step)
    {
        var page = step.Operation.Page;
        if (page >= Limits.WindowPages || !step.Process.Window[page].IsWritable || IsOutOfReach(step, page))
            return Outcome.Fails(Errno.EFAULT, RuleId.Memory);
        step.State.Frames[step.Process.Window[page].Frame] = step.Tag;
        return Outcome.Ok(RuleId.Memory);
    }

    public static Outcome Read(in Step step)
    {
        var page = step.Operation.Page;
        if (page >= Limits.WindowPages || !step.Process.Window[page].IsMapped || IsOutOfReach(step, page))
            return Outcome.Fails(Errno.EFAULT, RuleId.Memory);
        return Outcome.Ok(RuleId.Memory, step.State.ContentOf(step.Process.Window[page].Frame));
    }

    private static bool IsOutOfReach(in Step step, int page) => step.State.IsOutOfReach(step.Process.Window[page].Frame);

    /// <summary>vfio_basic_config_write: without the memory bit the pages leave every page table; with it they come back as they are asked for.</summary>
    public static Outcome SetDeviceMemory(in Step step)
    {
        step.State.IsDeviceMemoryOff = step.Operation.Flags == 0;
        return Outcome.Ok(RuleId.DeviceMemory);
    }

    public static Outcome Map(in Step step)
    {
        var (first, end) = Range(step.Operation);
        if (first >= end || step.Operation.MemoryKind > MemoryKinds.Last)
            return Outcome.Fails(Errno.EINVAL, RuleId.MemoryPages);
        for (var page = first; page < end; page++)
            step.Process.Window[page] = EntryOf(step, page);
        return Outcome.Ok(RuleId.Memory);
    }

    /// <summary>Memory without access is no memory to any rule: get_user_pages looks at the area's flags before it looks for a page.</summary>
    private static PageEntry EntryOf(in Step step, int page) => step.Operation.MemoryKind == MemoryKind.NoAccess
        ? default
        : new PageEntry
        {
            Kind = step.Operation.MemoryKind,
            Frame = step.Operation.MemoryKind is MemoryKind.Anonymous or MemoryKind.AnonymousReadOnly
                ? step.State.NewFrame(step.Tag)
                : Backing(ref step.State, step.Operation.MemoryKind, page),
        };

    public static Outcome Unmap(in Step step)
    {
        var (first, end) = Range(step.Operation);
        if (first >= end)
            return Outcome.Fails(Errno.EINVAL, RuleId.MemoryPages);
        for (var page = first; page < end; page++)
            step.Process.Window[page] = default;
        return Outcome.Ok(RuleId.Memory);
    }

    /// <summary>A fresh private window, every page tagged as at a start (exec).</summary>
    public static void Renew(ref ModelState state, ref Process process)
    {
        for (var page = 0; page < Limits.WindowPages; page++)
            process.Window[page] = new PageEntry { Frame = state.NewFrame(Tag.Initial(page).Value) };
    }

    /// <summary>
    /// fork: shared pages are shared, private ones are copied. That the kernel copies late, or at once for pinned pages, cannot be
    /// told: a pinned page stays the pinner's (page_needs_cow_for_dma), and a pin of a page still shared unshares it.
    /// </summary>
    public static void Copy(ref ModelState state, in Process parent, ref Process child)
    {
        for (var page = 0; page < Limits.WindowPages; page++)
        {
            var entry = parent.Window[page];
            if (entry.IsMapped && entry.Kind is MemoryKind.Anonymous or MemoryKind.AnonymousReadOnly or MemoryKind.Untouched
                && entry.Frame != ModelState.ZeroFrame)
                entry.Frame = state.NewFrame(state.Frames[entry.Frame]);
            child.Window[page] = entry;
        }
    }

    /// <summary>The pages that an operation names, as far as the window goes.</summary>
    public static (int First, int End) Range(in Operation operation) => (
        operation.Page,
        (int)Math.Min(Limits.WindowPages, (ulong)operation.Page + Math.Min(operation.Pages, Limits.WindowPages)));

    /// <summary>
    /// The frame of a page that is not private: a file's, made when it is first wanted, a device's or that of zeros; 0 past the end of the world's file.
    /// </summary>
    public static ushort Backing(ref ModelState state, MemoryKind kind, int page)
    {
        switch (kind)
        {
            case MemoryKind.Shared:
                if (state.SharedPages[page] == 0)
                    state.SharedPages[page] = state.NewFrame(0);
                return state.SharedPages[page];
            case MemoryKind.Device:
                return (ushort)(ModelState.FirstDeviceFrame + page);
            case MemoryKind.Untouched:
                return ModelState.ZeroFrame;
            default:
                if (page >= Limits.WindowPages - state.FileCut)
                    return 0;
                if (state.FilePages[page] == 0)
                    state.FilePages[page] = state.NewFrame(0);
                return state.FilePages[page];
        }
    }
}
