using System.Runtime.InteropServices;

namespace VfioFuzz.Programs;

/// <summary>What a world's device is.</summary>
public enum DeviceKind : byte
{
    /// <summary>The world has no such device.</summary>
    Absent = 0,

    /// <summary>A physical device behind the IOMMU, in a group of its own or, with a sibling, of both.</summary>
    Pci = 1,

    /// <summary>A mediated device (emulated group) with a driver that pins.</summary>
    Mdev = 2,
}

/// <summary>In which kernel context a driver does the work that is submitted to it.</summary>
public enum DriverContext : byte
{
    /// <summary>A kworker: ignores signals, close flushes it.</summary>
    Worker = 0,

    /// <summary>A kernel thread of its own: close stops it with kthread_stop.</summary>
    Kthread = 1,

    /// <summary>The driver has no worker: work is done by callers only.</summary>
    Caller = 2,
}

/// <summary>The lock that a driver holds while it pins, unpins, reads, writes, and in its unmap callback.</summary>
public enum DriverLock : byte
{
    None = 0,

    /// <summary>One mutex of the device.</summary>
    Own = 1,

    /// <summary>One mutex for all devices of the world that say shared.</summary>
    Shared = 2,
}

/// <summary>What a driver's dma_unmap callback does.</summary>
public enum DriverCallback : byte
{
    /// <summary>Unpins every record in the range.</summary>
    Unpin = 0,

    /// <summary>Ignores the first N notifications since the device was opened, then unpins.</summary>
    Refuse = 1,

    /// <summary>Unpins one record of the range (the lowest iova) at each notification.</summary>
    TooLittle = 2,

    /// <summary>There is none: the device is never registered with type1, and nobody is told when its pins are in the way.</summary>
    None = 3,
}

/// <summary>What a worker does when a pin or dma_rw answers EFAULT.</summary>
public enum DriverOnFault : byte
{
    Stop = 0,

    /// <summary>Tries again, up to N times.</summary>
    Retry = 1,
}

/// <summary>A device of the world and, for an mdev, the shape of its driver. 8 bytes, as on the wire.</summary>
/// <param name="HasSibling">
/// Of a pci device: another function is in its group, which no driver has when a program starts and a driver of the host may get
/// (<see cref="OperationKind.Sibling"/>).
/// </param>
[StructLayout(LayoutKind.Sequential, Size = 8)]
public readonly record struct DeviceSpec(
    DeviceKind Kind,
    DriverContext By = DriverContext.Worker,
    DriverLock Lock = DriverLock.None,
    DriverCallback Callback = DriverCallback.Unpin,
    byte RefuseCount = 0,
    DriverOnFault OnFault = DriverOnFault.Stop,
    byte RetryCount = 0,
    bool HasSibling = false)
{
    public static DeviceSpec Pci => new(DeviceKind.Pci);

    public static DeviceSpec PciWithSibling => new(DeviceKind.Pci, HasSibling: true);

    public static DeviceSpec Mdev => new(DeviceKind.Mdev);

    /// <summary>
    /// The device that means the same and holds nothing else: no driver's shape without an mdev, no count that nothing
    /// counts. Unknown codes become the first of their kind.
    /// </summary>
    public DeviceSpec Canonical => Kind switch
    {
        DeviceKind.Pci => HasSibling ? PciWithSibling : Pci,
        DeviceKind.Mdev => new(
            DeviceKind.Mdev,
            By <= DriverContext.Caller ? By : default,
            Lock <= DriverLock.Shared ? Lock : default,
            Callback <= DriverCallback.None ? Callback : default,
            Callback == DriverCallback.Refuse ? RefuseCount : (byte)0,
            OnFault <= DriverOnFault.Retry ? OnFault : default,
            OnFault == DriverOnFault.Retry ? RetryCount : (byte)0),
        _ => default,
    };
}

/// <summary>
/// What exists before a program starts: up to four devices, each in a group of its own, and process p0 with the window
/// mapped anonymous, touched and tagged <see cref="Tag.Initial"/>, CAP_IPC_LOCK raised and RLIMIT_MEMLOCK unlimited. A
/// plain value, 32 bytes, as on the wire.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
public readonly record struct World(DeviceSpec D0, DeviceSpec D1 = default, DeviceSpec D2 = default, DeviceSpec D3 = default)
{
    public DeviceSpec Device(int number) => number switch
    {
        0 => D0,
        1 => D1,
        2 => D2,
        3 => D3,
        _ => default,
    };

    public World With(int number, DeviceSpec device) => number switch
    {
        0 => this with { D0 = device },
        1 => this with { D1 = device },
        2 => this with { D2 = device },
        3 => this with { D3 = device },
        _ => throw new ArgumentOutOfRangeException(nameof(number)),
    };

    /// <summary>The device whose group has a sibling, the first of several, or -1.</summary>
    public int WithSibling => D0.HasSibling ? 0 : D1.HasSibling ? 1 : D2.HasSibling ? 2 : D3.HasSibling ? 3 : -1;

    public bool Has(DeviceKind kind) =>
        D0.Kind == kind || D1.Kind == kind || D2.Kind == kind || D3.Kind == kind;
}
