namespace VfioFuzz.Programs.Generation;

/// <summary>
/// Draws the lines of <c>par</c> blocks. A loop makes something, perhaps uses it, and takes it away again, so it can be
/// repeated as often as one likes: races need many tries, not many ideas.
/// </summary>
internal sealed class Blocks(
    Choices choices, Shape shape, Operands operands, Lines maker, Kinds kinds, Predicate<Operation> isOfLane)
{
    /// <summary>Threads of one block.</summary>
    public const int ThreadsMax = 3;

    /// <summary>Lines of one round.</summary>
    public const int LinesMax = ThreadsMax * LinesOfThreadMax;

    private const int LinesOfThreadMax = 3;

    /// <summary>One round of all threads, mixed; the shape is left as it was before.</summary>
    public int Draw(Span<Operation> script, ReadOnlySpan<TaskId> threads)
    {
        Span<Operation> drawn = stackalloc Operation[LinesMax];
        Span<int> next = stackalloc int[ThreadsMax];
        Span<int> ends = stackalloc int[ThreadsMax];
        for (var thread = 0; thread < threads.Length; thread++)
        {
            next[thread] = thread * LinesOfThreadMax;
            ends[thread] = next[thread] + OfThread(drawn.Slice(next[thread], LinesOfThreadMax), threads[thread]);
        }
        var count = 0;
        for (; ; )
        {
            var thread = choices.Below(threads.Length);
            for (var tries = 0; tries < threads.Length && next[thread] == ends[thread]; tries++)
                thread = (thread + 1) % threads.Length;
            if (next[thread] == ends[thread])
                return count;
            script[count++] = drawn[next[thread]++];
        }
    }

    private int OfThread(Span<Operation> script, TaskId task)
    {
        if (choices.Chance(3, 5))
            return Loop(script, task);
        var wanted = choices.Between(1, LinesOfThreadMax);
        var count = 0;
        for (var draws = 0; draws < 6 && count < wanted; draws++)
        {
            var kind = kinds.Draw();
            if (!maker.IsUseful(kind, task.Process))
                continue;
            script[count] = maker.Make(kind, task);
            count += isOfLane(script[count]) ? 1 : 0;
        }
        return count;
    }

    private int Loop(Span<Operation> script, TaskId task)
    {
        var process = task.Process;
        var container = shape.Find(process, FileShape.Container);
        var group = shape.Find(process, FileShape.Group);
        var device = shape.Find(process, FileShape.Device);
        switch (choices.Below(8))
        {
            case 0 or 1 when container >= 0:
                return MapAndUnmap(script, task, container);
            case 2 or 3 when group >= 0:
                return OpenDevice(script, task);
            case 4 when device >= 0:
                script[0] = maker.Make(OperationKind.Pin, task);
                script[1] = Operation.Unpin(task, script[0].A, script[0].Iova, script[0].Pages);
                return 2;
            case 5 when container >= 0 && shape.Mappings.Length > 0:
                var mapping = operands.Mapping(invalid: false);
                var (iova, size) = (new Iova(mapping.Iova), new ByteCount(mapping.Size));
                script[0] = Operation.Unmap(task, container, iova, size, UnmapFlags.Vaddr);
                script[1] = Operation.Map(
                    task, container, iova, size, new(operands.Vaddr(mapping.Size)), MapFlags.Vaddr);
                return 2;
            case 6 when group >= 0 && container >= 0:
                script[0] = Operation.Detach(task, group);
                script[1] = Operation.Attach(task, group, container);
                return 2;
            default:
                script[0] = Operation.Dup(task, operands.AnySlot(process), operands.NewSlot(process));
                script[1] = Operation.Close(task, script[0].At);
                return 2;
        }
    }

    /// <summary>map, one use of what was mapped, unmap.</summary>
    private int MapAndUnmap(Span<Operation> script, TaskId task, int container)
    {
        var size = operands.Size();
        var iova = new Iova(operands.NewIova(size));
        script[0] = Operation.Map(
            task, container, iova, new(size), new(operands.Vaddr(size)), MapFlags.Read | MapFlags.Write);
        script[2] = Operation.Unmap(task, container, iova, new(size));
        var slot = operands.MdevSlot(task.Process);
        script[1] = choices.Below(4) switch
        {
            0 or 1 => Operation.Pin(task, slot, iova, 1, Access.ReadWrite),
            2 => Operation.SubmitPin(task, operands.Worker(), iova, 1, Access.ReadWrite),
            _ => Operation.DmaRw(task, slot, operands.Direction(), iova, new(1)),
        };
        return 3;
    }

    private int OpenDevice(Span<Operation> script, TaskId task)
    {
        var open = maker.GetDevice(task);
        if (!isOfLane(open))
            open = Operation.OpenGroup(task, operands.Device(), operands.NewSlot(task.Process));
        script[0] = open;
        script[1] = Operation.Close(task, open.At);
        return 2;
    }
}
