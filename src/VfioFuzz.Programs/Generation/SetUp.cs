namespace VfioFuzz.Programs.Generation;

/// <summary>
/// The road to depth: while a container, its groups, devices and mappings are not there yet, most lines are a next step
/// towards them, drawn among all steps that are possible now, so that every order occurs; a few are left out or done
/// wrong.
/// </summary>
internal sealed class SetUp
{
    private const int StepsMax = 3 + 3 * Limits.DevicesMax;

    private readonly Choices choices;
    private readonly Shape shape;
    private readonly Operands operands;
    private readonly Lines maker;
    private readonly World world;
    private readonly KindSet kinds;
    private readonly Lanes lane;
    private readonly int devices;
    private readonly int mappings;
    private readonly int eagerness;
    private int left;

    public SetUp(Choices choices, Shape shape, Operands operands, Lines maker, World world, KindSet kinds, Lanes lane)
    {
        this.choices = choices;
        this.shape = shape;
        this.operands = operands;
        this.maker = maker;
        this.world = world;
        this.kinds = kinds;
        this.lane = lane;
        // A device that is not set up at once may be attached later, by lines of the body.
        devices = choices.Chance(1, 6) ? choices.Below(1 << Limits.DevicesMax) : (1 << Limits.DevicesMax) - 1;
        mappings = choices.Below(8) switch { < 4 => 1, < 7 => 2, _ => 3 };
        eagerness = choices.Chance(1, 12) ? 8 : 30;
        left = 3 + 3 * Limits.DevicesMax;
    }

    /// <summary>Whether set-up has at most a few steps left: blocks before that would race nothing.</summary>
    public bool IsNearlyDone => shape.Mappings.Length > 0 || left <= 0;

    /// <summary>
    /// The next step by <paramref name="task"/>, unless all is set up or this line is to be something else.
    /// </summary>
    public bool TryNext(TaskId task, out Operation step)
    {
        step = default;
        if (left <= 0 || choices.Below(32) >= eagerness)
            return false;
        Span<(OperationKind Kind, int A, int B)> steps = stackalloc (OperationKind, int, int)[StepsMax];
        var count = Steps(task.Process, steps);
        if (count == 0)
            return false;
        left--;
        step = Make(task, steps[choices.Below(count)]);
        return true;
    }

    private int Steps(int process, Span<(OperationKind Kind, int A, int B)> steps)
    {
        var count = 0;
        var container = shape.Find(process, FileShape.Container);
        if (container < 0 && kinds.Has(OperationKind.OpenContainer))
            steps[count++] = (OperationKind.OpenContainer, 0, 0);
        var number = container < 0 ? -1 : shape.Slots(process)[container].Number;
        var anyAttached = false;
        for (var device = 0; device < Limits.DevicesMax; device++)
        {
            if ((devices >> device & 1) == 0 || world.Device(device).Kind == DeviceKind.Absent || shape.IsUnbound(device))
                continue;
            var attached = shape.ContainerOf(device) >= 0;
            anyAttached |= attached && shape.ContainerOf(device) == number;
            var group = shape.Find(process, FileShape.Group, device);
            if (group < 0)
                Offer(OperationKind.OpenGroup, device, 0, steps, ref count);
            else if (shape.HasBoundSibling(device) && choices.Chance(2, 3))
                Offer(OperationKind.Sibling, device, 0, steps, ref count);
            else if (!attached && container >= 0)
                Offer(OperationKind.Attach, group, container, steps, ref count);
            else if (attached && IsOpened(device) && shape.HasIommu(shape.ContainerOf(device))
                && shape.Find(process, FileShape.Device, device) < 0)
                Offer(OperationKind.GetDevice, group, device, steps, ref count);
        }
        if (anyAttached && !shape.HasIommu(number))
            Offer(OperationKind.SetIommu, container, 0, steps, ref count);
        else if (number >= 0 && shape.HasIommu(number) && shape.Mappings.Length < mappings)
            Offer(OperationKind.Map, container, 0, steps, ref count);
        return count;
    }

    private void Offer(OperationKind kind, int a, int b, Span<(OperationKind Kind, int A, int B)> steps, ref int count)
    {
        if (kinds.Has(kind))
            steps[count++] = (kind, a, b);
    }

    private bool IsOpened(int device) => lane == Lanes.PciDevice || world.Device(device).Kind == DeviceKind.Mdev;

    private Operation Make(TaskId task, (OperationKind Kind, int A, int B) step)
    {
        var at = step.Kind is OperationKind.OpenContainer or OperationKind.OpenGroup or OperationKind.GetDevice
            ? operands.NewSlot(task.Process)
            : 0;
        return step.Kind switch
        {
            OperationKind.OpenContainer => Operation.OpenContainer(task, at, operands.CloseOnExec()),
            OperationKind.OpenGroup => Operation.OpenGroup(task, step.A, at, operands.CloseOnExec()),
            OperationKind.Attach => Operation.Attach(task, step.A, step.B),
            OperationKind.Sibling => Operation.Sibling(task, step.A, bound: false),
            OperationKind.SetIommu =>
                Operation.SetIommu(task, step.A, IommuType()),
            OperationKind.GetDevice => Operation.GetDevice(task, step.A, step.B, at, operands.CloseOnExec()),
            _ => maker.Map(task),
        };
    }

    private ulong IommuType() => choices.Below(64) switch
    {
        0 => (ulong)choices.Below(12),
        < 9 => Extension.Type1,
        _ => Extension.Type1V2,
    };
}
