using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
    /// <summary>Of <see cref="OpenFile.Kind"/> in a file read as a number.</summary>
    private const int BitsBeforeKind = 8;

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
        var order = new FileOrder();
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            ref var p = ref state.Processes[process];
            if (p.State == ProcessState.NotBorn)
                continue;
            order.AddAll(p.Slots);
            order.AddAll(p.Mailbox);
        }
        for (var device = 0; device < Limits.DevicesMax; device++)
            order.Add(state.Devices[device].OpenedFile);
        // Others refer to no file.
        for (uint active = state.Active; active != 0; active &= active - 1)
            AddFilesOf(ref state, BitOperations.TrailingZeroCount(active), ref order);
        if (order.Count < FilesInUse(in state))
        {
            for (var file = 1; file <= MachineState.FilesMax; file++)
                order.Add(state.Files[file - 1].Kind == FileKind.None ? (byte)0 : (byte)file);
        }
        if (!order.IsIdentity)
            Rename(ref state, order.Numbers);
    }

    private static void AddFilesOf(ref MachineState state, int task, ref FileOrder order)
    {
        ref var t = ref state.Tasks[task];
        // What is being released has left the queue.
        if (t.Releasing != 0)
            state.Files[t.Releasing - 1].Next = 0;
        order.Add(t.FileA);
        order.Add(t.FileB);
        order.Add(t.Releasing);
        AddQueue(in state, t.Work, ref order);
        AddQueue(in state, t.NewWork, ref order);
    }

    private static void AddQueue(in MachineState state, byte first, ref FileOrder order)
    {
        for (var file = first; file != 0; file = state.Files[file - 1].Next)
            order.Add(file);
    }

    private static int FilesInUse(in MachineState state)
    {
        var kinds = Vector512.Create((uint)byte.MaxValue << BitsBeforeKind);
        var files = Vector512.Create<uint>(MemoryMarshal.Cast<OpenFile, uint>((ReadOnlySpan<OpenFile>)state.Files));
        return MachineState.FilesMax - BitOperations.PopCount(Vector512.Equals(files & kinds, default).ExtractMostSignificantBits());
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

    /// <summary>New numbers for files, given out in the order in which they are met.</summary>
    private struct FileOrder
    {
        private FileNumbers numbers;

        public int Count { get; private set; }

        /// <summary>Whether every file met has the number that it had.</summary>
        public bool IsIdentity { get; private set; } = true;

        public FileOrder()
        {
        }

        /// <summary>At each file's old number + 1 its new one, + 1.</summary>
        [UnscopedRef]
        public readonly ReadOnlySpan<byte> Numbers => numbers;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(byte file)
        {
            if (file == 0 || numbers[file] != 0)
                return;
            numbers[file] = (byte)++Count;
            IsIdentity &= Count == file;
        }

        /// <summary>Most descriptors are closed: eight at a time.</summary>
        public void AddAll(ReadOnlySpan<byte> files)
        {
            for (; files.Length >= sizeof(ulong); files = files[sizeof(ulong)..])
            {
                for (var word = MemoryMarshal.Read<ulong>(files); word != 0;)
                {
                    var at = BitOperations.TrailingZeroCount(word) & ~7;
                    Add((byte)(word >> at));
                    word &= ~(0xffUL << at);
                }
            }
            foreach (var file in files)
                Add(file);
        }
    }

    [InlineArray(MachineState.FilesMax + 1)]
    private struct FileNumbers
    {
        private byte first;
    }
}
