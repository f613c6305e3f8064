using System.Numerics;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>
/// Takes out of a state what no later step can read: what is left in freed objects, locals of a path that the rest of the path does not
/// use, the line of a call that has returned, numbers of mappings, files and external pins. Two states that differ in such things alone have the same
/// future, so a search merges them.
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

    private static readonly Local[] Live = LiveLocals();

    public static void Normalize(ref MachineState state)
    {
        for (var task = 0; task < Programs.Limits.TasksMax; task++)
        {
            ref var t = ref state.Tasks[task];
            if ((state.Active >> task & 1) == 0)
                t = new TaskState { Label = t.Label, Line = 0xff };
            else
                Forget(ref t, Live[(int)t.Label]);
        }
        var notified = Notified(in state);
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            if (state.Mappings[m].InUse == 0 && (notified >> m & 1) == 0)
                state.Mappings[m] = default;
        }
        for (var process = 0; process < Programs.Limits.ProcessesMax; process++)
            NormalizeProcess(ref state.Processes[process]);
        for (var device = 0; device < Programs.Limits.DevicesMax; device++)
            NormalizeDevice(ref state, device);
        Renumbering.SortMappings(ref state);
        Renumbering.NumberFiles(ref state);
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
        d.Flags &= ~DeviceFlags.ShouldStop;
        d.Refused = 0;
    }

    /// <summary>Which line exits is the program's business; of a dead process only its mailbox is left.</summary>
    private static void NormalizeProcess(ref Process p)
    {
        p.ExitLine = 0;
        if (p.State == ProcessState.Dead)
            (p.Limit, p.Capable, p.Leader, p.LockedVm, p.CloseOnExec) = (0, 0, 0, 0, 0);
    }

    private static void Forget(ref TaskState t, Local live)
    {
        // An errno waits only for the releases between a call's end and its return, and is nobody's but the caller's.
        t.Errno = 0;
        // A flag in the list of waiters is read on waking and gone before the next sleep.
        if (t.Label is not (Label.PinWoken or Label.RwWoken or Label.AttachWoken))
            t.Flags &= ~TaskFlags.CloseFlagged;
        if ((live & Local.Value) == 0)
            t.Value = 0;
        if ((live & Local.Instance) == 0)
            t.Instance = 0;
        if ((live & Local.Container) == 0)
            t.Container = 0;
        if ((live & Local.Device) == 0)
            t.Device = 0;
        if ((live & Local.Mapping) == 0)
            t.Mapping = 0;
        if ((live & Local.Retries) == 0)
            t.Retries = 0;
        if ((live & Local.Cursor) == 0)
            t.Cursor = 0;
    }

    /// <summary>By mapping and offset, without gaps. No path keeps a pin's number from one step to the next.</summary>
    private static void SortPins(ref ExternalPins pins)
    {
        var used = 0;
        for (var at = 0; at < MachineState.ExternalPinsMax; at++)
        {
            if (pins[at].InUse == 0)
                continue;
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
}
