using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Hardware;

/// <summary>
/// Memory, pins and the IOMMU: what is true whatever a design believes (design decision 4). Designs reach it only through its
/// methods, which keep books of their own and record the first rule they see broken in <see cref="Fault"/>.
/// </summary>
/// <remarks>
/// A page needs a frame number only while somebody besides its own page table can see it. Shared, file and device pages and the page of zeros therefore have
/// fixed frames, and a private page gets one at its first pin and gives it back at its last unpin: until then the page table
/// entry itself holds the content. So states that differ only in which frame was taken long ago are equal.
/// </remarks>
internal partial struct HardwareState
{
    public const int SharedFrames = 0;
    public const int FileFrames = Limits.WindowPages;
    public const int DeviceFrames = 2 * Limits.WindowPages;
    public const int ZeroFrame = 3 * Limits.WindowPages;
    public const int PrivateFrames = ZeroFrame + 1;
    public const int FramesMax = 81;
    public const int TranslationsMax = Kernel.MachineState.MappingsMax;

    private PageTables tables;
    private FrameBytes tags;
    private FrameBytes pins;
    private FrameBytes translated;
    private FrameBytes owners;
    private TranslationTable translations;
    private byte fileCut;

    /// <summary>The memory bit of the device whose memory can be mapped is clear.</summary>
    public bool IsDeviceMemoryOff { get; set; }

    /// <summary>GUP pins taken and not returned, over all frames.</summary>
    public ushort PinsTaken { get; private set; }

    /// <summary>The first hardware rule seen broken; sticky.</summary>
    public HardwareFault Fault { get; private set; }

    /// <summary>A frame or translation was asked for when none was left: the run is inconclusive.</summary>
    public bool OutOfCapacity { get; private set; }
}

/// <summary>Rules that only hardware can see broken.</summary>
internal enum HardwareFault : byte
{
    None = 0,

    /// <summary>A frame was unpinned more often than pinned.</summary>
    UnpinWithoutPin,

    /// <summary>A frame lost its last pin while the IOMMU still translates to it: the device sees a page that may be reused.</summary>
    UnpinBeforeInvalidate,

    /// <summary>The IOMMU was told to translate an iova that it translates already.</summary>
    TranslatedTwice,
}

[InlineArray(Limits.ProcessesMax * Limits.WindowPages)]
internal struct PageTables
{
    private ushort first;
}

[InlineArray(HardwareState.FramesMax)]
internal struct FrameBytes
{
    private byte first;
}

[InlineArray(HardwareState.TranslationsMax)]
internal struct TranslationTable
{
    private Translation first;
}

[InlineArray(Limits.WindowPages)]
internal struct TranslatedFrames
{
    private byte first;
}

/// <summary>One run of IOMMU page-table entries of a domain. At most a window's worth: only window pages can be pinned.</summary>
internal struct Translation
{
    public ulong Iova;
    public TranslatedFrames Frames;
    public byte Domain;
    public byte Pages;
    private byte access;

    public Access Access
    {
        readonly get => (Access)access;
        set => access = (byte)value;
    }
}
