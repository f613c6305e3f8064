using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>
/// Takes out of a state what no later step can read (what is left in freed objects, locals of a path that the rest of the path does not
/// use, the line of a call that has returned), and gives mappings, files and external pins the first of the numbers that they could have.
/// Two states that differ in such things alone have the same future, so a search merges them.
/// </summary>
internal static class CanonicalState
{
    [Flags]
    private enum Local : byte
    {
        None = 0,
        Value = 1,
        Instance = 2,
        Container = 4,
        Device = 8,
        Mapping = 16,
        Retries = 32,
        Cursor = 64,
        Unmap = Value | Instance | Mapping | Retries,
        Driver = Value | Instance | Device | Retries | Cursor,
        Attach = Device | Container | Instance,
        Close = Device | Instance,
    }

    private static readonly TaskWords[] Kept = KeptOf(LiveLocals());

    /// <summary>Of a task that is not in the kernel: where it is, and a line that is none.</summary>
    private static readonly TaskWords KeptOfIdle = TaskWords.Of(new TaskState { Label = (Label)byte.MaxValue });
    private static readonly TaskWords Idle = TaskWords.Of(new TaskState { Line = byte.MaxValue });

    /// <param name="state">The state behind a step, or an initial one.</param>
    /// <param name="before">The canonical state that the step was taken from; zeros before an initial one.</param>
    /// <param name="merging">Which of the two.</param>
    public static void Normalize(ref MachineState state, in MachineState before, StateMerging merging = StateMerging.All)
    {
        if ((merging & StateMerging.DeadData) != 0)
            ForgetDead(ref state);
        if ((merging & StateMerging.Symmetry) != 0)
            Renumber(ref state, in before);
    }

    private static void ForgetDead(ref MachineState state)
    {
        Forget(ref state);
        var notified = Notified(in state);
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            if (state.Mappings[m].InUse == 0 && (notified >> m & 1) == 0)
                Clear(ref state.Mappings[m]);
        }
        for (var process = 0; process < Programs.Limits.ProcessesMax; process++)
            NormalizeProcess(ref state.Processes[process]);
        for (var device = 0; device < Programs.Limits.DevicesMax; device++)
            NormalizeDevice(ref state, device);
    }

    private static void Renumber(ref MachineState state, in MachineState before)
    {
        if (!Untouched.Mappings(in before, in state))
            Renumbering.SortMappings(ref state);
        if (!Untouched.Files(in before, in state))
            Renumbering.NumberFiles(ref state);
        if (!Untouched.Pins(in before, in state))
            SortPins(ref state.Pins);
    }

    /// <summary>
    /// A notifier may go on to read a mapping that was removed meanwhile (bug-zoo L3), or what it had copied of it: a bit for each such.
    /// </summary>
    private static uint Notified(in MachineState state)
    {
        var notified = 0u;
        for (uint active = state.Active; active != 0; active &= active - 1)
            notified |= 1u << state.Tasks[BitOperations.TrailingZeroCount(active)].Mapping;
        return notified >> 1;
    }

    /// <summary>open_device sets these afresh, and until then nobody works for the device.</summary>
    private static void NormalizeDevice(ref MachineState state, int device)
    {
        ref var d = ref state.Devices[device];
        if (d.OpenCount != 0 || (state.Active >> Programs.TaskId.WorkerOf(device).Value & 1) != 0)
            return;
        if ((d.Flags & DeviceFlags.ShouldStop) != 0)
            d.Flags &= ~DeviceFlags.ShouldStop;
        if (d.Refused != 0)
            d.Refused = 0;
    }

    /// <summary>Which line exits is the program's business; of a dead process only its mailbox is left.</summary>
    private static void NormalizeProcess(ref Process p)
    {
        if (p.ExitLine != 0)
            p.ExitLine = 0;
        if (p.State == ProcessState.Dead)
            (p.Limit, p.Capable, p.Leader, p.LockedVm, p.OwnLocked, p.CloseOnExec) = (0, 0, 0, 0, 0, 0);
    }

    /// <summary>What is zero is not written: the whole state is read soon, and waits for what was written piecemeal.</summary>
    private static void Clear(ref Mapping mapping)
    {
        ref var bytes = ref Unsafe.As<Mapping, Vector256<byte>>(ref mapping);
        if (bytes != Vector256<byte>.Zero)
            bytes = default;
    }

    /// <summary>Of each task what the rest of its path reads. Nothing branches on where tasks are.</summary>
    private static void Forget(ref MachineState state)
    {
        var kept = Kept;
        for (var task = 0; task < Programs.Limits.TasksMax; task++)
        {
            ref var t = ref Unsafe.As<TaskState, TaskWords>(ref state.Tasks[task]);
            var isActive = (state.Active >> task & 1) != 0;
            ref readonly var mask = ref isActive ? ref kept[(int)state.Tasks[task].Label] : ref KeptOfIdle;
            ref readonly var line = ref isActive ? ref TaskWords.None : ref Idle;
            var (a, b, c) = (t.A & mask.A, t.B & mask.B | line.B, t.C & mask.C);
            if (((a ^ t.A) | (b ^ t.B) | (c ^ t.C)) != 0)
                (t.A, t.B, t.C) = (a, b, c);
        }
    }

    /// <summary>By mapping and offset, without gaps. No path keeps a pin's number from one step to the next.</summary>
    private static void SortPins(ref ExternalPins pins)
    {
        var used = 0;
        for (var at = 0; at < MachineState.ExternalPinsMax; at++)
        {
            if (pins[at].InUse == 0)
                continue;
            if (at == used && (at == 0 || !IsBefore(in pins[at], in pins[at - 1])))
            {
                used++;
                continue;
            }
            var pin = pins[at];
            pins[at] = default;
            var to = used++;
            for (; to > 0 && IsBefore(in pin, in pins[to - 1]); to--)
                pins[to] = pins[to - 1];
            pins[to] = pin;
        }
    }

    private static bool IsBefore(in ExternalPin a, in ExternalPin b) =>
        a.InUse != b.InUse ? a.InUse < b.InUse : a.Offset < b.Offset;

    /// <summary>For each place in the kernel the locals that are read before they are written again.</summary>
    private static Local[] LiveLocals()
    {
        var live = new Local[(int)Enum.GetValues<Label>().Max() + 1];
        Set(live, Local.Instance, Label.Map, Label.ChangeOwner);
        Set(live, Local.Unmap, Label.Unmap, Label.Notify, Label.UnmapAgain);
        Set(live, Local.Unmap | Local.Cursor, Label.NotifyDevice);
        Set(live, Local.Unmap | Local.Cursor | Local.Device, Label.Callback, Label.CallbackUnpin);
        Set(live, Local.Driver, Label.PinDriver, Label.Pin, Label.PinWoken, Label.UnpinDriver, Label.Unpin, Label.RwDriver, Label.Rw, Label.RwWoken);
        Set(live, Local.Device, Label.Join, Label.FaultIn, Label.Unbind, Label.GroupStatus);
        Set(live, Local.Device, Label.OpenGroup, Label.GetDeviceAssign, Label.GetDeviceOpen, Label.GetDeviceFirst);
        Set(live, Local.Close, Label.RegisterDevice, Label.RegisterInList, Label.FlagWaiters);
        Set(live, Local.Device, Label.AttachGroup, Label.DetachGroup, Label.ReleaseGroup);
        Set(live, Local.Device | Local.Container, Label.AttachContainer, Label.DetachContainer, Label.ReleaseGroupContainer);
        Set(live, Local.Attach, Label.AttachType1, Label.AttachWoken, Label.DetachType1, Label.ReleaseGroupType1);
        Set(live, Local.Container, Label.SetIommu, Label.CheckExtension, Label.Orphaned);
        Set(live, Local.Container | Local.Instance, Label.CheckExtensionLocked, Label.ReleaseContainer);
        Set(live, Local.Device, Label.ReleaseDevice, Label.ReleaseDeviceGroup, Label.UnassignDevice);
        Set(live, Local.Close, Label.CloseDeviceStop, Label.CloseDeviceDriver, Label.CloseDeviceUnpin);
        Set(live, Local.Close, Label.UnregisterDevice, Label.UnregisterFromList);
        Set(live, Local.Cursor, Label.ExecSiblings, Label.Reaping);
        return live;
    }

    private static void Set(Local[] live, Local locals, params ReadOnlySpan<Label> at)
    {
        foreach (var label in at)
            live[(int)label] = locals;
    }

    /// <summary>For each place in the kernel ones in what the rest of the path reads of a task.</summary>
    private static TaskWords[] KeptOf(Local[] live) => [.. live.Select((locals, label) =>
    {
        const byte all = byte.MaxValue;
        var kept = new TaskState
        {
            Label = (Label)all, Wants = all, Line = all, Flags = (TaskFlags)all,
            // An errno waits only for the releases between a call's end and its return, and is nobody's but the caller's.
            Errno = 0,
            Value = (locals & Local.Value) != 0 ? ulong.MaxValue : 0,
            Instance = Of(Local.Instance), Container = Of(Local.Container), Device = Of(Local.Device), Mapping = Of(Local.Mapping),
            Retries = Of(Local.Retries), Cursor = Of(Local.Cursor),
            FileA = all, FileB = all, NewWork = all, Work = all, Releasing = all,
        };
        // A flag in the list of waiters is read on waking and gone before the next sleep.
        if ((Label)label is not (Label.PinWoken or Label.RwWoken or Label.AttachWoken))
            kept.Flags &= ~TaskFlags.CloseFlagged;
        return TaskWords.Of(kept);

        byte Of(Local local) => (locals & local) != 0 ? all : (byte)0;
    })];

    /// <summary>A <see cref="TaskState"/>, word by word.</summary>
    private struct TaskWords
    {
        public ulong A, B, C;

        public static readonly TaskWords None;

        public static TaskWords Of(TaskState task) => Unsafe.BitCast<TaskState, TaskWords>(task);
    }
}
