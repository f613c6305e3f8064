using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>
/// Everything the contract depends on, as one plain value. The small parts come first; the pools at the end are used from
/// their start, so that copying, comparing and clearing touch what is used and nothing else.
/// </summary>
internal partial struct ModelState
{
    public Processes Processes;
    public Devices Devices;
    public Instances Instances;
    public Calls Calls;

    /// <summary>Calls in flight, bit by task.</summary>
    public ushort ActiveCalls;

    public byte FileCount;
    public byte ContainerCount;
    public byte AddressSpaceCount;

    /// <summary>The lock of all drivers that say shared: the holder + 1.</summary>
    public byte SharedDriverLockOwner;

    /// <summary>A pin at an iova that is no page's was made: which mapping it meets may depend on the kernel's tree (L11).</summary>
    public bool HasUnalignedPin;

    /// <summary>
    /// A replay met a page where a driver has another one pinned, and one of the two is reserved: beside a pin the iommu's page is no charge of its
    /// own, and with a domain there the unpin takes none back. So a charge is never returned (LC-1), or one that was never made is (ZC-1). Or a new owner took over a count that is
    /// not the mapping's pages (KC-1).
    /// </summary>
    public bool HasUnevenCharge;

    /// <summary>dma_entry_limit, once the program has written it.</summary>
    public ushort EntryLimit;
    public bool HasEntryLimit;

    /// <summary>allow_unsafe_interrupts is clear.</summary>
    public bool ForbidsUnsafeInterrupts;

    /// <summary>The memory bit of the device whose memory programs map is clear.</summary>
    public bool IsDeviceMemoryOff;

    /// <summary>Pages that were cut off the end of the world's file.</summary>
    public byte FileCut;

    /// <summary>The machine has a huge page (<see cref="Platform.HasHugePage"/>) ...</summary>
    public bool HasHugePage;

    /// <summary>... and something was written to it: before, <see cref="HugeTags"/> mean nothing and all of it is 0.</summary>
    public bool IsHugePageWritten;

    public ushort FrameCount;
    public ushort PinCount;
    public ushort RecordCount;
    public ushort DirtyWordCount;

    /// <summary>Mappings in use, bit by index.</summary>
    public ulong MappingsUsed;

    public OpenFiles Files;
    public ContainerObjects Containers;
    public AddressSpaces AddressSpaces;

    /// <summary>Frames of the world's memfd and file, allocated at the start.</summary>
    public PageFrames SharedPages;
    public PageFrames FilePages;

    // The pools: from here on, only used prefixes mean anything.
    public Mappings Mappings;
    public Frames Frames;
    public ExternalPins Pins;
    public PinRecords Records;
    public DirtyWords DirtyWords;
    public HugeTags HugeTags;

    /// <summary>The world at the start of every program: p0 with its window, and nothing open.</summary>
    public void Reset(Platform platform)
    {
        Fixed(ref this).Clear();
        HasHugePage = platform.HasHugePage;
        FrameCount = ZeroFrame + 1;
        ((Span<byte>)Frames)[..FrameCount].Clear();
        Frames[ZeroFrame] = Blank;
        ref var p0 = ref Processes[0];
        p0.Life = Life.Alive;
        p0.Limit = Quantity.Unlimited;
        p0.LockCaps = 0xff;
        p0.AddressSpace = 0;
        AddressSpaceCount = 1;
        AddressSpaces[0].UserPlusOne = 1;
        for (var page = 0; page < Limits.WindowPages; page++)
        {
            p0.Window[page].Frame = NewFrame(Tag.Initial(page).Value);
            SharedPages[page] = 0;
            FilePages[page] = 0;
        }
    }

    /// <summary>The frames of the device's memory come before all others: whether one is the device's is asked often.</summary>
    public const ushort FirstDeviceFrame = 1;

    /// <summary>The kernel's page of zeros follows them: read-only, the same for everybody.</summary>
    public const ushort ZeroFrame = FirstDeviceFrame + Limits.WindowPages;

    /// <summary>A page of the device's memory: it has no struct page.</summary>
    public static bool IsDevices(ushort frame) => (uint)(frame - FirstDeviceFrame) < Limits.WindowPages;

    /// <summary>
    /// is_invalid_reserved_pfn: a device's page or the page of zeros, which are neither charged nor put (type1-semantics 3 Reserved, corrections C9).
    /// </summary>
    public static bool IsReserved(ushort frame) => (uint)(frame - FirstDeviceFrame) <= ZeroFrame - FirstDeviceFrame;

    /// <summary>Whether nobody reaches the frame: vfio-pci took it out of all page tables, and its fault handler gives it to nobody.</summary>
    public readonly bool IsOutOfReach(ushort frame) => IsDeviceMemoryOff && IsDevices(frame);

    /// <summary>The frames of the huge page come after all others, in the order of its pages.</summary>
    public const ushort FirstHugeFrame = Capacity.Frames;

    /// <summary>What <see cref="Frames"/> have for a page of nothing but zeros; no tag is this.</summary>
    public const byte Blank = byte.MaxValue;

    /// <summary>Whether a frame has not even the mark that every page has that was ever written.</summary>
    public readonly bool IsBlank(ushort frame) => frame < FirstHugeFrame && Frames[frame] == Blank;

    /// <summary>What a frame holds at its start.</summary>
    public readonly byte ContentOf(ushort frame) =>
        IsBlank(frame) ? (byte)0 : frame < FirstHugeFrame ? Frames[frame] : IsHugePageWritten ? HugeTags[frame - FirstHugeFrame] : (byte)0;

    public void Store(ushort frame, byte tag)
    {
        if (frame < FirstHugeFrame)
        {
            Frames[frame] = tag;
            return;
        }
        if (!IsHugePageWritten)
            HugeTags = default;
        IsHugePageWritten = true;
        HugeTags[frame - FirstHugeFrame] = tag;
    }

    public ushort NewFrame(byte tag)
    {
        var frame = FrameCount++;
        Frames[frame] = tag;
        return frame;
    }
}
