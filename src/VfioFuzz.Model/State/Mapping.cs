using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>One MAP_DMA of an instance (<c>struct vfio_dma</c>, type1-semantics 2.1).</summary>
internal struct Mapping
{
    public ulong Iova;

    /// <summary>Bytes; not zero.</summary>
    public ulong Size;

    public ulong Vaddr;

    /// <summary>Pages that this mapping has charged: the recorded locked_vm of S61 and later. May drift (bug-zoo L7, L8).</summary>
    public long Charged;

    /// <summary>What the device may do; never changes.</summary>
    public Access Access;

    /// <summary>The iommu translates this mapping: <see cref="Frames"/> hold one pin for each page.</summary>
    public bool IommuMapped;

    /// <summary>CAP_IPC_LOCK at MAP time, refreshed by an owner change.</summary>
    public bool LockCap;

    public bool VaddrInvalid;

    /// <summary>Translated through <see cref="File"/>: the vaddr stands for an offset from the window's base.</summary>
    public bool IsFileBacked;

    /// <summary>The file of a file-backed mapping: the memfd or the world's file.</summary>
    public MemoryKind File;

    public byte Instance;

    /// <summary>The mapper's address space at MAP time.</summary>
    public byte AddressSpace;

    /// <summary>The mapper's group leader: its process ...</summary>
    public byte Process;

    /// <summary>... and which of the process's leaders it is (an exec from another thread replaces the leader, 6.3).</summary>
    public byte Leader;

    /// <summary>External pins: how many distinct iovas.</summary>
    public ushort PinCount;

    /// <summary>The frame of the first page when the iommu translates to the huge page, whose frames follow each other; else 0.</summary>
    public ushort HugeFirst;

    /// <summary>Pages behind the iommu's translation that are reserved, and so nobody's charge.</summary>
    public byte Reserved;

    /// <summary>Frames behind the iommu's translation, page by page, while <see cref="IommuMapped"/>.</summary>
    public PageFrames Frames;

    /// <summary>The last byte. No mapping wraps: MAP_DMA tests its last byte (1.5 row 8).</summary>
    public readonly ulong Last => Iova + Size - 1;

    public readonly ulong Pages => Size / Limits.PageSize;

    /// <summary>Pages that an iommu's translation of the whole mapping charges.</summary>
    public readonly long Chargeable => (long)Pages - Reserved;

    /// <summary>The iommu translates the next page, in ascending order.</summary>
    public void Translate(int page, ushort frame)
    {
        if (frame < ModelState.FirstHugeFrame)
            Frames[page] = frame;
        else if (page == 0)
            HugeFirst = frame;
        if (ModelState.IsReserved(frame))
            Reserved++;
    }

    /// <summary>The iommu translates none of the pages any more.</summary>
    public void Forget() => (IommuMapped, Frames, HugeFirst, Reserved) = (false, default, 0, 0);

    /// <summary>The frame behind a page of a translation.</summary>
    public readonly ushort FrameOf(int page) =>
        HugeFirst >= ModelState.FirstHugeFrame ? (ushort)(HugeFirst + page) : Frames[page];
}

/// <summary>Frame numbers of up to a window's pages; a longer mapping that the iommu translates is of the huge page.</summary>
[InlineArray(Limits.WindowPages)]
internal struct PageFrames
{
    private ushort first;
}

[InlineArray(Capacity.Mappings)]
internal struct Mappings
{
    private Mapping first;
}

/// <summary>One externally pinned iova of a mapping (<c>struct vfio_pfn</c>): keyed by the exact byte address (bug-zoo L11).</summary>
internal struct ExternalPin
{
    public ulong Iova;
    public ushort Frame;
    public ushort References;
    public byte Mapping;
}

[InlineArray(Capacity.Pins)]
internal struct ExternalPins
{
    private ExternalPin first;
}

/// <summary>What a driver remembers of one page it pinned.</summary>
internal struct PinRecord
{
    public ulong Iova;
    public ushort Frame;
    public byte Device;
    public Access Access;
}

[InlineArray(Capacity.Records)]
internal struct PinRecords
{
    private PinRecord first;
}
