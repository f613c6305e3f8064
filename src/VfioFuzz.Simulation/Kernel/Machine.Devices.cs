using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>Device fds: GET_DEVICE_FD and release, with the driver's open_device and close_device (v6.1 vfio_main.c).</summary>
internal sealed partial class Machine<TDesign>
{
    private void StartGetDevice(int task, in Operation op)
    {
        if (!IsFree(ProcessOf(task), op.At))
        {
            NotRun(task);
            return;
        }
        if (!ResolveGroup(task, op.Slot))
            return;
        ref var t = ref state.Tasks[task];
        // Each group holds one device: the lookup by name finds it or nothing.
        if (op.X != t.Device)
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
        Go(task, Label.GetDeviceOpen, Lock.DeviceSet(t.Device));
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
        device.AcceptsWork = true;
        device.ShouldStop = false;
        device.Refused = 0;
        t.Instance = InstanceOf(t.Device);
        Go(task, Label.RegisterDevice, Lock.IommuMutex(t.Instance));
    }

    private void RegisterInList(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var list = ref state.Instances[t.Instance].DeviceList;
        for (var at = Limits.DevicesMax - 1; at > 0; at--)
            list[at] = list[at - 1];
        list[0] = (byte)(t.Device + 1);
        Release(Lock.DeviceList(t.Instance));
        Release(Lock.IommuMutex(t.Instance));
        Release(Lock.Group(t.Device));
        GotDevice(task);
    }

    private void GotDevice(int task)
    {
        ref var t = ref state.Tasks[task];
        Release(Lock.DeviceSet(t.Device));
        var op = operations[t.Line];
        InstallOrDrop(task, op.At, NewFile(FileKind.Device, t.Device), op.CloseOnExec);
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
        device.AcceptsWork = false;
        if (world.Device(t.Device).By == DriverContext.Kthread)
            StopKthread(t.Device);
        Go(task, Label.CloseDeviceStop, Wait.WorkerIdle);
    }

    /// <summary>kthread_stop: the flag, and one wake-up. A thread that pins again before it tests the flag sleeps on (DL-16).</summary>
    private void StopKthread(int device)
    {
        state.Devices[device].ShouldStop = true;
        ref var worker = ref state.Tasks[TaskId.WorkerOf(device).Value];
        if (worker.Wants == Wait.Vaddr)
            worker.Wants = Lock.IommuMutex(worker.Instance);
    }

    private void CloseDeviceStopped(int task) => EnterDriver(task, Label.CloseDeviceDriver);

    private void CloseDeviceUnpinNext(int task)
    {
        ref var t = ref state.Tasks[task];
        if (LowestRecord(t.Device, 0, ulong.MaxValue) >= 0)
        {
            Go(task, Label.CloseDeviceUnpin, Lock.IommuMutex(t.Instance));
            return;
        }
        LeaveDriver(t.Device);
        Go(task, Label.UnregisterDevice, Lock.IommuMutex(t.Instance));
    }

    private void CloseDeviceUnpinLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        // While the mutex was wanted, an unmap's callback may have unpinned the last record.
        var pin = LowestRecord(t.Device, 0, ulong.MaxValue);
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
        Release(Lock.DeviceList(t.Instance));
        Release(Lock.IommuMutex(t.Instance));
        ClosedDevice(task);
    }

    private void ClosedDevice(int task)
    {
        ref var t = ref state.Tasks[task];
        Release(Lock.Group(t.Device));
        state.Devices[t.Device].OpenCount--;
        Release(Lock.DeviceSet(t.Device));
        Go(task, Label.UnassignDevice, Lock.Group(t.Device));
    }

    /// <summary>vfio_device_unassign_container: the user goes, and the group's file may be released after this.</summary>
    private void UnassignDevice(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var device = ref state.Devices[t.Device];
        device.ContainerUsers--;
        Put(task, device.OpenedFile - 1);
        Release(Lock.Group(t.Device));
        Go(task, Label.TaskWork);
    }
}
