using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Hardware;

internal partial struct HardwareState
{
    // A page table entry: low byte content or frame, then the kind + 1 (0: unmapped), then whether the low byte is a frame.
    private const ushort KindShift = 8;
    private const ushort KindMask = 0x0f00;
    private const ushort Framed = 0x8000;
    private const byte NoOwner = 0xff;

    /// <summary>In place of a tag: nothing but zeros.</summary>
    private const byte Blank = 0xff;

    /// <summary>The window of a new image: anonymous, touched, tagged as initial.</summary>
    public void StartImage(int process)
    {
        for (var page = 0; page < Limits.WindowPages; page++)
            Install(process, page, Entry(MemoryKind.Anonymous, Tag.Initial(page).Value));
    }

    /// <summary>exit_mmap: nothing is mapped any more; pinned frames live on without an owner.</summary>
    public void DropImage(int process)
    {
        for (var page = 0; page < Limits.WindowPages; page++)
            Install(process, page, 0);
    }

    /// <summary>
    /// fork's copy. Private pages are copied at once: a pinned page must stay with the parent, and for the others nobody can tell
    /// an early copy from a late one.
    /// </summary>
    public void CopyImage(int from, int to)
    {
        for (var page = 0; page < Limits.WindowPages; page++)
        {
            var entry = tables[from * Limits.WindowPages + page];
            if ((entry & Framed) != 0)
                entry = (ushort)((entry & KindMask) | tags[(byte)entry]);
            Install(to, page, entry);
        }
    }

    /// <summary>
    /// mmap over one page; <paramref name="tag"/> is what anonymous memory then holds. An area without access has no page that anybody
    /// could meet.
    /// </summary>
    public void MapPage(int process, int page, MemoryKind kind, byte tag) =>
        Install(process, page, kind == MemoryKind.NoAccess ? (ushort)0 : Entry(kind, IsPrivate(kind) ? tag : (byte)0));

    public void UnmapPage(int process, int page) => Install(process, page, 0);

    /// <summary>A store by the CPU at the page's start; false: it faults.</summary>
    public bool Write(int process, ulong vaddr, byte tag)
    {
        if (!Find(process, vaddr, out var at) || IsReadOnly(tables[at]))
            return false;
        var entry = tables[at];
        if (FrameOf(at) is >= 0 and var frame)
            tags[frame] = tag;
        else
            tables[at] = (ushort)((entry & KindMask) | tag);
        return true;
    }

    /// <summary>Whether a store anywhere in the page would fault; nothing is written.</summary>
    public readonly bool IsWritable(int process, ulong vaddr) =>
        Find(process, vaddr, out var at) && !IsReadOnly(tables[at]);

    /// <summary>A load by the CPU from the page's start; false: it faults.</summary>
    public readonly bool Read(int process, ulong vaddr, out byte tag)
    {
        tag = 0;
        if (!Find(process, vaddr, out var at))
            return false;
        tag = FrameOf(at) is >= 0 and var frame ? TagOf((byte)frame) : TagOf(tables[at]);
        return true;
    }

    /// <summary>
    /// pin_user_pages_remote of one page; false: EFAULT (unmapped, or write access to read-only memory). <paramref name="unshares"/>: memory that
    /// nobody touched gets a page of its own in place of that of zeros (FAULT_FLAG_UNSHARE, v6.2).
    /// </summary>
    public bool Pin(int process, ulong vaddr, bool write, bool unshares, out byte frame)
    {
        frame = 0;
        if (!Find(process, vaddr, out var at) || (write && IsReadOnly(tables[at])))
            return false;
        if (unshares && KindOf(tables[at]) == MemoryKind.Untouched)
            tables[at] = Entry(MemoryKind.AnonymousReadOnly, Blank);
        var found = FrameOf(at);
        if (found < 0)
            found = TakeFrame(at);
        frame = (byte)found;
        pins[found]++;
        PinsTaken++;
        return true;
    }

    /// <summary>One pin of the frame is given back.</summary>
    public void Unpin(byte frame)
    {
        if (pins[frame] == 0)
        {
            Report(HardwareFault.UnpinWithoutPin);
            return;
        }
        pins[frame]--;
        PinsTaken--;
        if (pins[frame] < translated[frame])
            Report(HardwareFault.UnpinBeforeInvalidate);
        if (pins[frame] == 0 && frame >= PrivateFrames)
            ReleaseFrame(frame);
    }

    /// <summary>
    /// Memory of a device, which has no struct page, and the page of zeros: a pin of them is a translation's or a driver's interest and nothing that
    /// anybody is charged for.
    /// </summary>
    public static bool IsReserved(byte frame) => frame is >= DeviceFrames and <= ZeroFrame;

    /// <summary>A page of a device's memory.</summary>
    public static bool IsDevices(byte frame) => frame is >= DeviceFrames and < ZeroFrame;

    /// <summary>Whether anybody reaches the frame: not a device's whose memory bit is clear.</summary>
    public readonly bool IsInReach(byte frame) => !(IsDeviceMemoryOff && IsDevices(frame));

    public readonly int PinsOf(byte frame) => pins[frame];

    /// <summary>What a device reads at the start of a frame.</summary>
    public readonly byte TagOf(byte frame) => IsBlank(frame) ? (byte)0 : tags[frame];

    /// <summary>Whether a frame has nothing but zeros, not even the mark of what was ever written.</summary>
    public readonly bool IsBlank(byte frame) => frame == ZeroFrame || tags[frame] == Blank;

    /// <summary>A device's write at the start of a frame.</summary>
    public void SetTag(byte frame, byte tag) => tags[frame] = tag;

    private static bool IsPrivate(MemoryKind kind) => kind is MemoryKind.Anonymous or MemoryKind.AnonymousReadOnly;

    private static byte TagOf(ushort entry) => (byte)entry == Blank ? (byte)0 : (byte)entry;

    private static bool IsReadOnly(ushort entry) => KindOf(entry) is MemoryKind.AnonymousReadOnly or MemoryKind.Untouched;

    private static ushort Entry(MemoryKind kind, byte content) => (ushort)(((byte)kind + 1) << KindShift | content);

    private static MemoryKind KindOf(ushort entry) => (MemoryKind)(((entry & KindMask) >> KindShift) - 1);

    private readonly bool Find(int process, ulong vaddr, out int at)
    {
        at = 0;
        if (vaddr - Limits.WindowBase >= Limits.WindowEnd - Limits.WindowBase)
            return false;
        at = process * Limits.WindowPages + (int)((vaddr - Limits.WindowBase) / Limits.PageSize);
        return tables[at] != 0 && !(IsDeviceMemoryOff && KindOf(tables[at]) == MemoryKind.Device) && (fileCut == 0 || KindOf(tables[at]) != MemoryKind.File || IsInFile(at % Limits.WindowPages));
    }

    /// <summary>The frame behind a mapped entry, or -1 when the entry itself holds the content.</summary>
    private readonly int FrameOf(int at) => KindOf(tables[at]) switch
    {
        MemoryKind.Shared => SharedFrames + at % Limits.WindowPages,
        MemoryKind.File => FileFrames + at % Limits.WindowPages,
        MemoryKind.Device => DeviceFrames + at % Limits.WindowPages,
        MemoryKind.Untouched => ZeroFrame,
        _ => (tables[at] & Framed) != 0 ? (byte)tables[at] : -1,
    };

    private void Install(int process, int page, ushort entry)
    {
        var at = process * Limits.WindowPages + page;
        if ((tables[at] & Framed) != 0)
            owners[(byte)tables[at]] = NoOwner;
        tables[at] = entry;
    }

    private int TakeFrame(int at)
    {
        for (var frame = PrivateFrames; frame < FramesMax; frame++)
        {
            if (pins[frame] != 0)
                continue;
            tags[frame] = (byte)tables[at];
            owners[frame] = (byte)at;
            tables[at] = (ushort)((tables[at] & KindMask) | Framed | frame);
            return frame;
        }
        OutOfCapacity = true;
        return FramesMax - 1;
    }

    private void ReleaseFrame(byte frame)
    {
        if (owners[frame] != NoOwner)
            tables[owners[frame]] = (ushort)((tables[owners[frame]] & KindMask) | tags[frame]);
        tags[frame] = 0;
        owners[frame] = 0;
    }

    private void Report(HardwareFault fault)
    {
        if (Fault == HardwareFault.None)
            Fault = fault;
    }
}
