using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Files;

/// <summary>Slots, open files and their references (type1-semantics 7.2).</summary>
internal static class FileTable
{
    public static bool IsSlot(int slot) => slot < Limits.SlotsMax;

    /// <summary>The file at the slot, or -1.</summary>
    public static int At(in Process process, int slot) => IsSlot(slot) ? process.Slots[slot] - 1 : Quantity.NoIndex;

    /// <summary>
    /// Whether the call can put a new fd at its slot: the harness refuses slots that are occupied, or that a call under way is to fill
    /// (OperationKind, remarks).
    /// </summary>
    public static bool IsFree(in Step step)
    {
        var at = step.Operation.At;
        if (!IsSlot(at) || step.Process.Slots[at] != 0)
            return false;
        for (var thread = 0; thread < Limits.ThreadsPerProcess; thread++)
        {
            // The calling thread has no call yet, and a process with callers is not dying.
            ref readonly var other = ref step.State.Calls[TaskId.Of(step.ProcessNumber, thread).Value];
            if (!other.Active || other.Phase == Phase.Returning)
                continue;
            ref readonly var operation = ref step.Contract.OperationOf(other.Line);
            if (Fills(operation.Kind) && operation.At == at)
                return false;
        }
        return true;
    }

    public static bool Fills(OperationKind kind) => kind is OperationKind.OpenContainer or OperationKind.OpenGroup
        or OperationKind.GetDevice or OperationKind.Dup or OperationKind.ReceiveFd;

    public static int Open(ref ModelState state, FileKind kind, int target)
    {
        var file = state.FileCount++;
        state.Files[file] = new OpenFile { Kind = kind, Target = (byte)target };
        return file;
    }

    public static void Install(ref ModelState state, ref Process process, int slot, int file, bool closeOnExec)
    {
        process.Slots[slot] = (byte)(file + 1);
        // A slot that was emptied has lost the flag already.
        if (closeOnExec)
            process.CloseOnExec |= (ushort)(1 << slot);
        state.Files[file].References++;
    }

    public static void Clear(ref ModelState state, ref Process process, int slot, ref Call call)
    {
        var file = process.Slots[slot] - 1;
        process.Slots[slot] = 0;
        process.CloseOnExec &= (ushort)~(1 << slot);
        Put(ref state, file, ref call);
    }

    /// <summary>Drops a reference; the last one queues the release, which the call runs before it returns.</summary>
    public static void Put(ref ModelState state, int file, ref Call call)
    {
        if (--state.Files[file].References == 0)
            call.Releases.Add(file);
    }

    /// <summary>The container that the call addresses; only for a call on a container file.</summary>
    public static ref Container ContainerOf(in Step step) =>
        ref step.State.Containers[step.State.Files[step.Call.File - 1].Target];
}
