using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>Device fds: GET_DEVICE_FD and release, with the driver's open_device and close_device (v6.1 vfio_main.c).</summary>
internal sealed partial class Machine<TDesign>
{
    private void StartGetDevice(int task, in Operation op)
    {
        if (!IsFree(task, in op))
        {
            NotRun(task);
            return;
        }
        if (!ResolveGroup(task, op.Slot))
            return;
        ref var t = ref state.Tasks[task];
        // Each group holds one device: the lookup by name finds it or nothing.
        if (!op.Argument.IsReadable)
            Finish(task, Errno.EFAULT);
        else if (op.X != t.Device || (state.Devices[t.Device].Flags & DeviceFlags.Unbound) != 0)
            Finish(task, Errno.ENODEV);
        else
            Go(task, Label.GetDeviceAssign, Lock.Group(t.Device));
    }

    /// <summary>vfio_device_assign_container: counts a user, so the container cannot be unset, and holds the group's file.</summary>
    private void GetDeviceAssign(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var device = ref state.Devices[t.Device];
        Release(Lock.Group(t.Device));
        if (device.Container == 0 || state.Containers[device.Container - 1].Instance == 0)
        {
            Finish(task, Errno.EINVAL);
            return;
        }
        device.ContainerUsers++;
        state.Files[device.OpenedFile - 1].References++;
        Go(task, Label.GetDeviceOpen, DeviceSetOf(t.Device));
    }

    private void GetDeviceOpen(int task)
    {
        ref var t = ref state.Tasks[task];
        if (++state.Devices[t.Device].OpenCount == 1)
            Go(task, Label.GetDeviceFirst, Lock.Group(t.Device));
        else
            GotDevice(task);
    }

    private void GetDeviceFirst(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var device = ref state.Devices[t.Device];
        if (world.Device(t.Device).Kind != DeviceKind.Mdev)
        {
            Release(Lock.Group(t.Device));
            GotDevice(task);
            return;
        }
        // open_device: the driver starts afresh.
        device.Flags = DeviceFlags.AcceptsWork;
        device.Refused = 0;
        t.Instance = InstanceOf(t.Device);
        if (HasCallback(t.Device))
        {
            ChangeDeviceList(task, Label.RegisterDevice, Label.RegisterInList);
            return;
        }
        Release(Lock.Group(t.Device));
        GotDevice(task);
    }

    /// <summary>type1 keeps no device whose driver it could not tell of an unmap.</summary>
    private bool HasCallback(int device) => world.Device(device).Callback != DriverCallback.None;

    /// <summary>To v5.19 the chain's rwsem alone, since then the iommu mutex and under it device_list_lock (one half of DL-23).</summary>
    private void ChangeDeviceList(int task, Label withMutex, Label inList)
    {
        var instance = state.Tasks[task].Instance;
        if (TDesign.Notifies == Notification.UnderNotifierChain)
            Go(task, inList, Lock.DeviceList(instance));
        else
            Go(task, withMutex, Lock.IommuMutex(instance));
    }

    private void ChangedDeviceList(int instance)
    {
        Release(Lock.DeviceList(instance));
        if (TDesign.Notifies != Notification.UnderNotifierChain)
            Release(Lock.IommuMutex(instance));
    }

    /// <summary>Every mdev has a set of its own; functions that are reset together share one.</summary>
    private static byte DeviceSetOf(int device) => Lock.DeviceSet(TDesign.SharesDeviceSet ? 0 : device);

    private void RegisterInList(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var list = ref state.Instances[t.Instance].DeviceList;
        for (var at = Limits.DevicesMax - 1; at > 0; at--)
            list[at] = list[at - 1];
        list[0] = (byte)(t.Device + 1);
        ChangedDeviceList(t.Instance);
        Release(Lock.Group(t.Device));
        GotDevice(task);
    }

    private void GotDevice(int task)
    {
        ref var t = ref state.Tasks[task];
        Release(DeviceSetOf(t.Device));
        var op = operations[t.Line];
        Install(ProcessOf(task), op.At, NewFile(FileKind.Device, t.Device), op.CloseOnExec);
        Finish(task, Errno.None);
    }

    private byte InstanceOf(int device) => (byte)(state.Containers[state.Devices[device].Container - 1].Instance - 1);

    /// <summary>vfio_device_fops_release with dev_set->lock and the group's lock; the last close stops the driver.</summary>
    private void ReleaseDeviceLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var device = ref state.Devices[t.Device];
        if (device.OpenCount != 1 || world.Device(t.Device).Kind != DeviceKind.Mdev)
        {
            ClosedDevice(task);
            return;
        }
        t.Instance = InstanceOf(t.Device);
        if (!Slips(Slip.FlagsAfterWorkerEnded))
            device.Flags &= ~DeviceFlags.AcceptsWork;
        // The flag is seen by whoever comes to sleep from now on; who sleeps already is woken. No mutex is needed for either.
        if (TDesign.CloseWakes == CloseWake.StickyFlag && !Slips(Slip.SetsFlagWithoutWaking))
            WakeWaitersOf(t.Device, t.Instance, flags: false);
        if (world.Device(t.Device).By == DriverContext.Kthread)
            StopKthread(t.Device);
        Go(task, Label.CloseDeviceStop, Slips(Slip.CloseLeavesWorker) ? (byte)0 : Wait.WorkerIdle);
    }

    /// <summary>kthread_stop: the flag, and one wake-up. A thread that pins again before it tests the flag sleeps on (DL-16).</summary>
    private void StopKthread(int device)
    {
        state.Devices[device].Flags |= DeviceFlags.ShouldStop;
        ref var worker = ref state.Tasks[TaskId.WorkerOf(device).Value];
        if (worker.Wants == Wait.Vaddr)
            worker.Wants = Lock.IommuMutex(worker.Instance);
    }

    private void CloseDeviceStopped(int task)
    {
        state.Devices[state.Tasks[task].Device].Flags &= ~DeviceFlags.AcceptsWork;
        EnterDriver(task, Label.CloseDeviceDriver);
    }

    private void CloseDeviceUnpinNext(int task)
    {
        ref var t = ref state.Tasks[task];
        if (LowestRecord(t.Device, 0, ulong.MaxValue) >= 0 && !Slips(Slip.CloseLeavesPins))
        {
            Go(task, Label.CloseDeviceUnpin, Lock.IommuMutex(t.Instance));
            return;
        }
        LeaveDriver(t.Device);
        if (HasCallback(t.Device))
            ChangeDeviceList(task, Label.UnregisterDevice, Label.UnregisterFromList);
        else
            ClosedDevice(task);
    }

    private void CloseDeviceUnpinLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        // While the mutex was wanted, an unmap's callback may have unpinned the last record.
        var pin = LowestRecord(t.Device, 0, ulong.MaxValue);
        if (pin >= 0 && Slips(Slip.CloseUnpinsForAllDevices))
            state.Pins[pin].References = 1;
        if (pin >= 0)
            DropRecord(pin, t.Device);
        Release(Lock.IommuMutex(t.Instance));
        CloseDeviceUnpinNext(task);
    }

    private void UnregisterFromList(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var list = ref state.Instances[t.Instance].DeviceList;
        var at = 0;
        while (list[at] != t.Device + 1)
            at++;
        for (; at < Limits.DevicesMax - 1; at++)
            list[at] = list[at + 1];
        list[Limits.DevicesMax - 1] = 0;
        ChangedDeviceList(t.Instance);
        ClosedDevice(task);
    }

    private void ClosedDevice(int task)
    {
        ref var t = ref state.Tasks[task];
        Release(Lock.Group(t.Device));
        state.Devices[t.Device].OpenCount--;
        Release(DeviceSetOf(t.Device));
        Go(task, Label.UnassignDevice, Lock.Group(t.Device));
    }

    /// <summary>vfio_device_unassign_container: the user goes, and the group's file may be released after this.</summary>
    private void UnassignDevice(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var device = ref state.Devices[t.Device];
        if (!Slips(Slip.ForgetsContainerUser))
            device.ContainerUsers--;
        if (!Slips(Slip.LeaksGroupFile))
            Put(task, device.OpenedFile - 1);
        Release(Lock.Group(t.Device));
        Go(task, Label.TaskWork);
    }

    /// <summary>
    /// The waiters design's half of vfio_device_fops_release: it runs for each file of the device, not for its last close, and before any of
    /// the locks of the close is taken.
    /// </summary>
    private void FlagWaiters(int task)
    {
        ref var t = ref state.Tasks[task];
        if (state.Devices[t.Device].OpenCount == 1 || !Slips(Slip.FlagsAtLastCloseOnly))
            WakeWaitersOf(t.Device, t.Instance, flags: true);
        Release(Lock.IommuMutex(t.Instance));
        Go(task, Label.ReleaseDevice, DeviceSetOf(t.Device));
    }

    /// <summary>Writing to the driver's unbind: the caller waits for the last close, and no signal ends that (DL-11).</summary>
    private void StartUnbind(int task, int device)
    {
        if (world.Device(device).Kind == DeviceKind.Absent || (state.Devices[device].Flags & DeviceFlags.Unbound) != 0)
        {
            Finish(task, Errno.ENODEV);
            return;
        }
        state.Tasks[task].Device = (byte)device;
        Go(task, Label.Unbind, Wait.DeviceUnused);
    }

    private void Unbound(int task)
    {
        ref var device = ref state.Devices[state.Tasks[task].Device];
        var already = (device.Flags & DeviceFlags.Unbound) != 0;
        device.Flags |= DeviceFlags.Unbound;
        Finish(task, already ? Errno.ENODEV : Errno.None);
    }
}
