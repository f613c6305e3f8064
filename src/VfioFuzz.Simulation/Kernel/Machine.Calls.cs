using System.Diagnostics;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>How calls begin and end.</summary>
internal sealed partial class Machine<TDesign>
{
    /// <summary>Line of a task that executes none.</summary>
    public const byte NoLine = 0xff;

    /// <summary>How a line that names <paramref name="task"/> stands before it starts: able to, busy, or not to be run.</summary>
    public AnswerKind Readiness(int task)
    {
        if (task >= Limits.UserTasksMax)
            return AnswerKind.NotRun;
        ref readonly var p = ref state.Processes[ProcessOf(task)];
        if (p.State == ProcessState.Exiting)
            return IsCallPending(task, in p) ? AnswerKind.Busy : AnswerKind.NotRun;
        if (p.State != ProcessState.Alive)
            return AnswerKind.NotRun;
        return state.Tasks[task].Label switch
        {
            Label.User => AnswerKind.None,
            Label.Gone => AnswerKind.NotRun,
            _ => AnswerKind.Busy,
        };
    }

    /// <summary>In a process on its way out: whether the thread still owes the answer of a line, be it that of the exit.</summary>
    private bool IsCallPending(int task, in Process p) =>
        (p.ExitLine != 0 && operations[p.ExitLine - 1].Task.Value == task) ||
        (state.Tasks[task].Line != NoLine && state.Tasks[task].Label is not (Label.User or Label.Gone));

    /// <summary>The first step of the call of a line, by a thread that is in user space.</summary>
    public void Start(int task, int line)
    {
        ref var t = ref state.Tasks[task];
        t.Line = (byte)line;
        t.Errno = 0;
        t.Value = 0;
        t.Retries = 0;
        state.Active |= (ushort)(1 << task);
        ref readonly var op = ref operations[line];
        switch (op.Kind)
        {
            case OperationKind.Map: StartMap(task, in op); break;
            case OperationKind.Unmap: StartUnmap(task, in op); break;
            case OperationKind.Pin: StartDriverCall(task, in op, Label.PinDriver); break;
            case OperationKind.Unpin: StartDriverCall(task, in op, Label.UnpinDriver); break;
            case OperationKind.DmaRw: StartDriverCall(task, in op, Label.RwDriver); break;
            case OperationKind.SubmitPin: Submit(task, op.A, Label.PinDriver); break;
            case OperationKind.SubmitUnpin: Submit(task, op.A, Label.UnpinDriver); break;
            case OperationKind.SubmitDmaRw: Submit(task, op.A, Label.RwDriver); break;
            case OperationKind.JoinWorker: StartJoin(task, op.A); break;
            case OperationKind.Dma: DeviceAccess(task, in op); break;
            case OperationKind.OpenContainer: OpenContainer(task, in op); break;
            case OperationKind.OpenGroup: StartOpenGroup(task, in op); break;
            case OperationKind.GetDevice: StartGetDevice(task, in op); break;
            case OperationKind.Close: Close(task, op.A); break;
            case OperationKind.Dup: Dup(task, in op); break;
            case OperationKind.Attach: StartAttach(task, in op); break;
            case OperationKind.Detach: StartDetach(task, op.A); break;
            case OperationKind.SetIommu: StartContainerIoctl(task, in op, Label.SetIommu); break;
            case OperationKind.CheckExtension: StartContainerIoctl(task, in op, Label.CheckExtension); break;
            case OperationKind.GetApiVersion: GetApiVersion(task, op.Slot); break;
            case OperationKind.GetInfo: StartGetInfo(task, in op); break;
            case OperationKind.DirtyPages: Exhaust("dirty tracking: no design has it"); Finish(task, Errno.ENOTTY); break;
            case OperationKind.GroupStatus: StartGroupStatus(task, in op); break;
            case OperationKind.UnknownIoctl: UnknownIoctl(task, op.Slot); break;
            case OperationKind.FileCall: AccessFile(task, in op); break;
            default: StartProcessOperation(task, in op); break;
        }
    }

    private void StartProcessOperation(int task, in Operation op)
    {
        switch (op.Kind)
        {
            case OperationKind.WritePage: WritePage(task, op.A); break;
            case OperationKind.ReadPage: ReadPage(task, op.A); break;
            case OperationKind.Mmap or OperationKind.Munmap or OperationKind.Mlock or OperationKind.Munlock: StartMmap(task); break;
            case OperationKind.Observe: Finish(task, Errno.None, VmLckOf(ProcessOf(task))); break;
            case OperationKind.SetLimit: SetLimit(task, op.X); break;
            case OperationKind.EntryLimit: SetEntryLimit(task, (ushort)op.X); break;
            case OperationKind.UnsafeInterrupts: Finish(task, Errno.None); break; // the IOMMU of simulated machines remaps interrupts
            case OperationKind.Sibling: ChangeSibling(task, op.A, (op.Flags & 1) != 0); break;
            case OperationKind.DeviceMemory:
                state.Hardware.IsDeviceMemoryOff = (op.Flags & 1) == 0;
                Finish(task, Errno.None);
                break;
            case OperationKind.SetCapability: SetCapability(task, (op.Flags & 1) != 0); break;
            case OperationKind.Fork: Fork(task, op.A); break;
            case OperationKind.Exec: StartExec(task); break;
            case OperationKind.Exit: Exit(task); break;
            case OperationKind.Kill: Kill(task, op.A); break;
            case OperationKind.SendFd: SendFd(task, in op); break;
            case OperationKind.ReceiveFd: ReceiveFd(task, in op); break;
            default: StartDesignOperation(task, in op); break;
        }
    }

    /// <summary>What only some designs know; the others answer ENOTTY before they look at anything.</summary>
    private void StartDesignOperation(int task, in Operation op)
    {
        var wanted = op.Kind switch
        {
            OperationKind.MapFile => DesignOperations.MapFile,
            OperationKind.ChangeMm => DesignOperations.ChangeMm,
            OperationKind.ChangeProcess => DesignOperations.ChangeProcess,
            OperationKind.Truncate or OperationKind.PunchHole => DesignOperations.FileSize,
            OperationKind.Unbind => DesignOperations.Unbind,
            _ => throw new UnreachableException($"operation kind {op.Kind}"),
        };
        if ((TDesign.Knows & wanted) == 0)
        {
            Finish(task, Errno.ENOTTY);
            return;
        }
        switch (op.Kind)
        {
            case OperationKind.MapFile: StartMapFile(task, in op); break;
            case OperationKind.Truncate: Truncate(task, op.Pages); break;
            case OperationKind.PunchHole: PunchHole(task, in op); break;
            case OperationKind.Unbind: StartUnbind(task, op.A); break;
            default: StartChangeOwner(task, in op); break;
        }
    }

    /// <summary>A call returns: files it held are put, releases that fell to this task run before user space is reached again.</summary>
    private void Finish(int task, Errno errno, ulong value = 0)
    {
        ref var t = ref state.Tasks[task];
        t.Errno = (byte)errno;
        t.Value = value;
        if (t.FileA != 0)
            Put(task, t.FileA - 1);
        if (t.FileB != 0)
            Put(task, t.FileB - 1);
        t.FileA = t.FileB = 0;
        t.Wants = 0;
        if (t.NewWork != 0)
            t.Label = Label.TaskWork;
        else
            Return(task);
    }

    /// <summary>Back in user space, or in the worker's loop; a thread with a fatal signal dies there.</summary>
    private void Return(int task)
    {
        ref var t = ref state.Tasks[task];
        if ((t.Flags & TaskFlags.Killed) != 0)
        {
            DieInCall(task);
            return;
        }
        t.Label = Label.User;
        state.Active &= (ushort)~(1 << task);
        var line = t.Line;
        Reply(line, new Answer(AnswerKind.Returned, (Errno)t.Errno, t.Errno == 0 ? t.Value : 0));
        t = default;
        t.Line = line;
    }

    private void NotRun(int task)
    {
        ref var t = ref state.Tasks[task];
        state.Active &= (ushort)~(1 << task);
        Reply(t.Line, Answer.NotRun);
        t = default;
    }

    private void Reply(byte line, Answer answer)
    {
        if (line >= Limits.LinesMax)
            return;
        answers[line] = answer;
        Observer?.Answered(line, answer);
    }

    /// <summary>
    /// A BUG or oops: the thread dies where it stands. Locks it holds stay held, files it references stay referenced.
    /// </summary>
    private void Crash(int task, string evidence)
    {
        ref var t = ref state.Tasks[task];
        Observer?.Broken(RuleName.KernelBug, t.Line, evidence);
        t.FileA = t.FileB = 0;
        t.Flags |= TaskFlags.Killed;
        DieInCall(task);
    }

    /// <summary>The call will never return to user space; what is left of it is the thread's exit.</summary>
    private void DieInCall(int task)
    {
        ref var t = ref state.Tasks[task];
        var line = t.Line;
        t.Line = NoLine;
        Go(task, Label.ExitMm);
        Reply(line, Answer.Killed);
    }

    private static int ProcessOf(int task) => task / Limits.ThreadsPerProcess;
}
