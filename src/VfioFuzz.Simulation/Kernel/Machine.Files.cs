using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// Fd tables and files. A file's release is a step of whoever drops the last reference: queued as task work and run before that task
/// is in user space again, newest first (fs/file_table.c, kernel/task_work.c; deadlocks F7).
/// </summary>
internal sealed partial class Machine<TDesign>
{
    /// <summary>Whether a call can put a file at its slot: one that a sibling's call is about to fill is as good as occupied.</summary>
    private bool IsFree(int task, in Operation op)
    {
        var process = ProcessOf(task);
        if (op.At >= Limits.SlotsMax || state.Processes[process].Slots[op.At] != 0)
            return false;
        for (var thread = 0; thread < Limits.ThreadsPerProcess; thread++)
        {
            var sibling = TaskId.Of(process, thread).Value;
            ref readonly var t = ref state.Tasks[sibling];
            if (sibling == task || t.Line == NoLine || t.Label is Label.User or Label.Gone)
                continue;
            ref readonly var other = ref operations[t.Line];
            if (other.Kind is OperationKind.OpenGroup or OperationKind.GetDevice && other.At == op.At)
                return false;
        }
        return true;
    }

    /// <summary>File at a slot, or -1 (EBADF).</summary>
    private int FileAt(int process, int slot) => slot < Limits.SlotsMax ? state.Processes[process].Slots[slot] - 1 : -1;

    private FileKind KindAt(int process, int slot) =>
        FileAt(process, slot) is >= 0 and var file ? state.Files[file].Kind : FileKind.None;

    private int NewFile(FileKind kind, int target)
    {
        for (var file = 0; file < MachineState.FilesMax; file++)
        {
            if (state.Files[file].Kind != FileKind.None)
                continue;
            state.Files[file] = new OpenFile { Kind = kind, Object = (byte)target, References = 1 };
            return file;
        }
        OutOf("files");
        return 0;
    }

    private void Install(int process, int slot, int file, bool closeOnExec)
    {
        ref var p = ref state.Processes[process];
        p.Slots[slot] = (byte)(file + 1);
        if (closeOnExec)
            p.CloseOnExec |= (ushort)(1 << slot);
        else
            p.CloseOnExec &= (ushort)~(1 << slot);
    }

    /// <summary>read, write and mmap: neither containers nor groups have them, at least since v5.16.</summary>
    private void AccessFile(int task, in Operation op)
    {
        switch (KindAt(ProcessOf(task), op.Slot))
        {
            case FileKind.None: Finish(task, Errno.EBADF); break;
            case FileKind.Device: NotRun(task); break;
            default: Finish(task, (FileCall)op.X == FileCall.Mmap ? Errno.ENODEV : Errno.EINVAL); break;
        }
    }

    private void OpenContainer(int task, in Operation op)
    {
        if (!IsFree(task, in op))
        {
            NotRun(task);
            return;
        }
        var container = 0;
        while (container < MachineState.ContainersMax && state.Containers[container].References != 0)
            container++;
        if (container == MachineState.ContainersMax)
        {
            OutOf("containers");
            return;
        }
        state.Containers[container] = new Container { References = 1 };
        Install(ProcessOf(task), op.At, NewFile(FileKind.Container, container), op.CloseOnExec);
        Finish(task, Errno.None);
    }

    private void Close(int task, int slot)
    {
        var file = FileAt(ProcessOf(task), slot);
        if (file < 0)
        {
            Finish(task, Errno.EBADF);
            return;
        }
        CloseSlot(task, slot);
        Finish(task, Errno.None);
    }

    private void CloseSlot(int task, int slot)
    {
        ref var p = ref state.Processes[ProcessOf(task)];
        var file = p.Slots[slot] - 1;
        p.Slots[slot] = 0;
        p.CloseOnExec &= (ushort)~(1 << slot);
        Put(task, file);
    }

    private void Dup(int task, in Operation op)
    {
        var process = ProcessOf(task);
        if (!IsFree(task, in op))
        {
            NotRun(task);
            return;
        }
        var file = FileAt(process, op.Slot);
        if (file < 0)
        {
            Finish(task, Errno.EBADF);
            return;
        }
        state.Files[file].References++;
        Install(process, op.At, file, op.CloseOnExec);
        Finish(task, Errno.None);
    }

    /// <summary>fget for a call in flight.</summary>
    private void Hold(ref byte held, int file)
    {
        state.Files[file].References++;
        held = (byte)(file + 1);
    }

    /// <summary>fput: the last reference queues the release on this task.</summary>
    private void Put(int task, int file)
    {
        ref var f = ref state.Files[file];
        if (--f.References != 0)
            return;
        ref var t = ref state.Tasks[task];
        f.Next = t.NewWork;
        t.NewWork = (byte)(file + 1);
    }

    /// <summary>
    /// task_work_run: takes the queue as a batch; what a release queues itself runs after the batch. When all is done the task goes where it
    /// was going: back to user space or to its death.
    /// </summary>
    private void RunTaskWork(int task)
    {
        ref var t = ref state.Tasks[task];
        if (t.Releasing != 0)
        {
            state.Files[t.Releasing - 1] = default;
            t.Releasing = 0;
        }
        if (t.Work == 0)
            (t.Work, t.NewWork) = (t.NewWork, 0);
        if (t.Work == 0)
        {
            if ((t.Flags & TaskFlags.Leaving) != 0)
                Die(task);
            else
                Return(task);
            return;
        }
        var file = t.Work - 1;
        t.Work = state.Files[file].Next;
        t.Releasing = (byte)(file + 1);
        StartRelease(task, file);
    }

    private void StartRelease(int task, int file)
    {
        ref readonly var f = ref state.Files[file];
        ref var t = ref state.Tasks[task];
        switch (f.Kind)
        {
            case FileKind.Container:
                t.Container = f.Object;
                if (state.Containers[f.Object].Instance == 0 || !TDesign.NotifiesContainerClose)
                {
                    PutContainer(f.Object);
                    Go(task, Label.TaskWork);
                    break;
                }
                t.Instance = (byte)(state.Containers[f.Object].Instance - 1);
                Go(task, Label.ReleaseContainer, Lock.IommuMutex(t.Instance));
                break;
            case FileKind.Group:
                t.Device = f.Object;
                Go(task, Label.ReleaseGroup, Lock.Group(f.Object));
                break;
            default:
                t.Device = f.Object;
                if (TDesign.CloseWakes == CloseWake.ListedWaiters && world.Device(f.Object).Kind == DeviceKind.Mdev)
                {
                    t.Instance = InstanceOf(f.Object);
                    Go(task, Label.FlagWaiters, Lock.IommuMutex(t.Instance));
                    break;
                }
                Go(task, Label.ReleaseDevice, DeviceSetOf(f.Object));
                break;
        }
    }

    /// <summary>
    /// vfio_iommu_type1_notify(VFIO_IOMMU_CONTAINER_CLOSE): whoever sleeps now is woken and gets EFAULT; whoever sleeps later is not
    /// (deadlocks F3, DL-04).
    /// </summary>
    private void ReleaseContainerLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        Release(Lock.IommuMutex(t.Instance));
        state.Instances[t.Instance].Flags &= ~InstanceFlags.ContainerOpen;
        if (!Slips(Slip.ForgetsWakeOnContainerClose))
            WakeWaiters(t.Instance);
        PutContainer(t.Container);
        Go(task, Label.TaskWork);
    }

    private void PutContainer(int container)
    {
        if (--state.Containers[container].References == 0)
            state.Containers[container] = default;
    }
}
