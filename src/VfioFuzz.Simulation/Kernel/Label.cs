namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// Where a task is: the kernel function and the point in it at which the next atomic step begins. Between two steps anything
/// else may run; inside one nothing does. A label that wants a lock is a task queued for that lock, holding what it took before.
/// </summary>
internal enum Label : byte
{
    /// <summary>In user space; a worker without work.</summary>
    User = 0,

    /// <summary>The thread is dead, or was never started.</summary>
    Gone,

    /// <summary>vfio_group_fops_open: another open of the group may win the single-opener test.</summary>
    OpenGroup,

    /// <summary>vfio_device_open: before a container user is counted; UNSET_CONTAINER may still succeed.</summary>
    GetDeviceAssign,

    /// <summary>vfio_device_open: before dev_set->lock; the container can no longer go away.</summary>
    GetDeviceOpen,

    /// <summary>vfio_device_open, first open: dev_set->lock held, group lock wanted.</summary>
    GetDeviceFirst,

    /// <summary>vfio_iommu_type1_register_device: dev_set and group lock held, iommu mutex wanted.</summary>
    RegisterDevice,

    /// <summary>vfio_iommu_type1_register_device: iommu mutex held, device_list_lock wanted (one half of DL-23).</summary>
    RegisterInList,

    /// <summary>vfio_group_ioctl_set_container: group lock wanted.</summary>
    AttachGroup,

    /// <summary>vfio_container_attach_group: group lock held, container group_lock wanted for write.</summary>
    AttachContainer,

    /// <summary>vfio_iommu_type1_attach_group: both held, iommu mutex wanted; MAP and UNMAP may still run.</summary>
    AttachType1,

    /// <summary>vfio_iommu_replay in vfio_wait: group lock and container group_lock stay held (DL-09); MAPs go on unseen by the checks.</summary>
    AttachWoken,

    /// <summary>vfio_group_ioctl_get_status: group lock wanted.</summary>
    GroupStatus,

    /// <summary>vfio_group_ioctl_unset_container: group lock wanted.</summary>
    DetachGroup,

    /// <summary>vfio_group_detach_container: group lock held, container group_lock wanted for write.</summary>
    DetachContainer,

    /// <summary>vfio_iommu_type1_detach_group: both held, iommu mutex wanted.</summary>
    DetachType1,

    /// <summary>vfio_ioctl_set_iommu: container group_lock wanted for write.</summary>
    SetIommu,

    /// <summary>vfio_container_ioctl_check_extension: container group_lock wanted for read.</summary>
    CheckExtension,

    /// <summary>vfio_iommu_type1_check_extension: group_lock held for read, iommu mutex wanted.</summary>
    CheckExtensionLocked,

    /// <summary>vfio_iommu_type1_get_info: iommu mutex wanted.</summary>
    GetInfo,

    /// <summary>vfio_dma_do_map: iommu mutex wanted.</summary>
    Map,

    /// <summary>vfio_dma_do_unmap: iommu mutex wanted.</summary>
    Unmap,

    /// <summary>vfio_notify_dma_unmap: iommu mutex held, device_list_lock wanted (one half of DL-23).</summary>
    Notify,

    /// <summary>vfio_notify_dma_unmap: device_list_lock held, mutex dropped; MAP, UNMAP and pins of others run (bug-zoo L3, L6).</summary>
    NotifyDevice,

    /// <summary>ops->dma_unmap: the driver's lock wanted (DL-08).</summary>
    Callback,

    /// <summary>ops->dma_unmap: vfio_unpin_pages wants the iommu mutex, device_list_lock held (the other half of DL-23).</summary>
    CallbackUnpin,

    /// <summary>vfio_dma_do_unmap: the iommu mutex wanted again; the walk starts over.</summary>
    UnmapAgain,

    /// <summary>A driver about to pin: its lock wanted.</summary>
    PinDriver,

    /// <summary>vfio_iommu_type1_pin_pages: iommu mutex wanted.</summary>
    Pin,

    /// <summary>vfio_iommu_type1_pin_pages in vfio_wait: only the iommu mutex was dropped (deadlocks F2).</summary>
    PinWoken,

    /// <summary>A driver about to unpin: its lock wanted.</summary>
    UnpinDriver,

    /// <summary>vfio_iommu_type1_unpin_pages: iommu mutex wanted.</summary>
    Unpin,

    /// <summary>A driver about to read or write guest memory: its lock wanted.</summary>
    RwDriver,

    /// <summary>vfio_iommu_type1_dma_rw: iommu mutex wanted.</summary>
    Rw,

    /// <summary>vfio_iommu_type1_dma_rw_chunk in vfio_wait; earlier chunks stay done.</summary>
    RwWoken,

    /// <summary>A user waits for a worker (killable).</summary>
    Join,

    /// <summary>task_work_run: releases that the task's last fput queued.</summary>
    TaskWork,

    /// <summary>vfio_fops_release: iommu mutex wanted to clear container_open.</summary>
    ReleaseContainer,

    /// <summary>vfio_group_fops_release: group lock wanted.</summary>
    ReleaseGroup,

    /// <summary>vfio_group_detach_container at group release: group lock held, container group_lock wanted for write.</summary>
    ReleaseGroupContainer,

    /// <summary>vfio_iommu_type1_detach_group at group release.</summary>
    ReleaseGroupType1,

    /// <summary>vfio_device_fops_release: dev_set->lock wanted.</summary>
    ReleaseDevice,

    /// <summary>vfio_device_fops_release: dev_set->lock held, group lock wanted.</summary>
    ReleaseDeviceGroup,

    /// <summary>close_device: waits for the worker under dev_set->lock and the group's lock (deadlocks F6, DL-01).</summary>
    CloseDeviceStop,

    /// <summary>close_device: the driver's lock wanted.</summary>
    CloseDeviceDriver,

    /// <summary>close_device: vfio_unpin_pages of one record wants the iommu mutex.</summary>
    CloseDeviceUnpin,

    /// <summary>vfio_iommu_type1_unregister_device: iommu mutex wanted; dma_unmap may still be called on the closed device.</summary>
    UnregisterDevice,

    /// <summary>vfio_iommu_type1_unregister_device: iommu mutex held, device_list_lock wanted (one half of DL-23).</summary>
    UnregisterFromList,

    /// <summary>vfio_device_unassign_container: group lock wanted; the device is closed but UNSET_CONTAINER still says EBUSY.</summary>
    UnassignDevice,

    /// <summary>de_thread: waits for the siblings to be reaped (DL-10).</summary>
    ExecSiblings,

    /// <summary>exit_mm.</summary>
    ExitMm,

    /// <summary>exit_files: mm is gone, files are not (deadlocks F7).</summary>
    ExitFiles,

    /// <summary>The harness waits for a process to be reaped.</summary>
    Reaping,

    /// <summary>The instance whose mutex was wanted has been freed.</summary>
    Orphaned,

    /// <summary>CHANGE_MM, CHANGE_PROCESS: iommu mutex wanted.</summary>
    ChangeOwner,

    /// <summary>vfio_device_fops_release of the waiters design: iommu mutex wanted, to flag and wake who sleeps for the device.</summary>
    FlagWaiters,

    /// <summary>A driver's fault handler: mmap_lock of the caller wanted for read, and held while it pins (DL-20).</summary>
    FaultIn,

    /// <summary>mmap, munmap: mmap_lock wanted for write.</summary>
    MmapLocked,

    /// <summary>vfio_unregister_group_dev: waits until nobody holds the device, in slices that no signal ends (DL-11).</summary>
    Unbind,
}

/// <summary>Words for labels and waits.</summary>
internal static class Place
{
    private static readonly Label[] First = FirstLabels();

    /// <summary>The first label that is described by the same words: two places are one when people cannot tell them apart.</summary>
    public static Label FirstOfSameWords(Label label) => First[(int)label];

    public static string Describe(Label label) => label switch
    {
        Label.User => "user space",
        Label.Gone => "dead",
        Label.OpenGroup => "vfio_group_fops_open",
        Label.GetDeviceAssign or Label.GetDeviceOpen or Label.GetDeviceFirst => "vfio_device_open",
        Label.RegisterDevice or Label.RegisterInList => "vfio_iommu_type1_register_device",
        Label.AttachGroup => "vfio_group_ioctl_set_container",
        Label.GetInfo => "vfio_iommu_type1_get_info",
        Label.GroupStatus => "vfio_group_ioctl_get_status",
        Label.AttachContainer => "vfio_container_attach_group",
        Label.AttachType1 => "vfio_iommu_type1_attach_group",
        Label.AttachWoken => "vfio_iommu_replay: vfio_wait",
        Label.DetachGroup => "vfio_group_ioctl_unset_container",
        Label.DetachContainer or Label.ReleaseGroupContainer => "vfio_group_detach_container",
        Label.DetachType1 or Label.ReleaseGroupType1 => "vfio_iommu_type1_detach_group",
        Label.SetIommu => "vfio_ioctl_set_iommu",
        Label.CheckExtension => "vfio_container_ioctl_check_extension",
        Label.CheckExtensionLocked => "vfio_iommu_type1_check_extension",
        Label.Map => "vfio_dma_do_map",
        Label.Unmap or Label.UnmapAgain => "vfio_dma_do_unmap",
        Label.Notify or Label.NotifyDevice => "vfio_notify_dma_unmap",
        Label.Callback => "dma_unmap callback",
        Label.CallbackUnpin => "dma_unmap callback: vfio_unpin_pages",
        Label.PinDriver => "driver pin",
        Label.Pin => "vfio_iommu_type1_pin_pages",
        Label.PinWoken => "vfio_iommu_type1_pin_pages: vfio_wait",
        Label.UnpinDriver => "driver unpin",
        Label.Unpin => "vfio_iommu_type1_unpin_pages",
        Label.RwDriver => "driver dma_rw",
        Label.Rw => "vfio_iommu_type1_dma_rw",
        Label.RwWoken => "vfio_iommu_type1_dma_rw: vfio_wait",
        Label.Join => "driver join",
        Label.TaskWork => "task_work_run",
        Label.ReleaseContainer => "vfio_fops_release",
        Label.ReleaseGroup => "vfio_group_fops_release",
        Label.ReleaseDevice or Label.ReleaseDeviceGroup => "vfio_device_fops_release",
        Label.CloseDeviceStop => "close_device: stop worker",
        Label.CloseDeviceDriver => "close_device",
        Label.CloseDeviceUnpin => "close_device: vfio_unpin_pages",
        Label.UnregisterDevice or Label.UnregisterFromList => "vfio_iommu_type1_unregister_device",
        Label.UnassignDevice => "vfio_device_unassign_container",
        Label.ExecSiblings => "de_thread",
        Label.ExitMm => "exit_mm",
        Label.ExitFiles => "exit_files",
        Label.Reaping => "wait for reaping",
        Label.Orphaned => "freed vfio_iommu",
        Label.ChangeOwner => "vfio_change_dma_owner",
        Label.FlagWaiters => "vfio_device_fops_release: notify vfio_iommu",
        Label.FaultIn => "driver fault handler",
        Label.MmapLocked => "vm_mmap_pgoff",
        Label.Unbind => "vfio_unregister_group_dev",
        _ => label.ToString(),
    };

    private static Label[] FirstLabels()
    {
        var first = new Label[(int)Enum.GetValues<Label>().Max() + 1];
        for (var label = first.Length - 1; label >= 0; label--)
        {
            first[label] = (Label)label;
            for (var earlier = label - 1; earlier >= 0; earlier--)
            {
                if (Describe((Label)earlier) == Describe((Label)label))
                    first[label] = (Label)earlier;
            }
        }
        return first;
    }
}
