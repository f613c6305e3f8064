using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

internal enum FileKind : byte
{
    None = 0,
    Container = 1,
    Group = 2,
    Device = 3,
}

/// <summary>An open file description: what slots, messages, calls in flight and (for a group) open devices refer to.</summary>
internal struct OpenFile
{
    public FileKind Kind;

    /// <summary>The container's number, or the device number of a group or device.</summary>
    public byte Target;

    public ushort References;
}

[InlineArray(Capacity.Files)]
internal struct OpenFiles
{
    private OpenFile first;
}

/// <summary>A container object: it outlives its file while groups are attached (7.2).</summary>
internal struct Container
{
    /// <summary>Groups attached, bit by group.</summary>
    public byte Groups;

    /// <summary>The instance + 1; 0 without an iommu driver.</summary>
    public byte InstancePlusOne;

    /// <summary>The task that holds group_lock for writing, + 1.</summary>
    public byte LockOwner;
}

[InlineArray(Capacity.Containers)]
internal struct ContainerObjects
{
    private Container first;
}

/// <summary>What an unbind has taken away, in the order of vfio_unregister_group_dev; a group has one device of vfio, so it goes with it.</summary>
internal enum Leaving : byte
{
    None = 0,

    /// <summary>The unbind waits for those who have the device open.</summary>
    Waiting,

    /// <summary>No name finds the device.</summary>
    Unlisted,

    /// <summary>The group's node is gone.</summary>
    Unnamed,

    /// <summary>The group has no device any more, and no container.</summary>
    Gone,

    /// <summary>The driver core has forgotten the driver as well.</summary>
    Unbound,
}

/// <summary>A device, its group (one each, with a sibling beside the device or none) and, for an mdev, its driver.</summary>
internal struct Device
{
    /// <summary>The group's single opener, as file + 1.</summary>
    public byte OpenedFile;

    /// <summary>The container of the group + 1.</summary>
    public byte ContainerPlusOne;

    /// <summary>The group's container_users: 1 for the attachment, and one for each open device file.</summary>
    public byte Users;

    /// <summary>The device's open_count.</summary>
    public byte OpenCount;

    /// <summary>The task that holds the group's lock (and the device set's, which is taken around it), + 1.</summary>
    public byte LockOwner;

    /// <summary>The task that holds the driver's own lock, + 1.</summary>
    public byte DriverLockOwner;

    /// <summary>dma_unmap notifications that the driver has refused since the device was opened.</summary>
    public byte Refusals;

    /// <summary>open_device has run, and close_device has not stopped the worker yet: the driver takes work.</summary>
    public bool IsDriverOpen;

    /// <summary>close_device has asked the worker to stop: seen by a kthread only.</summary>
    public bool Stopping;

    /// <summary>The DMA of the group is a container's, or of the attach that is under way.</summary>
    public bool IsClaimed;

    /// <summary>A driver of the host has the device's sibling.</summary>
    public bool HasBoundSibling;

    /// <summary>How far the device is on its way out of vfio.</summary>
    public Leaving Leaving;

    /// <summary>How many of <see cref="ModelState.Records"/> are this driver's.</summary>
    public ushort RecordCount;
}

[InlineArray(Limits.DevicesMax)]
internal struct Devices
{
    private Device first;
}
