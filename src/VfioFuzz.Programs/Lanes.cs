namespace VfioFuzz.Programs;

/// <summary>
/// Sorts of programs by what a real kernel must do for each (notes/real-kernel.md, "Rates"): they differ in speed by a
/// factor of five, so generators and reports keep them apart.
/// </summary>
[Flags]
public enum Lanes
{
    None = 0,

    /// <summary>Ioctls of one long-lived process that opens no pci device.</summary>
    InProcess = 1,

    /// <summary>A pci device fd is opened, and each open resets the device.</summary>
    PciDevice = 2,

    /// <summary>Process events, limits or capabilities: processes are made for the program.</summary>
    Processes = 4,

    All = InProcess | PciDevice | Processes,
}

/// <summary>In which lane a program runs.</summary>
public static class Lane
{
    public static Lanes Of(Program program)
    {
        var lane = Lanes.InProcess;
        foreach (var line in program.Lines)
        {
            var operation = line.Operation;
            if (KindSet.Processes.Has(operation.Kind) || operation.Task.Process != 0)
                return Lanes.Processes;
            if (operation.Kind == OperationKind.GetDevice && program.World.Device(operation.Device).Kind == DeviceKind.Pci)
                lane = Lanes.PciDevice;
        }
        return lane;
    }
}
