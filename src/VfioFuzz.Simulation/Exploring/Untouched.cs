using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>
/// What a step left as it was in the state before. What was canonical there and was not touched is canonical still, so most of
/// <see cref="CanonicalState"/>'s work is to ask here.
/// </summary>
internal static class Untouched
{
    /// <summary>Ones in all that says which files there are and who refers to them. Counts of references do not matter.</summary>
    private static readonly MachineState FileFields = AllFileFields();

    /// <summary>Where these ones are, in whole vectors.</summary>
    private static readonly nuint FilesFrom = OffsetOf(in FileFields, in FileFields.Tasks) & ~(nuint)(Vector256<byte>.Count - 1);
    private static readonly nuint FilesTo = OffsetOf(in FileFields, in FileFields.Processes) + (nuint)Unsafe.SizeOf<Processes>();

    public static bool Mappings(in MachineState before, in MachineState now) =>
        BytesOf(in before.Mappings).SequenceEqual(BytesOf(in now.Mappings));

    public static bool Pins(in MachineState before, in MachineState now) => BytesOf(in before.Pins).SequenceEqual(BytesOf(in now.Pins));

    /// <summary>Files, and the numbers by which tasks, processes and devices refer to them.</summary>
    public static bool Files(in MachineState before, in MachineState now)
    {
        ref var fields = ref MemoryMarshal.GetReference(BytesOf(in FileFields));
        ref var old = ref MemoryMarshal.GetReference(BytesOf(in before));
        ref var young = ref MemoryMarshal.GetReference(BytesOf(in now));
        var touched = Vector256<byte>.Zero;
        for (var at = FilesFrom; at < FilesTo; at += (nuint)Vector256<byte>.Count)
            touched |= (Vector256.LoadUnsafe(ref old, at) ^ Vector256.LoadUnsafe(ref young, at)) & Vector256.LoadUnsafe(ref fields, at);
        return touched == Vector256<byte>.Zero;
    }

    private static MachineState AllFileFields()
    {
        const byte all = byte.MaxValue;
        var state = default(MachineState);
        foreach (ref var task in (Span<TaskState>)state.Tasks)
            (task.FileA, task.FileB, task.Releasing, task.Work, task.NewWork) = (all, all, all, all, all);
        foreach (ref var file in (Span<OpenFile>)state.Files)
            (file.Kind, file.Next) = ((FileKind)all, all);
        foreach (ref var device in (Span<Device>)state.Devices)
            device.OpenedFile = all;
        foreach (ref var process in (Span<Process>)state.Processes)
        {
            process.State = (ProcessState)all;
            ((Span<byte>)process.Slots).Fill(all);
            ((Span<byte>)process.Mailbox).Fill(all);
        }
        return state;
    }

    private static ReadOnlySpan<byte> BytesOf<T>(in T part)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in part));

    private static nuint OffsetOf<T>(in MachineState state, in T field) => (nuint)Unsafe.ByteOffset(
        ref Unsafe.As<MachineState, byte>(ref Unsafe.AsRef(in state)), ref Unsafe.As<T, byte>(ref Unsafe.AsRef(in field)));
}
