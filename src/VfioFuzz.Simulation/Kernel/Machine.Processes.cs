using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>fork, exec, exit, kill and messages (type1-semantics 6; v6.1 kernel/exit.c, fs/exec.c, fs/file.c).</summary>
internal sealed partial class Machine<TDesign>
{
    private const byte AllThreads = (1 << Limits.ThreadsPerProcess) - 1;

    private void StartProcess(int process, ushort limit, bool capable)
    {
        ref var p = ref state.Processes[process];
        p.State = ProcessState.Alive;
        p.Limit = limit;
        p.Threads = p.MmThreads = AllThreads;
        p.Capable = capable ? AllThreads : (byte)0;
        for (var thread = 0; thread < Limits.ThreadsPerProcess; thread++)
            state.Tasks[TaskId.Of(process, thread).Value] = new TaskState { Line = NoLine };
    }

    private void Fork(int task, int child)
    {
        if (child >= Limits.ProcessesMax || state.Processes[child].State != ProcessState.NotBorn)
        {
            NotRun(task);
            return;
        }
        var parent = ProcessOf(task);
        ref readonly var p = ref state.Processes[parent];
        StartProcess(child, p.Limit, IsCapable(task));
        ref var c = ref state.Processes[child];
        c.Slots = p.Slots;
        c.CloseOnExec = p.CloseOnExec;
        for (var slot = 0; slot < Limits.SlotsMax; slot++)
        {
            if (c.Slots[slot] != 0)
                state.Files[c.Slots[slot] - 1].References++;
        }
        state.Hardware.CopyImage(parent, child);
        Finish(task, Errno.None);
    }

    /// <summary>de_thread: the sibling gets a fatal signal, and the caller waits for it.</summary>
    private void StartExec(int task)
    {
        var sibling = task ^ 1;
        if (state.Tasks[sibling].Label != Label.Gone)
            KillThread(sibling);
        ref var t = ref state.Tasks[task];
        t.Cursor = (byte)sibling;
        Go(task, Label.ExecSiblings, Wait.SiblingGone);
    }

    /// <summary>
    /// The point of no return: a new mm, then cloexec fds close (fs/exec.c: exec_mmap before do_close_on_exec). A killed caller never gets
    /// here.
    /// </summary>
    private void ExecAlone(int task)
    {
        ref var t = ref state.Tasks[task];
        if ((t.Flags & TaskFlags.Killed) != 0)
        {
            Finish(task, Errno.EINTR);
            return;
        }
        var process = ProcessOf(task);
        ref var p = ref state.Processes[process];
        var thread = task % Limits.ThreadsPerProcess;
        // The mapper's mm is gone; its group leader's task lives on unless another thread took its place (type1-semantics 6.3).
        if ((TDesign.ChargesMm && !Slips(Slip.ChargesFollowExec)) || p.Leader != thread)
            DisownMappings(process);
        p.Leader = (byte)thread;
        p.LockedVm = 0;
        p.OwnLocked = 0;
        p.Threads = p.MmThreads = (byte)(1 << thread);
        p.Capable |= (byte)(1 << thread);
        state.Hardware.DropImage(process);
        state.Hardware.StartImage(process);
        for (var slot = 0; slot < Limits.SlotsMax; slot++)
        {
            if ((p.CloseOnExec >> slot & 1) != 0 && p.Slots[slot] != 0)
                CloseSlot(task, slot);
        }
        Finish(task, Errno.None);
    }

    private void DisownMappings(int process)
    {
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            if (state.Mappings[m].Owner == process)
                state.Mappings[m].Owner = MachineState.Nobody;
        }
    }

    private void Exit(int task)
    {
        ref var t = ref state.Tasks[task];
        state.Processes[ProcessOf(task)].ExitLine = (byte)(t.Line + 1);
        t.Line = NoLine;
        state.Active &= (ushort)~(1 << task);
        t.Label = Label.User;
        KillProcess(ProcessOf(task));
    }

    private void Kill(int task, int process)
    {
        if (process >= Limits.ProcessesMax || state.Processes[process].State is ProcessState.NotBorn or ProcessState.Dead)
        {
            Finish(task, Errno.ESRCH);
            return;
        }
        if (process == ProcessOf(task))
        {
            Exit(task);
            return;
        }
        if (state.Processes[process].State == ProcessState.Alive)
            KillProcess(process);
        state.Tasks[task].Cursor = (byte)process;
        Go(task, Label.Reaping, Wait.Reaped);
    }

    /// <summary>exit_group or SIGKILL: every thread gets a fatal signal.</summary>
    public void KillProcess(int process)
    {
        state.Processes[process].State = ProcessState.Exiting;
        for (var thread = Limits.ThreadsPerProcess - 1; thread >= 0; thread--)
        {
            var task = TaskId.Of(process, thread).Value;
            if (state.Tasks[task].Label != Label.Gone)
                KillThread(task);
        }
    }

    /// <summary>
    /// A fatal signal. A thread in user space goes to its exit at once, and when a sibling is left to close the files there is nothing in its
    /// exit that anybody could see, so it is not worth a step.
    /// </summary>
    private void KillThread(int task)
    {
        ref var t = ref state.Tasks[task];
        t.Flags |= TaskFlags.Killed;
        if (t.Wants == Wait.Vaddr && !Slips(Slip.SleepsUnkillable))
            t.Wants = Lock.IommuMutex(t.Instance);
        if (t.Label != Label.User)
            return;
        ref var p = ref state.Processes[ProcessOf(task)];
        var bit = (byte)(1 << task % Limits.ThreadsPerProcess);
        if ((p.Threads & ~bit) != 0 && (p.MmThreads & ~bit) != 0)
        {
            p.Threads &= (byte)~bit;
            p.MmThreads &= (byte)~bit;
            t = new TaskState { Label = Label.Gone, Line = NoLine };
            return;
        }
        t.Line = NoLine;
        t.Label = Label.ExitMm;
        state.Active |= (ushort)(1 << task);
    }

    private void ExitMm(int task)
    {
        var process = ProcessOf(task);
        ref var p = ref state.Processes[process];
        p.MmThreads &= (byte)~(1 << task % Limits.ThreadsPerProcess);
        if (p.MmThreads == 0)
        {
            state.Hardware.DropImage(process);
            p.LockedVm = 0;
            p.OwnLocked = 0;
        }
        Go(task, Label.ExitFiles);
    }

    /// <summary>
    /// The last thread closes the table, lowest fd first; the releases are a stack, so the highest fd's runs first (deadlocks F7).
    /// </summary>
    private void ExitFiles(int task)
    {
        ref var t = ref state.Tasks[task];
        ref var p = ref state.Processes[ProcessOf(task)];
        p.Threads &= (byte)~(1 << task % Limits.ThreadsPerProcess);
        for (var slot = 0; slot < Limits.SlotsMax && p.Threads == 0; slot++)
        {
            if (p.Slots[slot] != 0)
                CloseSlot(task, slot);
        }
        t.Flags |= TaskFlags.Leaving;
        Go(task, Label.TaskWork);
    }

    private void Die(int task)
    {
        state.Active &= (ushort)~(1 << task);
        state.Tasks[task] = new TaskState { Label = Label.Gone, Line = NoLine };
        var process = ProcessOf(task);
        ref var p = ref state.Processes[process];
        var first = TaskId.Of(process, 0).Value;
        if (state.Tasks[first].Label != Label.Gone || state.Tasks[first + 1].Label != Label.Gone)
            return;
        p.State = ProcessState.Dead;
        if (p.ExitLine != 0)
            Reply((byte)(p.ExitLine - 1), Answer.Ok());
    }

    /// <summary>Any process that ever lived has a mailbox, and it outlives the process.</summary>
    private void SendFd(int task, in Operation op)
    {
        var file = FileAt(ProcessOf(task), op.Slot);
        if (file < 0)
        {
            Finish(task, Errno.EBADF);
            return;
        }
        if (op.PeerProcess >= Limits.ProcessesMax || state.Processes[op.PeerProcess].State == ProcessState.NotBorn)
        {
            Finish(task, Errno.ESRCH);
            return;
        }
        ref var mailbox = ref state.Processes[op.PeerProcess].Mailbox;
        for (var at = 0; at < Limits.MailboxMax; at++)
        {
            if (mailbox[at] != 0)
                continue;
            mailbox[at] = (byte)(file + 1);
            state.Files[file].References++;
            Finish(task, Errno.None);
            return;
        }
        Finish(task, Errno.EAGAIN);
    }

    private void ReceiveFd(int task, in Operation op)
    {
        var process = ProcessOf(task);
        if (!IsFree(task, in op))
        {
            NotRun(task);
            return;
        }
        ref var mailbox = ref state.Processes[process].Mailbox;
        if (mailbox[0] == 0)
        {
            Finish(task, Errno.EAGAIN);
            return;
        }
        // The message's reference becomes the slot's.
        Install(process, op.At, mailbox[0] - 1, op.CloseOnExec);
        for (var at = 0; at < Limits.MailboxMax - 1; at++)
            mailbox[at] = mailbox[at + 1];
        mailbox[Limits.MailboxMax - 1] = 0;
        Finish(task, Errno.None);
    }
}
