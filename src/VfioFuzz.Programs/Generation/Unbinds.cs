namespace VfioFuzz.Programs.Generation;

/// <summary>Makes unbinds of devices from their drivers.</summary>
internal sealed class Unbinds(Choices choices, Shape shape, Operands operands, World world)
{
    /// <summary>Whether a device of the world has its driver yet and is not open in the process: who has it open himself waits for himself.</summary>
    public bool IsUseful(int process)
    {
        for (var device = 0; device < Limits.DevicesMax; device++)
            if (world.Device(device).Kind != DeviceKind.Absent && !shape.IsUnbound(device) && !shape.Has(process, device))
                return true;
        return false;
    }

    /// <summary>Mostly a device that another process has open, or nobody.</summary>
    public Operation Make(TaskId task)
    {
        var device = operands.Device();
        for (var tries = 0; tries < Limits.DevicesMax && !choices.Chance(1, 12); tries++)
        {
            if (!shape.IsUnbound(device) && !shape.Has(task.Process, device) && (shape.IsOpen(device) || choices.Chance(1, 3)))
                break;
            device = operands.Device();
        }
        return Operation.Unbind(task, device);
    }
}
