using System.Collections.Immutable;
using VfioFuzz.Programs.Generation;

namespace VfioFuzz.Programs;

/// <summary>Small changes to programs that were worth keeping. Results are canonical.</summary>
public static class Mutator
{
    private static readonly GeneratorOptions TwoThreads = new() { Threads = 2 };

    /// <summary>
    /// One to four changes to <paramref name="program"/>, within what the default generator with two threads may make.
    /// </summary>
    public static Program Mutate(Program program, Choices choices) => Mutate(program, choices, TwoThreads);

    /// <summary>
    /// The same within <paramref name="options"/>: inserted kinds, second threads and blocks. What is already there
    /// stays legal.
    /// </summary>
    public static Program Mutate(Program program, Choices choices, GeneratorOptions options)
    {
        var changes = choices.Chance(1, 3) ? choices.Between(2, 4) : 1;
        for (var i = 0; i < changes; i++)
            program = MutateOnce(program, choices, options);
        return program.Canonical();
    }

    /// <summary>
    /// The beginning of <paramref name="program"/> and the end of <paramref name="other"/>, in the former's world.
    /// </summary>
    public static Program Splice(Program program, Program other, Choices choices)
    {
        var head = program.Lines[..choices.Below(program.Lines.Length + 1)];
        var tail = other.Lines[choices.Below(other.Lines.Length + 1)..];
        var kept = Math.Min(tail.Length, Limits.LinesMax - head.Length);
        // Blocks of the tail keep apart from those of the head by their upper bit; the canonical form numbers them again.
        var apart = tail[..kept].Select(line => line.IsParallel ? line with { Block = (byte)(line.Block | 0x80) } : line);
        return new Program(program.World, [.. head, .. apart]).Canonical();
    }

    private static Program MutateOnce(Program program, Choices choices, GeneratorOptions options)
    {
        var lines = program.Lines;
        if (lines.IsEmpty)
            return Inserted(program, choices, options);
        var at = choices.Below(lines.Length);
        return choices.Below(20) switch
        {
            < 5 => Inserted(program, choices, options),
            < 9 => Tweaked(program, at, choices),
            < 12 => program.Without(at),
            < 14 => Copied(program, at, choices),
            < 16 => Moved(program, at, choices),
            16 => OtherThread(program, at, choices, options),
            17 => Blocked(program, at, choices, options),
            18 => OtherDevice(program, choices, options),
            _ => new Program(program.World, lines[..(at + 1)]),
        };
    }

    private static Program Inserted(Program program, Choices choices, GeneratorOptions options)
    {
        if (program.Lines.Length >= Limits.LinesMax)
            return program;
        var at = choices.Below(program.Lines.Length + 1);
        var shape = new Shape();
        foreach (var line in program.Lines.AsSpan()[..at])
            shape.Apply(line.Operation);
        var operands = new Operands(choices, shape, program.World, options.HugePage);
        var maker = new Generation.Lines(choices, shape, operands, program.World);
        var kinds = new Kinds(choices, options.Kinds);
        var task = at > 0 ? program.Lines[at - 1].Operation.Task : TaskId.Of(0, 0);
        var kind = kinds.Draw();
        for (var i = 0; i < 4 && !maker.IsUseful(kind, task.Process); i++)
            kind = kinds.Draw();
        var block = at > 0 && at < program.Lines.Length && program.Lines[at - 1].Block == program.Lines[at].Block
            ? program.Lines[at].Block
            : (byte)0;
        return new Program(program.World, program.Lines.Insert(at, new Line(maker.Make(kind, task), block)));
    }

    /// <summary>One operand becomes a value used elsewhere, a neighbour, or a hot one.</summary>
    private static Program Tweaked(Program program, int at, Choices choices)
    {
        var line = program.Lines[at];
        var form = OperationForm.Of(line.Operation.Kind);
        if (form.Operands.IsEmpty)
            return program;
        var operand = form.Operands[choices.Below(form.Operands.Length)];
        var other = Other(program, operand, operand.Of(line.Operation), choices);
        return program.With(at, line with { Operation = operand.Put(line.Operation, other) });
    }

    private static ulong Other(Program program, Operand operand, ulong value, Choices choices)
    {
        var isQuantity = Codebook.Of(operand.Type) is not null;
        switch (choices.Below(isQuantity ? 6 : 2))
        {
            case 0:
                var used = Simplicity.Namespace(operand.Type);
                var line = program.Lines[choices.Below(program.Lines.Length)].Operation;
                foreach (var other in OperationForm.Of(line.Kind).Operands)
                    if (Simplicity.Namespace(other.Type) == used)
                        return other.Of(line);
                goto case 1;
            case 1:
                return isQuantity ? value + Limits.PageSize : choices.Bits();
            case 2:
                return value - Limits.PageSize;
            case 3:
                return choices.Chance(1, 2) ? value + 1 : value - 1;
            default:
                ReadOnlySpan<byte> code = [(byte)choices.Below(Codebook.PlainCodes)];
                var position = 0;
                return Codebook.Of(operand.Type)!.Read(code, ref position);
        }
    }

    private static Program Copied(Program program, int at, Choices choices)
    {
        var count = Math.Min(choices.Between(1, 4), Math.Min(program.Lines.Length - at, Limits.LinesMax - program.Lines.Length));
        return new Program(program.World, program.Lines.InsertRange(at, program.Lines.AsSpan(at, count)));
    }

    private static Program Moved(Program program, int at, Choices choices)
    {
        var line = program.Lines[at];
        var without = program.Without(at);
        return new Program(program.World, without.Lines.Insert(choices.Below(without.Lines.Length + 1), line));
    }

    private static Program OtherThread(Program program, int at, Choices choices, GeneratorOptions options)
    {
        var line = program.Lines[at];
        var task = TaskId.Of(
            options.Kinds.Has(OperationKind.Fork) ? choices.Below(Limits.ProcessesMax) : line.Operation.Task.Process,
            options.Threads > 1 ? choices.Below(Limits.ThreadsPerProcess) : 0);
        return program.With(at, line with { Operation = line.Operation with { Task = task } });
    }

    /// <summary>Makes two to six neighbours a <c>par</c> block, or takes the block at that place apart.</summary>
    private static Program Blocked(Program program, int at, Choices choices, GeneratorOptions options)
    {
        var end = Math.Min(program.Lines.Length, at + choices.Between(2, 6));
        var block = program.Lines[at].Block;
        var lines = program.Lines.ToBuilder();
        if (block != 0)
        {
            for (var i = 0; i < lines.Count; i++)
                lines[i] = lines[i].Block == block ? lines[i] with { Block = 0 } : lines[i];
        }
        else if (options.Threads > 1)
        {
            for (var i = at; i < end; i++)
                lines[i] = lines[i] with { Block = byte.MaxValue };
        }
        return new Program(program.World, lines.ToImmutable());
    }

    private static Program OtherDevice(Program program, Choices choices, GeneratorOptions options)
    {
        var drawn = Worlds.Draw(choices, options, Lanes.InProcess);
        var number = choices.Below(Limits.DevicesMax);
        return program.World.Device(number).Kind == drawn.Device(number).Kind
            ? new Program(program.World.With(number, drawn.Device(number)), program.Lines)
            : program;
    }
}
