using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>Pins that a mapping keeps after all notifications that an unmap gives, or that lie between pages (bug-zoo L2, L11).</summary>
internal static class OddPins
{
    /// <summary>Refusals that a driver survives (corrections C20).</summary>
    private const int RefusalsMax = 10;

    public static bool CanHappen(Program program)
    {
        for (var number = 0; number < Limits.DevicesMax; number++)
        {
            if (IsLate(program.World.Device(number), program))
                return true;
        }
        return program.Lines.Any(line => IsPin(line.Operation) && StartsBeforeMapping(line.Operation, program));
    }

    /// <summary>Whether a pin starts between two pages.</summary>
    public static bool HasUnaligned(Program program) =>
        program.Lines.Any(line => IsPin(line.Operation) && line.Operation.Iova.Value % Limits.PageSize != 0);

    /// <summary>At most one page, charged or pinned, for each page that was pinned between two pages.</summary>
    public static bool IsAmount(SeenViolation seen)
    {
        ulong odd = 0;
        for (var i = 0; i < seen.Program.Lines.Length; i++)
        {
            var operation = seen.Program.Lines[i].Operation;
            if (IsPin(operation) && operation.Iova.Value % Limits.PageSize != 0 && seen.HasSucceeded(i))
                odd += Math.Min(operation.Pages, Limits.PinPagesMax);
        }
        return seen.Deviation?.Pages is { } pages && pages != 0 && (ulong)Math.Abs(pages) <= odd;
    }

    private static bool IsLate(DeviceSpec device, Program program) => device.Kind == DeviceKind.Mdev && device.Callback switch
    {
        DriverCallback.Refuse => device.RefuseCount > RefusalsMax,
        DriverCallback.TooLittle => PagesPinned(program) > RefusalsMax,
        // Refused while it is the only one that could be told.
        DriverCallback.None => PagesPinned(program) > 0 && HasCallback(program.World),
        _ => false,
    };

    private static bool HasCallback(World world)
    {
        var found = false;
        for (var number = 0; number < Limits.DevicesMax; number++)
            found |= world.Device(number) is { Kind: DeviceKind.Mdev, Callback: not DriverCallback.None };
        return found;
    }

    private static ulong PagesPinned(Program program)
    {
        ulong pages = 0;
        foreach (var line in program.Lines)
            pages += IsPin(line.Operation) ? Math.Min(line.Operation.Pages, Limits.PinPagesMax) : 0;
        return pages;
    }

    /// <summary>
    /// type1 takes the mapping that overlaps the page, even when the iova lies before it: no notification of the mapping's range covers the
    /// driver's record then.
    /// </summary>
    private static bool StartsBeforeMapping(in Operation pin, Program program)
    {
        var first = pin.Iova.Value;
        if (first % Limits.PageSize == 0)
            return false;
        var above = unchecked(first + Limits.PageSize - first % Limits.PageSize);
        var distance = Math.Min(pin.Pages, Limits.PinPagesMax) * Limits.PageSize;
        foreach (var line in program.Lines)
        {
            var operation = line.Operation;
            if (operation.Kind == OperationKind.Map && unchecked(operation.Iova.Value - above) < distance)
                return true;
        }
        return false;
    }

    private static bool IsPin(in Operation operation) => operation.Kind is OperationKind.Pin or OperationKind.SubmitPin;
}
