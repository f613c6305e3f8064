using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Channels;

/// <summary>Numbers of guest/wire.h.</summary>
internal static class Wire
{
    /// <summary>Changes with any layout.</summary>
    public const ulong Magic = 0x7a66_6676_0000_0006;

    public const int Slots = 8;
    public const int EventsMax = 512;
    public const int TextMax = 4096;
    public const int SlotOffset = 8192;
    public const int CoverageOffset = 0x40000;

    /// <summary>Bytes to share; ivshmem wants a power of two.</summary>
    public const int MemorySize = 1 << 19;
}

internal enum SlotState : uint
{
    /// <summary>The host may fill it.</summary>
    Free = 0,

    /// <summary>The guest may run it.</summary>
    Submitted = 1,

    /// <summary>The host may read the events.</summary>
    Done = 2,
}

/// <summary>Which kind of process p0 is.</summary>
internal enum WireLane : uint
{
    /// <summary>In the memory of the executor's supervisor: for programs without process events.</summary>
    InProcess = 0,

    /// <summary>With memory of its own.</summary>
    Process = 1,
}

internal enum GuestCommand : uint
{
    None = 0,

    /// <summary>Refresh and report pages ever pinned and ever unpinned, in the first two values.</summary>
    PinCounters = 1,

    /// <summary>Unload the type1 module, load the one at the text's path in the guest.</summary>
    SwapType1 = 2,

    PowerOff = 3,
}

/// <summary>struct wire_header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct WireHeader
{
    public const int RangesMax = 8;
    public const int KernelMax = 128;
    public const int FailureMax = 512;
    public const int CommandTextMax = 512;

    public ulong Magic;
    public uint SizeOperation, SizeEvent, SizeSlot, SizeHeader;
    public ulong Heartbeat;
    public uint DevicesPci, DevicesMdev;
    public ulong PciPageSizes;
    public uint PciRanges, DmaEntryLimit;
    public fixed ulong PciRange[2 * RangesMax];
    public uint CapabilityUpdateVaddrPci, CapabilityUpdateVaddrMdev;
    public uint WriteOnlyReads, HugePages;
    public uint DmaCc, UnsafeInterrupts;
    public fixed byte Kernel[KernelMax];
    public fixed byte Failure[FailureMax];
    public uint Command;
    public int CommandResult;
    public fixed ulong CommandValue[4];
    public fixed byte CommandText[CommandTextMax];
}

/// <summary>struct wire_coverage.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct WireCoverage
{
    public const int EntriesMax = 8190;

    public uint Blocks, Steps;
    public fixed uint Entry[EntriesMax];
}

/// <summary>struct wire_slot.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct WireSlot
{
    public uint State;
    public uint Lane;
    public uint Lines;
    public uint SettleMilliseconds;
    public ulong Sequence;

    /// <summary>The line last started, plus one.</summary>
    public uint Progress;

    public uint Events;

    /// <summary>How long the guest was at the program, in microseconds.</summary>
    public ulong BusyMicroseconds;

    public World World;
    public fixed byte Block[Limits.LinesMax];
    public WireOperations Operations;
    public WireEvents EventList;
    public fixed byte Text[Wire.TextMax];
}

[InlineArray(Limits.LinesMax)]
internal struct WireOperations
{
    private Operation first;
}

[InlineArray(Wire.EventsMax)]
internal struct WireEvents
{
    private HistoryEvent first;
}
