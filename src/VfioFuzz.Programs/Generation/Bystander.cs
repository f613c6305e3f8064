namespace VfioFuzz.Programs.Generation;

/// <summary>
/// A process of some programs that is made before any file is open, and so has none of them, as an administrator's: its unbind of a device that another
/// process has open waits for that one's close, where a later child's would mostly wait for its own.
/// </summary>
internal sealed class Bystander
{
    private readonly Choices choices;
    private readonly Shape shape;
    private bool isWanted;
    private int process = -1;

    /// <param name="choices">All randomness; nothing is drawn where the programs cannot have a bystander.</param>
    /// <param name="shape">The program so far.</param>
    /// <param name="isPossible">Whether programs may fork and unbind.</param>
    public Bystander(Choices choices, Shape shape, bool isPossible)
    {
        this.choices = choices;
        this.shape = shape;
        isWanted = isPossible && choices.Chance(1, 12);
    }

    /// <summary>The fork that makes it, then its unbinds of what others have opened since.</summary>
    public bool TryNext(out Operation step)
    {
        step = default;
        if (isWanted)
        {
            isWanted = false;
            process = choices.Between(1, Limits.ProcessesMax - 1);
            step = Operation.Fork(TaskId.Of(0, 0), process);
            return shape.Processes[0] == ProcessShape.Alive && shape.Processes[process] == ProcessShape.NotYet;
        }
        if (process < 0 || shape.Processes[process] != ProcessShape.Alive || !choices.Chance(1, 8))
            return false;
        for (var device = 0; device < Limits.DevicesMax; device++)
        {
            if (!shape.IsOpen(device) || shape.IsUnbound(device) || shape.Has(process, device))
                continue;
            step = Operation.Unbind(TaskId.Of(process, 0), device);
            return true;
        }
        return false;
    }
}
