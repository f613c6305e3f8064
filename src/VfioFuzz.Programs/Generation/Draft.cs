using System.Runtime.InteropServices;

namespace VfioFuzz.Programs.Generation;

/// <summary>One program while it is being made.</summary>
internal sealed class Draft
{
    private readonly Choices choices;
    private readonly GeneratorOptions options;
    private readonly Lanes lane;
    private readonly World world;
    private readonly Shape shape = new();
    private readonly Operands operands;
    private readonly Lines maker;
    private readonly Kinds kinds;
    private readonly SetUp setUp;
    private readonly Bystander bystander;
    private readonly int wanted;
    private readonly Line[] lines;
    private int count;
    private byte blocks;

    /// <param name="choices">All randomness.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="begun">A program whose first lines are there already, or null.</param>
    /// <param name="kept">How many of them.</param>
    public Draft(Choices choices, GeneratorOptions options, Program? begun = null, int kept = 0)
    {
        this.choices = choices;
        this.options = options;
        lane = DrawLane();
        world = begun?.World ?? Worlds.Draw(choices, options, lane);
        operands = new Operands(choices, shape, world, options.HugePage);
        maker = new Lines(choices, shape, operands, world);
        kinds = new Kinds(choices, options.Kinds.Without(NotOf(lane)));
        setUp = new SetUp(choices, shape, operands, maker, world, options.Kinds, lane);
        bystander = new Bystander(choices, shape, lane == Lanes.Processes && kinds.Has(OperationKind.Unbind) && kinds.Has(OperationKind.Fork));
        wanted = Math.Min(kept + choices.Between(options.LinesLeast, options.LinesMost), Limits.LinesMax);
        lines = new Line[options.Threads > 1 ? Limits.LinesMax : wanted];
        for (var i = 0; i < kept; i++)
        {
            Add(begun!.Lines[i].Operation, begun.Lines[i].Block);
            blocks = Math.Max(blocks, begun.Lines[i].Block);
        }
    }

    public Program Complete()
    {
        var tail = Math.Min(choices.Between(1, 4), wanted / 4);
        while (count < wanted - tail && shape.AnyAlive)
        {
            if (options.Threads > 1 && setUp.IsNearlyDone && choices.Chance(1, 8))
                Block();
            else
                Add(Next());
            if (count > 0 && lines[count - 1].Operation is { Kind: OperationKind.SendFd } message && choices.Chance(1, 40))
                Flood(message);
        }
        var isDeadly = EndsInDeaths();
        while (count < wanted && shape.AnyAlive)
            Add(isDeadly ? Death(Task()) : Observing());
        if (blocks > 0)
            Program.NumberBlocks(lines.AsSpan(0, count));
        var exact = count == lines.Length ? lines : lines.AsSpan(0, count).ToArray();
        return new Program(world, ImmutableCollectionsMarshal.AsImmutableArray(exact));
    }

    /// <summary>
    /// Whether all processes end by lines of the program, the last one too: what drivers still have in hand then meets the release of everything,
    /// in the order of fds.
    /// </summary>
    private bool EndsInDeaths() => lane == Lanes.Processes
        && kinds.Has(OperationKind.Exit) && kinds.Has(OperationKind.Kill)
        && choices.Chance(MayBeWaiting() ? 11 : 1, 12);

    /// <summary>Whether a worker has work in hand while some vaddr is invalid.</summary>
    private bool MayBeWaiting()
    {
        var invalid = false;
        foreach (var mapping in shape.Mappings)
            invalid |= mapping.Invalid;
        return invalid && shape.Submitted != 0;
    }

    /// <summary>A living process exits, or is killed by itself or another.</summary>
    private Operation Death(TaskId task) =>
        shape.Processes[task.Process] != ProcessShape.Alive || choices.Chance(2, 5)
            ? Operation.Exit(task)
            : Operation.Kill(task, choices.Chance(4, 5) ? task.Process : Task().Process);

    private static KindSet NotOf(Lanes lane) => lane switch
    {
        Lanes.Processes => KindSet.Dear,
        Lanes.PciDevice => KindSet.Processes,
        _ => KindSet.Processes.With(KindSet.Seldom),
    };

    private Lanes DrawLane()
    {
        var drawn = choices.Below(20) switch { < 7 => Lanes.InProcess, < 10 => Lanes.PciDevice, _ => Lanes.Processes };
        if ((options.Lanes & drawn) != 0)
            return drawn;
        return (options.Lanes & Lanes.InProcess) != 0 ? Lanes.InProcess
            : (options.Lanes & Lanes.Processes) != 0 ? Lanes.Processes : Lanes.PciDevice;
    }

    private void Add(in Operation operation, byte block = 0)
    {
        if (count == lines.Length)
            return;
        shape.Apply(operation);
        lines[count++] = new Line(operation, block);
    }

    private Operation Next()
    {
        if (count > 0 && TryFollowUp(lines[count - 1].Operation, out var followUp))
            return followUp;
        if (bystander.TryNext(out var unbind))
            return unbind;
        if (lane == Lanes.Processes && choices.Chance(1, 160))
            return OfNobody();
        var task = Task();
        return setUp.TryNext(task, out var step) ? step : Any(task);
    }

    /// <summary>A line of a process that is gone or not yet made, which must do nothing whatever its kind.</summary>
    private Operation OfNobody()
    {
        var process = choices.Below(Limits.ProcessesMax);
        for (var i = 0; i < Limits.ProcessesMax && shape.Processes[process] == ProcessShape.Alive; i++)
            process = (process + 1) % Limits.ProcessesMax;
        var operation = maker.Make(kinds.DrawEvenly(), TaskId.Of(process, 0));
        return IsOfLane(operation) ? operation : maker.Make(kinds.Plainest, operation.Task);
    }

    /// <summary>Fills a mailbox past its capacity.</summary>
    private void Flood(Operation message)
    {
        for (var i = 0; i < Limits.MailboxMax; i++)
            Add(message);
    }

    private bool TryFollowUp(in Operation operation, out Operation followUp)
    {
        followUp = default;
        if (!choices.Chance(FollowUps.InSix(operation.Kind), 6))
            return false;
        var among = FollowUps.Of(operation);
        var task = operation.Kind == OperationKind.Unbind && shape.Holder(operation.A) is >= 0 and var holder
            ? TaskId.Of(holder, 0)
            : FollowUps.TaskAfter(operation);
        if (among.IsEmpty || shape.Processes[task.Process] != ProcessShape.Alive)
            return false;
        var kind = FollowUps.MayChangeOwner(operation.Kind) && OwnerChange is not OperationKind.None && choices.Chance(1, 3)
            ? OwnerChange
            : choices.Pick(among);
        // Even the last process may end while a worker has its work in hand.
        var isDeath = kind is OperationKind.Exit or OperationKind.Kill && shape.Submitted != 0;
        if (!kinds.Has(kind) || !(isDeath || maker.IsUseful(kind, task.Process)))
            return false;
        followUp = isDeath ? Death(task) : maker.Make(kind, task);
        return IsOfLane(followUp);
    }

    /// <summary>The operation that moves all mappings to the caller, where the programs' target has one.</summary>
    private OperationKind OwnerChange => kinds.Has(OperationKind.ChangeMm) ? OperationKind.ChangeMm
        : kinds.Has(OperationKind.ChangeProcess) ? OperationKind.ChangeProcess
        : OperationKind.None;

    /// <summary>
    /// A line of a drawn kind: one that finds something to work on, unless none is found in a few draws.
    /// </summary>
    private Operation Any(TaskId task)
    {
        const int draws = 6;
        for (var i = 1; ; i++)
        {
            var kind = kinds.Draw();
            if (i < draws && !maker.IsUseful(kind, task.Process) && !choices.Chance(1, 24))
                continue;
            var operation = maker.Make(kind, task);
            if (IsOfLane(operation) || i >= 2 * draws)
                return IsOfLane(operation) ? operation : maker.Make(kinds.Plainest, task);
        }
    }

    /// <summary>A line of the program's end, which looks at what became of memory, charges and devices.</summary>
    private Operation Observing()
    {
        var task = Task();
        ReadOnlySpan<OperationKind> looks =
        [
            OperationKind.Observe, OperationKind.Dma, OperationKind.Unmap, OperationKind.ReadPage, OperationKind.JoinWorker,
            OperationKind.DmaRw, OperationKind.Dma,
        ];
        var kind = choices.Pick(looks);
        if (!options.Kinds.Has(kind) || !maker.IsUseful(kind, task.Process))
            return Undoing(task);
        return kind == OperationKind.Dma ? maker.Dma(task, Access.Read) : maker.Make(kind, task);
    }

    /// <summary>Where there is nothing to look at, something may be taken back first; else what the process has charged is shown.</summary>
    private Operation Undoing(TaskId task)
    {
        ReadOnlySpan<OperationKind> undo = [OperationKind.Detach, OperationKind.Unpin, OperationKind.SubmitUnpin];
        var kind = choices.Pick(undo);
        if (choices.Chance(1, 2) && kinds.Has(kind) && maker.IsUseful(kind, task.Process))
            return maker.Make(kind, task);
        return options.Kinds.Has(OperationKind.Observe) ? Operation.Observe(task) : Any(task);
    }

    /// <summary>Opening a pci device resets it, which only programs of that lane pay for.</summary>
    private bool IsOfLane(Operation operation) =>
        operation.Kind != OperationKind.GetDevice
        || lane == Lanes.PciDevice
        || world.Device(operation.Device).Kind != DeviceKind.Pci;

    private TaskId Task()
    {
        var process = 0;
        if (lane == Lanes.Processes && choices.Chance(2, 5))
            process = choices.Below(Limits.ProcessesMax);
        if (shape.Processes[process] != ProcessShape.Alive && !choices.Chance(1, 100))
            for (process = 0; process < Limits.ProcessesMax - 1 && shape.Processes[process] != ProcessShape.Alive;)
                process++;
        if (shape.OnlyThread(process) is >= 0 and var survivor)
            return TaskId.Of(process, survivor);
        return TaskId.Of(process, options.Threads > 1 && choices.Chance(1, 3) ? 1 : 0);
    }

    /// <summary>
    /// A <c>par</c> block: each of two or three threads gets a few lines or a loop that undoes itself; repeating the whole
    /// widens the windows between them.
    /// </summary>
    private void Block()
    {
        Span<TaskId> threads = stackalloc TaskId[Blocks.ThreadsMax];
        var racing = Racers(threads);
        Span<Operation> script = stackalloc Operation[Blocks.LinesMax];
        var length = new Blocks(choices, shape, operands, maker, kinds, IsOfLane).Draw(script, threads[..racing]);
        var times = choices.Chance(1, 3) ? choices.Between(2, 12) : 1;
        times = Math.Clamp((Limits.LinesMax - 4 - count) / Math.Max(1, length), 1, times);
        blocks++;
        for (var i = 0; i < times; i++)
            foreach (ref readonly var operation in script[..length])
                if (options.Kinds.Has(operation.Kind))
                    Add(operation, blocks);
    }

    /// <summary>A thread and others of other processes or its sibling: two, now and then three.</summary>
    private int Racers(Span<TaskId> threads)
    {
        var wanted = choices.Chance(1, 4) ? Blocks.ThreadsMax : 2;
        threads[0] = Task();
        var count = 1;
        for (var process = 0; process < Limits.ProcessesMax && count < wanted; process++)
            if (process != threads[0].Process && shape.Processes[process] == ProcessShape.Alive && choices.Chance(1, 2))
                threads[count++] = TaskId.Of(process, 0);
        // After an exec there is no sibling: its lines then show just that.
        if (count < wanted)
            threads[count++] = TaskId.Of(threads[0].Process, 1 - threads[0].Thread);
        return count;
    }
}
