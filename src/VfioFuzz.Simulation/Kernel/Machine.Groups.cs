using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>Group fds: open, SET_CONTAINER, UNSET_CONTAINER, release (type1-semantics 7.1, 7.2).</summary>
internal sealed partial class Machine<TDesign>
{
    private void StartOpenGroup(int task, in Operation op)
    {
        if (!IsFree(task, in op))
            NotRun(task);
        else if (world.Device(op.A).Kind == DeviceKind.Absent || (state.Devices[op.A].Flags & DeviceFlags.Unbound) != 0)
            Finish(task, Errno.ENOENT);
        else
        {
            state.Tasks[task].Device = op.A;
            Go(task, Label.OpenGroup, Lock.Group(op.A));
        }
    }

    private void OpenGroupLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var device = ref state.Devices[t.Device];
        Release(Lock.Group(t.Device));
        if (device.OpenedFile != 0)
        {
            Finish(task, Errno.EBUSY);
            return;
        }
        var op = operations[t.Line];
        var file = NewFile(FileKind.Group, t.Device);
        device.OpenedFile = (byte)(file + 1);
        Install(ProcessOf(task), op.At, file, op.CloseOnExec);
        Finish(task, Errno.None);
    }

    /// <summary>Finds the group of an ioctl and holds its file; a container passes the unknown number through.</summary>
    private bool ResolveGroup(int task, int slot)
    {
        var file = FileAt(ProcessOf(task), slot);
        if (file < 0)
        {
            Finish(task, Errno.EBADF);
            return false;
        }
        ref readonly var f = ref state.Files[file];
        if (f.Kind == FileKind.Device)
        {
            NotRun(task);
            return false;
        }
        if (f.Kind == FileKind.Container)
        {
            Finish(task, state.Containers[f.Object].Instance == 0 ? Errno.EINVAL : Errno.ENOTTY);
            return false;
        }
        ref var t = ref state.Tasks[task];
        t.Device = f.Object;
        Hold(ref t.FileA, file);
        return true;
    }

    private void StartGroupStatus(int task, in Operation op)
    {
        const uint minSize = 8;
        if (!ResolveGroup(task, op.Slot))
            return;
        if (CopyIn(op.Argument, minSize) is not Errno.None and var errno)
            Finish(task, errno);
        else
            Go(task, Label.GroupStatus, Lock.Group(state.Tasks[task].Device));
    }

    /// <summary>VFIO_GROUP_FLAGS_VIABLE unless a driver of the host uses the group's DMA, _CONTAINER_SET with a container.</summary>
    private void GroupStatusLocked(int task)
    {
        var device = state.Tasks[task].Device;
        Release(Lock.Group(device));
        if (operations[state.Tasks[task].Line].Argument.IsWritable)
            Finish(task, Errno.None, (IsHeldByHost(device) ? 0UL : 1) | (state.Devices[device].Container != 0 ? 2UL : 0));
        else
            Finish(task, Errno.EFAULT);
    }

    private void StartAttach(int task, in Operation op)
    {
        if (!ResolveGroup(task, op.Slot))
            return;
        if (!op.Argument.IsReadable)
        {
            Finish(task, Errno.EFAULT);
            return;
        }
        ref var t = ref state.Tasks[task];
        if (op.OtherFd is not (OtherFd.EventFd or OtherFd.Directory))
        {
            var file = op.OtherFd == OtherFd.None ? FileAt(ProcessOf(task), op.B) : -1;
            if (file < 0)
            {
                Finish(task, Errno.EBADF);
                return;
            }
            Hold(ref t.FileB, file);
        }
        Go(task, Label.AttachGroup, Lock.Group(t.Device));
    }

    private void AttachGroupLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        if (state.Devices[t.Device].Container != 0)
            EndAttach(task, Errno.EINVAL);
        else if (t.FileB == 0 || state.Files[t.FileB - 1].Kind != FileKind.Container)
            EndAttach(task, TDesign.ForeignContainer);
        else
        {
            t.Container = state.Files[t.FileB - 1].Object;
            Go(task, Label.AttachContainer, Lock.ContainerGroups(t.Container));
        }
    }

    private void EndAttach(int task, Errno errno)
    {
        Release(Lock.Group(state.Tasks[task].Device));
        Finish(task, errno);
    }

    private void AttachContainerLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        if (IsHeldByHost(t.Device))
        {
            EndAttachContainer(task, Errno.EPERM);
            return;
        }
        state.Devices[t.Device].Flags |= DeviceFlags.Claimed;
        var instance = state.Containers[t.Container].Instance;
        if (instance == 0)
        {
            EndAttachContainer(task, Errno.None);
            return;
        }
        t.Instance = (byte)(instance - 1);
        Go(task, Label.AttachType1, Lock.IommuMutex(t.Instance));
    }

    private void EndAttachContainer(int task, Errno errno)
    {
        ref var t = ref state.Tasks[task];
        ref var device = ref state.Devices[t.Device];
        if (errno != Errno.None)
            device.Flags &= ~DeviceFlags.Claimed;
        else
        {
            device.Container = (byte)(t.Container + 1);
            device.ContainerUsers = 1;
            ref var container = ref state.Containers[t.Container];
            container.Groups |= (byte)(1 << t.Device);
            container.References++;
        }
        Release(Lock.ContainerGroups(t.Container));
        EndAttach(task, errno);
    }

    private void StartDetach(int task, int slot)
    {
        if (ResolveGroup(task, slot))
            Go(task, Label.DetachGroup, Lock.Group(state.Tasks[task].Device));
    }

    private void DetachGroupLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var device = ref state.Devices[t.Device];
        if (device.Container == 0)
            EndAttach(task, Errno.EINVAL);
        else if (device.ContainerUsers != 1)
            EndAttach(task, Errno.EBUSY);
        else
        {
            t.Container = (byte)(device.Container - 1);
            Go(task, Label.DetachContainer, Lock.ContainerGroups(t.Container));
        }
    }

    private void DetachContainerLocked(int task, Label next)
    {
        ref var t = ref state.Tasks[task];
        var instance = state.Containers[t.Container].Instance;
        if (instance == 0)
        {
            Detached(task, next);
            return;
        }
        t.Instance = (byte)(instance - 1);
        Go(task, next, Lock.IommuMutex(t.Instance));
    }

    /// <summary>vfio_iommu_type1_detach_group, then, with the mutex dropped, the rest of vfio_group_detach_container.</summary>
    private void DetachType1Locked(int task)
    {
        ref var t = ref state.Tasks[task];
        DetachFromInstance(t.Instance, t.Device);
        Release(Lock.IommuMutex(t.Instance));
        Detached(task, t.Label);
    }

    private void Detached(int task, Label label)
    {
        ref var t = ref state.Tasks[task];
        ref var container = ref state.Containers[t.Container];
        container.Groups &= (byte)~(1 << t.Device);
        if (container.Groups == 0 && container.Instance != 0)
        {
            DestroyInstance(t.Instance);
            container.Instance = 0;
        }
        ref var device = ref state.Devices[t.Device];
        device.Container = 0;
        device.ContainerUsers = 0;
        device.Flags &= ~DeviceFlags.Claimed;
        Release(Lock.ContainerGroups(t.Container));
        PutContainer(t.Container);
        if (label == Label.DetachType1)
            EndAttach(task, Errno.None);
        else
            ReleasedGroup(task);
    }

    private void ReleaseGroupLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        var container = state.Devices[t.Device].Container;
        if (container == 0)
        {
            ReleasedGroup(task);
            return;
        }
        t.Container = (byte)(container - 1);
        Go(task, Label.ReleaseGroupContainer, Lock.ContainerGroups(t.Container));
    }

    private bool IsHeldByHost(int device) => (state.Devices[device].Flags & DeviceFlags.SiblingBound) != 0;

    /// <summary>really_probe and device_release_driver of the sibling: iommu_device_use_default_domain asks nobody but the group's owner.</summary>
    private void ChangeSibling(int task, int number, bool bind)
    {
        ref var device = ref state.Devices[number];
        if (!world.Device(number).HasSibling || (!bind && !IsHeldByHost(number)))
            Finish(task, Errno.ENODEV);
        else if (bind && (device.Flags & (DeviceFlags.Claimed | DeviceFlags.SiblingBound)) != 0)
            Finish(task, Errno.EBUSY);
        else
        {
            device.Flags ^= DeviceFlags.SiblingBound;
            Finish(task, Errno.None);
        }
    }

    private void ReleasedGroup(int task)
    {
        var device = state.Tasks[task].Device;
        state.Devices[device].OpenedFile = 0;
        Release(Lock.Group(device));
        Go(task, Label.TaskWork);
    }
}
