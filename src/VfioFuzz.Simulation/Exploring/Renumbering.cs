using VfioFuzz.Programs;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>
/// Objects whose numbers nobody can see: mappings and files. States that differ in these numbers alone are images of each other under a
/// renaming that every step respects, so one stands for all. Tasks, processes, devices and descriptors keep theirs: schedules and fd
/// order are made of them.
/// </summary>
internal static class Renumbering
{
    /// <summary>Mappings in the order of instance and iova, those in use first.</summary>
    public static void SortMappings(ref MachineState state)
    {
        for (var end = 1; end < MachineState.MappingsMax; end++)
        {
            for (var at = end; at > 0 && IsBefore(in state.Mappings[at], in state.Mappings[at - 1]); at--)
                Swap(ref state, at - 1);
        }
    }

    /// <summary>Files in the order in which processes, messages, devices and tasks refer to them.</summary>
    public static void NumberFiles(ref MachineState state)
    {
        Span<byte> numbers = stackalloc byte[MachineState.FilesMax + 1];
        numbers.Clear();
        var count = 0;
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            if (state.Processes[process].State == ProcessState.NotBorn)
                continue;
            foreach (var file in (ReadOnlySpan<byte>)state.Processes[process].Slots)
                Number(file, numbers, ref count);
            foreach (var file in (ReadOnlySpan<byte>)state.Processes[process].Mailbox)
                Number(file, numbers, ref count);
        }
        for (var device = 0; device < Limits.DevicesMax; device++)
            Number(state.Devices[device].OpenedFile, numbers, ref count);
        for (var task = 0; task < Limits.TasksMax; task++)
        {
            ref var t = ref state.Tasks[task];
            // What is being released has left the queue.
            if (t.Releasing != 0)
                state.Files[t.Releasing - 1].Next = 0;
            Number(t.FileA, numbers, ref count);
            Number(t.FileB, numbers, ref count);
            Number(t.Releasing, numbers, ref count);
            NumberQueue(in state, t.Work, numbers, ref count);
            NumberQueue(in state, t.NewWork, numbers, ref count);
        }
        for (var file = 1; file <= MachineState.FilesMax; file++)
            Number(state.Files[file - 1].Kind == FileKind.None ? (byte)0 : (byte)file, numbers, ref count);
        if (!IsIdentity(numbers))
            Rename(ref state, numbers);
    }

    private static bool IsBefore(in Mapping a, in Mapping b)
    {
        if (a.InUse == 0 || b.InUse == 0)
            return a.InUse != 0;
        return a.InUse != b.InUse ? a.InUse < b.InUse : a.Iova < b.Iova;
    }

    /// <summary>A mapping and its successor change places, with all that refers to them.</summary>
    private static void Swap(ref MachineState state, int lower)
    {
        (state.Mappings[lower], state.Mappings[lower + 1]) = (state.Mappings[lower + 1], state.Mappings[lower]);
        state.Hardware.SwapRuns(lower, lower + 1);
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
            state.Pins[pin].InUse = Other(state.Pins[pin].InUse, lower);
        for (var task = 0; task < Limits.TasksMax; task++)
            state.Tasks[task].Mapping = Other(state.Tasks[task].Mapping, lower);
    }

    private static byte Other(byte number, int lower) =>
        number == lower + 1 ? (byte)(lower + 2) : number == lower + 2 ? (byte)(lower + 1) : number;

    private static void NumberQueue(in MachineState state, byte first, Span<byte> numbers, ref int count)
    {
        for (var file = first; file != 0; file = state.Files[file - 1].Next)
            Number(file, numbers, ref count);
    }

    private static void Number(byte file, Span<byte> numbers, ref int count)
    {
        if (file != 0 && numbers[file] == 0)
            numbers[file] = (byte)++count;
    }

    private static bool IsIdentity(ReadOnlySpan<byte> numbers)
    {
        for (var file = 1; file < numbers.Length; file++)
        {
            if (numbers[file] != 0 && numbers[file] != file)
                return false;
        }
        return true;
    }

    private static void Rename(ref MachineState state, ReadOnlySpan<byte> numbers)
    {
        var old = state.Files;
        state.Files = default;
        for (var file = 1; file <= MachineState.FilesMax; file++)
        {
            if (numbers[file] != 0)
                state.Files[numbers[file] - 1] = old[file - 1] with { Next = numbers[old[file - 1].Next] };
        }
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            foreach (ref var file in (Span<byte>)state.Processes[process].Slots)
                file = numbers[file];
            foreach (ref var file in (Span<byte>)state.Processes[process].Mailbox)
                file = numbers[file];
        }
        for (var device = 0; device < Limits.DevicesMax; device++)
            state.Devices[device].OpenedFile = numbers[state.Devices[device].OpenedFile];
        for (var task = 0; task < Limits.TasksMax; task++)
        {
            ref var t = ref state.Tasks[task];
            (t.FileA, t.FileB, t.Releasing) = (numbers[t.FileA], numbers[t.FileB], numbers[t.Releasing]);
            (t.Work, t.NewWork) = (numbers[t.Work], numbers[t.NewWork]);
        }
    }
}
