using System.Runtime.InteropServices;
using VfioFuzz.Programs.Generation;

namespace VfioFuzz.Programs.Mutation;

/// <summary>
/// Changes programs for a campaign that keeps what was new: the same kinds of changes as <see cref="Mutator"/>, on a buffer of its own, so that a
/// mutant costs one array of lines; every kind of operation is inserted as often as any other, because what programs are worth is the campaign's
/// to find out. Canonical programs make canonical programs: only what a change touched is made canonical again.
/// </summary>
/// <param name="kinds">Kinds that lines may ever have.</param>
/// <param name="threads">Threads a process: 1 leaves programs sequential, 2 adds second threads and <c>par</c> blocks.</param>
public sealed class ProgramMutator(KindSet kinds, int threads)
{
    private readonly Line[] lines = new Line[Limits.LinesMax];
    private World world;
    private int count;
    private Choices choices = Choices.OfSeed(0);
    private KindSet inserted;

    /// <summary>Whether machines that run the programs have a huge page.</summary>
    public bool HasHugePage { get; init; }

    /// <summary>One change to <paramref name="program"/>, or a few on top of each other.</summary>
    /// <param name="program">What is changed.</param>
    /// <param name="from">All randomness.</param>
    /// <param name="swarm">Kinds that may be inserted.</param>
    public Program Mutate(Program program, Choices from, KindSet swarm)
    {
        Start(program, from, swarm);
        var changes = choices.Below(8) switch
        {
            < 4 => 1,
            < 7 => choices.Between(2, 4),
            _ => choices.Between(5, 10),
        };
        for (; changes > 0; changes--)
            Change();
        return Finish();
    }

    /// <summary>Some lines of <paramref name="other"/> go into <paramref name="program"/>, or take the place of its end.</summary>
    public Program Splice(Program program, Program other, Choices from, KindSet swarm)
    {
        Start(program, from, swarm);
        var start = choices.Below(Math.Max(1, other.Lines.Length));
        var run = other.Lines.AsSpan()[start..Math.Min(other.Lines.Length, start + choices.Between(1, 12))];
        var at = choices.Below(count + 1);
        if (choices.Chance(1, 2))
        {
            run = other.Lines.AsSpan()[start..];
            count = at;
        }
        Insert(at, run);
        if (choices.Chance(1, 3))
            Change();
        return Finish();
    }

    private void Start(Program program, Choices from, KindSet swarm)
    {
        (choices, inserted, world, count) = (from, swarm.And(kinds), program.World, program.Lines.Length);
        program.Lines.AsSpan().CopyTo(lines);
    }

    private Program Finish()
    {
        var made = lines[..count];
        Program.NumberBlocks(made);
        return new Program(world, ImmutableCollectionsMarshal.AsImmutableArray(made));
    }

    private void Change()
    {
        if (count == 0)
        {
            InsertNew(0);
            return;
        }
        var at = choices.Below(count);
        switch (choices.Below(32))
        {
            case < 8: InsertNew(choices.Below(count + 1)); break;
            case < 11: Replace(at); break;
            case < 18: Tweak(at); break;
            case < 21: Remove(at, choices.Chance(1, 2) ? 1 : choices.Between(1, 5)); break;
            case < 23: Insert(choices.Below(count + 1), Copy(at)); break;
            case < 25: Move(at); break;
            case < 27: Rename(at); break;
            case < 29: OtherTask(at); break;
            case < 30 when threads > 1: Block(at); break;
            case < 31: OtherDevice(); break;
            default: count = at + 1; break;
        }
    }

    private void Insert(int at, ReadOnlySpan<Line> run)
    {
        run = run[..Math.Min(run.Length, Limits.LinesMax - count)];
        lines.AsSpan(at, count - at).CopyTo(lines.AsSpan(at + run.Length));
        for (var i = 0; i < run.Length; i++)
        {
            // Blocks that come from elsewhere keep apart from those that are here; the canonical form numbers them again.
            var line = run[i];
            lines[at + i] = line.IsParallel ? line with { Block = (byte)(line.Block | 0x80) } : line;
        }
        count += run.Length;
    }

    private Line[] Copy(int at) => lines[at..Math.Min(count, at + choices.Between(1, 4))];

    /// <summary>A line that makes sense to someone who has seen the lines before it: slots that hold something, iovas that are mapped.</summary>
    private void InsertNew(int at)
    {
        if (count < Limits.LinesMax)
            Insert(at, [New(at)]);
    }

    private Line New(int at)
    {
        var shape = new Shape();
        for (var i = 0; i < at; i++)
            shape.Apply(lines[i].Operation);
        var maker = new Lines(choices, shape, new Operands(choices, shape, world, HasHugePage), world);
        var task = at > 0 ? lines[at - 1].Operation.Task : TaskId.Of(0, 0);
        if (task.Value >= Limits.UserTasksMax)
            task = TaskId.Of(0, 0);
        var kind = DrawKind();
        for (var i = 0; i < 4 && !maker.IsUseful(kind, task.Process); i++)
            kind = DrawKind();
        var within = at > 0 && at < count && lines[at - 1].Block == lines[at].Block ? lines[at].Block : (byte)0;
        return new Line(maker.Make(kind, task).Canonical, within);
    }

    private OperationKind DrawKind()
    {
        var drawn = choices.Below(inserted.Count);
        foreach (var form in OperationForm.All)
        {
            if (inserted.Has(form.Kind) && drawn-- == 0)
                return form.Kind;
        }
        return OperationKind.Observe;
    }

    private void Replace(int at)
    {
        var made = New(at);
        lines[at] = made with { Block = lines[at].Block };
    }

    private void Remove(int at, int run)
    {
        run = Math.Min(run, count - at);
        lines.AsSpan((at + run)..count).CopyTo(lines.AsSpan(at));
        count -= run;
    }

    private void Move(int at)
    {
        var moved = lines[at];
        Remove(at, 1);
        Insert(choices.Below(count + 1), [moved]);
    }

    /// <summary>One operand becomes a value that another line has, a neighbour, or a boundary value of the dictionary.</summary>
    private void Tweak(int at)
    {
        var operation = lines[at].Operation;
        var form = OperationForm.Of(operation.Kind);
        if (form.Operands.IsEmpty)
            return;
        var operand = form.Operands[choices.Below(form.Operands.Length)];
        lines[at] = lines[at] with { Operation = operand.Put(operation, Other(operand, operand.Of(operation))).Canonical };
    }

    private ulong Other(Operand operand, ulong value)
    {
        var book = Codebook.Of(operand.Type);
        switch (choices.Below(book is null ? 3 : 8))
        {
            case 0 or 1 when UsedElsewhere(operand, value) is { } used:
                return used;
            case < 3 when book is null:
                return choices.Bits();
            case 2:
                return value + Limits.PageSize;
            case 3:
                return value - Limits.PageSize;
            case 4:
                return choices.Chance(1, 2) ? value + 1 : value - 1;
            default:
                ReadOnlySpan<byte> code = [(byte)choices.Below(Codebook.PlainCodes)];
                var position = 0;
                return book!.Read(code, ref position);
        }
    }

    /// <summary>The value of an operand of the same sort, of the first line from a drawn one on that has another.</summary>
    private ulong? UsedElsewhere(Operand operand, ulong value)
    {
        var sort = Simplicity.Namespace(operand.Type);
        var first = choices.Below(count);
        for (var i = 0; i < count; i++)
        {
            var operation = lines[(first + i) % count].Operation;
            foreach (var other in OperationForm.Of(operation.Kind).Operands)
            {
                if (Simplicity.Namespace(other.Type) == sort && other.Of(operation) != value)
                    return other.Of(operation);
            }
        }
        return null;
    }

    /// <summary>A value becomes another one in every line from some line on: the program goes on with a different thing.</summary>
    private void Rename(int at)
    {
        var operation = lines[at].Operation;
        var form = OperationForm.Of(operation.Kind);
        if (form.Operands.IsEmpty)
            return;
        var operand = form.Operands[choices.Below(form.Operands.Length)];
        var (sort, from) = (Simplicity.Namespace(operand.Type), operand.Of(operation));
        var to = Other(operand, from);
        for (var i = at; i < count; i++)
        {
            var renamed = lines[i].Operation;
            foreach (var other in OperationForm.Of(renamed.Kind).Operands)
            {
                if (Simplicity.Namespace(other.Type) == sort && other.Of(renamed) == from)
                    renamed = other.Put(renamed, to);
            }
            lines[i] = lines[i] with { Operation = renamed.Canonical };
        }
    }

    private void OtherTask(int at)
    {
        var operation = lines[at].Operation;
        var process = kinds.Has(OperationKind.Fork) && choices.Chance(1, 2)
            ? choices.Below(Limits.ProcessesMax)
            : Math.Min(operation.Task.Process, Limits.ProcessesMax - 1);
        lines[at] = lines[at] with
        {
            Operation = operation with { Task = TaskId.Of(process, choices.Below(threads)) },
        };
    }

    /// <summary>Makes two to six neighbours a <c>par</c> block of two threads, or takes the block at that place apart.</summary>
    private void Block(int at)
    {
        var block = lines[at].Block;
        if (block != 0)
        {
            for (var i = 0; i < count; i++)
            {
                if (lines[i].Block == block)
                    lines[i] = lines[i] with { Block = 0 };
            }
            return;
        }
        for (var i = at; i < Math.Min(count, at + choices.Between(2, 6)); i++)
        {
            var task = lines[i].Operation.Task;
            var other = TaskId.Of(Math.Min(task.Process, Limits.ProcessesMax - 1), choices.Below(threads));
            lines[i] = new Line(lines[i].Operation with { Task = other }, byte.MaxValue);
        }
    }

    private void OtherDevice()
    {
        var drawn = Worlds.Draw(choices, GeneratorOptions.Default, choices.Chance(1, 2) ? Lanes.InProcess : Lanes.PciDevice);
        var number = choices.Below(Limits.DevicesMax);
        world = world.With(number, drawn.Device(number).Canonical);
    }
}
