using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>The valid iova ranges of an instance (type1-semantics 3, 3.2).</summary>
internal enum IovaList : byte
{
    /// <summary>No iommu domain yet: anything goes, and GET_INFO shows no range.</summary>
    Empty = 0,

    /// <summary>The platform's ranges.</summary>
    Platform = 1,

    /// <summary>[0, 2^64-1], after the last domain went while emulated groups stayed (bug-zoo L13).</summary>
    Everything = 2,
}

/// <summary>What SET_IOMMU makes and the detach of the last group destroys (<c>struct vfio_iommu</c>, 2.2).</summary>
internal struct Instance
{
    public bool Exists;
    public bool V2;
    public bool Nesting;

    /// <summary>False for ever after the last close of the container file: vfio_wait's exit condition (5.5).</summary>
    public bool ContainerOpen;

    /// <summary>dirty_page_tracking: every mapping has a bitmap (2.3 I8).</summary>
    public bool TracksDirty;

    public uint DmaAvail;

    /// <summary>The dma_entry_limit that was sampled at SET_IOMMU, for I2.</summary>
    public uint EntryLimit;

    public uint InvalidCount;

    /// <summary>Iommu-backed groups attached, bit by group. All pci groups of this machine share one domain (3.1 row 12).</summary>
    public byte PciGroups;

    /// <summary>Emulated groups attached, bit by group.</summary>
    public byte EmulatedGroups;

    public IovaList IovaList;

    /// <summary>The task that sleeps holding the iommu mutex, + 1; 0 when the mutex is free between sections.</summary>
    public byte MutexOwner;

    /// <summary>The task that holds device_list_lock, + 1.</summary>
    public byte ListOwner;

    /// <summary>Calls that hold the notifier chain for reading, where drivers are notified by one.</summary>
    public byte ChainReaders;

    /// <summary>Mappings, how many.</summary>
    public byte Count;

    /// <summary>Registered devices, how many.</summary>
    public byte RegisteredCount;

    /// <summary>Registered devices, newest first (list_add): the order of notification.</summary>
    public DeviceNumbers Registered;

    /// <summary>Indices of the mappings, ascending by iova.</summary>
    public MappingOrder Order;

    /// <summary>The indices that there are.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Mappings => ((ReadOnlySpan<byte>)Order)[..Count];

    public readonly bool HasDomain => PciGroups != 0;
}

[InlineArray(Limits.DevicesMax)]
internal struct DeviceNumbers
{
    private byte first;
}

[InlineArray(Capacity.Mappings)]
internal struct MappingOrder
{
    private byte first;
}

[InlineArray(Capacity.Instances)]
internal struct Instances
{
    private Instance first;
}
