using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>Pages that a mapping still counts although the driver returned them: the mm that was charged was gone by then (KC-1).</summary>
internal static class KeptCharges
{
    /// <summary>A pin, then the end of an mm by exec or death, then a vaddr that is set again.</summary>
    public static bool CanHappen(Program program)
    {
        if (!program.World.Has(DeviceKind.Mdev))
            return false;
        bool isPinned = false, isGone = false;
        foreach (var line in program.Lines)
        {
            var kind = line.Operation.Kind;
            isPinned |= kind is OperationKind.Pin or OperationKind.SubmitPin || line.IsParallel;
            isGone |= isPinned && (kind is OperationKind.Exec or OperationKind.Exit or OperationKind.Kill || line.IsParallel);
            if (isGone && kind == OperationKind.Map && (line.Operation.MapFlags & MapFlags.Vaddr) != 0)
                return true;
        }
        return false;
    }
}
