using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>Which programs can take the device-list lock and the iommu mutex both ways round (deadlocks DL-23).</summary>
internal static class LockInversions
{
    /// <summary>
    /// Where the second task of the circle sleeps, with the iommu mutex held (read in vfio_notify_dma_unmap, inlined into the ioctl, and in
    /// register and unregister).
    /// </summary>
    public static ImmutableArray<string> Others { get; } =
    [
        "unmap @ vfio_iommu_type1_ioctl", "@ vfio_iommu_type1_register_device", "@ vfio_iommu_type1_unregister_device",
    ];

    /// <summary>
    /// What lockdep says of the same two locks: the mutex wanted by an unpin under the list, or the list wanted under the mutex (corrections C23).
    /// </summary>
    public static ImmutableArray<string> Reports { get; } =
    [
        ": &iommu->lock at vfio_iommu_type1_unpin_pages under &iommu->device_list_lock at vfio_iommu_type1_ioctl",
        ": &iommu->device_list_lock at vfio_iommu_type1_register_device under &iommu->lock at vfio_iommu_type1_register_device",
        ": &iommu->device_list_lock at vfio_iommu_type1_unregister_device under &iommu->lock at vfio_iommu_type1_unregister_device",
        ": &iommu->device_list_lock at vfio_iommu_type1_ioctl under &iommu->lock at vfio_iommu_type1_ioctl",
    ];

    /// <summary>
    /// A parallel block with an unmap and one more call that takes the device-list lock or notifies, in a world with an mdev and in a
    /// program that pins.
    /// </summary>
    public static bool CanHappen(Program program) =>
        program.World.Has(DeviceKind.Mdev)
        && program.Lines.Any(line => line.Operation.Kind is OperationKind.Pin or OperationKind.SubmitPin)
        && HasRacingUnmap(program);

    private static bool HasRacingUnmap(Program program)
    {
        var lines = program.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].IsParallel || !Notifies(lines[i].Operation))
                continue;
            for (var other = 0; other < lines.Length; other++)
            {
                if (other != i && lines[other].Block == lines[i].Block && TakesDeviceList(lines[other].Operation))
                    return true;
            }
        }
        return false;
    }

    private static bool Notifies(in Operation operation) =>
        operation.Kind == OperationKind.Unmap && (operation.UnmapFlags & UnmapFlags.Vaddr) == 0;

    /// <summary>A second notifying unmap, or what opens or closes a device fd (closing a process does too).</summary>
    private static bool TakesDeviceList(in Operation operation) => Notifies(operation) || operation.Kind
        is OperationKind.GetDevice or OperationKind.Close or OperationKind.Exit or OperationKind.Kill or OperationKind.Exec
        or OperationKind.ReceiveFd or OperationKind.SendFd;
}
