using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Pages whose charge nobody takes back: pinned by a driver and charged for it, then a device's memory at the same vaddr when an iommu group
/// comes. The replay translates to the device's page, a reserved one; unpins leave charges to the iommu's pages while there is a
/// domain, and those of a reserved page are none. The page of zeros is reserved too, and can be pinned: then it goes the other way as well.
/// </summary>
internal static class LostCharges
{
    /// <summary>An attach that may come after a pin, and memory of a device somewhere.</summary>
    public static bool CanHappen(Program program) => CanHappenBy(program, MemoryKind.Device);

    /// <summary>The same with memory that nobody touched.</summary>
    public static bool CanHappenByZeros(Program program) => CanHappenBy(program, MemoryKind.Untouched);

    private static bool CanHappenBy(Program program, MemoryKind reserved)
    {
        var lines = program.Lines;
        if (!program.World.Has(DeviceKind.Mdev) || !program.World.Has(DeviceKind.Pci)
            || !lines.Any(line => line.Operation.Kind == OperationKind.Mmap && line.Operation.MemoryKind == reserved))
            return false;
        var isPinned = false;
        foreach (var line in lines)
        {
            isPinned |= IsPin(line.Operation) || line.IsParallel;
            if (isPinned && line.Operation.Kind == OperationKind.Attach)
                return true;
        }
        return false;
    }

    /// <summary>At most one page for each that was pinned.</summary>
    public static bool IsAmount(SeenViolation seen) => seen.Deviation is { Pages: > 0 and var pages } && (ulong)pages <= PagesPinned(seen);

    /// <summary>The same, too few or too many.</summary>
    public static bool IsAmountByZeros(SeenViolation seen) =>
        seen.Deviation is { Pages: not (null or 0) and var pages } && (ulong)Math.Abs(pages.Value) <= PagesPinned(seen);

    private static ulong PagesPinned(SeenViolation seen)
    {
        ulong pinned = 0;
        for (var i = 0; i < seen.Program.Lines.Length; i++)
        {
            var operation = seen.Program.Lines[i].Operation;
            if (IsPin(operation) && seen.HasSucceeded(i))
                pinned += Math.Min(operation.Pages, Limits.PinPagesMax);
        }
        return pinned;
    }

    private static bool IsPin(in Operation operation) => operation.Kind is OperationKind.Pin or OperationKind.SubmitPin;
}
