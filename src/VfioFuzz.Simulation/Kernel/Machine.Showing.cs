using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>What the harness asks of a machine at rest: who waits for what, and the ends of a tear-down.</summary>
internal sealed partial class Machine<TDesign>
{
    /// <summary>The task that must move before <paramref name="task"/> can; null: nobody in particular, or several.</summary>
    public int? HolderOf(int task)
    {
        ref readonly var t = ref state.Tasks[task];
        if (t.Wants is 0 or Wait.Vaddr)
            return null;
        if (t.Wants < Wait.First)
            return state.Locks[t.Wants & ~Lock.ForRead] is > 0 and < Lock.Readers and var holder ? holder - 1 : null;
        return t.Wants switch
        {
            Wait.WorkerIdle or Wait.WorkerJoined => TaskId.WorkerOf(t.Device).Value,
            Wait.SiblingGone => t.Cursor,
            Wait.DeviceUnused => CloserOf(t.Device),
            _ => ActiveThreadOf(t.Cursor),
        };
    }

    /// <summary>What a task waits for, in words.</summary>
    public string WaitOf(int task)
    {
        ref readonly var t = ref state.Tasks[task];
        return t.Wants switch
        {
            0 => "nothing",
            _ when CanRun(task) => "nothing: it runs for ever",
            Wait.Vaddr => $"a valid vaddr: {InvalidVaddrs(t.Instance)}",
            Wait.WorkerIdle or Wait.WorkerJoined => $"the worker of d{t.Device}",
            Wait.Reaped => $"the end of p{t.Cursor}",
            Wait.SiblingGone => $"the end of {new TaskId(t.Cursor)}",
            Wait.DeviceUnused => $"the last close of d{t.Device}",
            _ => Lock.Describe(t.Wants & ~Lock.ForRead),
        };
    }

    /// <summary>What a task is about: the words of its operation, or exit.</summary>
    public string DoingOf(int task)
    {
        ref readonly var t = ref state.Tasks[task];
        if (t.Label is Label.ExitMm or Label.ExitFiles || (t.Flags & TaskFlags.Leaving) != 0 || t.Line == NoLine)
            return "exit";
        return OperationForm.Of(operations[t.Line].Kind).Mnemonic;
    }

    /// <summary>
    /// What a task is about and where, as one number: the kind of its operation (0: exit) above the first label of the same words.
    /// </summary>
    public ushort DoingAt(int task)
    {
        ref readonly var t = ref state.Tasks[task];
        var exits = t.Label is Label.ExitMm or Label.ExitFiles || (t.Flags & TaskFlags.Leaving) != 0 || t.Line == NoLine;
        return (ushort)((exits ? 0 : (int)operations[t.Line].Kind) << 8 | (int)Place.FirstOfSameWords(t.Label));
    }

    /// <summary>The iommu instance of the container fd at a slot, or null.</summary>
    public int? InstanceAt(int process, int slot)
    {
        if (FileAt(process, slot) is not (>= 0 and var file) || state.Files[file].Kind != FileKind.Container)
            return null;
        return state.Containers[state.Files[file].Object].Instance is not 0 and var instance ? instance - 1 : null;
    }

    /// <summary>Places an operation that is no line of the program; null when no place is free.</summary>
    public int? Script(in Operation operation)
    {
        for (var script = Limits.LinesMax; script < Limits.LinesMax + ScriptMax; script++)
        {
            if (IsExecuted(script))
                continue;
            operations[script] = operation;
            return script;
        }
        return null;
    }

    /// <summary>An idle thread of a live process closes everything, lowest slot first.</summary>
    public void CloseAll(int process)
    {
        if (state.Processes[process].State != ProcessState.Alive)
            return;
        var task = TaskId.Of(process, state.Processes[process].Threads == 2 ? 1 : 0).Value;
        for (var slot = 0; slot < Limits.SlotsMax; slot++)
        {
            if (state.Processes[process].Slots[slot] != 0)
                CloseSlot(task, slot);
        }
        WorkOff(task);
    }

    /// <summary>The mailboxes are closed by p0's first thread, or in its name.</summary>
    public void DropMessages()
    {
        const int task = 0;
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            for (var at = 0; at < Limits.MailboxMax; at++)
            {
                if (state.Processes[process].Mailbox[at] is not 0 and var message)
                    Put(task, message - 1);
                state.Processes[process].Mailbox[at] = 0;
            }
        }
        if (state.Tasks[task].Label == Label.Gone)
            state.Tasks[task].Flags |= TaskFlags.Leaving;
        WorkOff(task);
    }

    private void WorkOff(int task)
    {
        state.Tasks[task].Line = NoLine;
        state.Active |= (ushort)(1 << task);
        Go(task, Label.TaskWork);
    }

    private bool IsExecuted(int line)
    {
        for (var task = 0; task < Limits.TasksMax; task++)
        {
            if ((state.Active >> task & 1) != 0 && state.Tasks[task].Line == line)
                return true;
        }
        return false;
    }

    /// <summary>Who is closing a device already, or null.</summary>
    private int? CloserOf(int device)
    {
        for (uint active = state.Active; active != 0; active &= active - 1)
        {
            var task = System.Numerics.BitOperations.TrailingZeroCount(active);
            ref readonly var t = ref state.Tasks[task];
            if (t.Releasing != 0 && t.Device == device && state.Files[t.Releasing - 1].Kind == FileKind.Device)
                return task;
        }
        return null;
    }

    private int? ActiveThreadOf(int process)
    {
        for (var thread = 0; thread < Limits.ThreadsPerProcess; thread++)
        {
            if ((state.Active >> TaskId.Of(process, thread).Value & 1) != 0)
                return TaskId.Of(process, thread).Value;
        }
        return null;
    }

    private string InvalidVaddrs(int instance)
    {
        var words = new List<string>();
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            ref readonly var mapping = ref state.Mappings[m];
            if (mapping.InUse == instance + 1 && (mapping.Flags & MappingFlags.VaddrInvalid) != 0)
                words.Add($"iova {new Iova(mapping.Iova)}");
        }
        return words.Count == 0 ? "none is invalid" : string.Join(", ", words);
    }
}
