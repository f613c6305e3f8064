using System.Collections.Immutable;

namespace VfioFuzz.Programs;

/// <summary>
/// One line of a program. <see cref="Block"/> 0 is a sequential line; neighbouring lines with the same other number
/// form one <c>par</c> block: they start together (lines of one thread in their order), and the block has settled when
/// all its lines have.
/// </summary>
public readonly record struct Line(Operation Operation, byte Block = 0)
{
    public bool IsParallel => Block != 0;
}

/// <summary>
/// A world and one ordered list of at most <see cref="Limits.LinesMax"/> lines; an immutable value, equal by content. A
/// line starts when the line before has settled: returned, or asleep at a wait with nothing else runnable.
/// </summary>
public sealed partial class Program : IEquatable<Program>
{
    public Program(World world, ImmutableArray<Line> lines)
    {
        if (lines.Length > Limits.LinesMax)
            throw new ArgumentException($"a program has at most {Limits.LinesMax} lines, not {lines.Length}", nameof(lines));
        World = world;
        Lines = lines;
    }

    public World World { get; }

    public ImmutableArray<Line> Lines { get; }

    public static Program Sequential(World world, params ReadOnlySpan<Operation> operations)
    {
        var lines = ImmutableArray.CreateBuilder<Line>(operations.Length);
        foreach (var operation in operations)
            lines.Add(new Line(operation));
        return new Program(world, lines.MoveToImmutable());
    }

    /// <summary>This program without the line at <paramref name="index"/>; removing a line breaks nothing.</summary>
    public Program Without(int index) => new(World, Lines.RemoveAt(index));

    public Program With(int index, Line line) => new(World, Lines.SetItem(index, line));

    public bool Equals(Program? other) =>
        other is not null && World == other.World && Lines.AsSpan().SequenceEqual(other.Lines.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as Program);

    /// <summary>Equal for equal content; a session-independent mix of kinds and operands.</summary>
    public override int GetHashCode()
    {
        var hash = 14695981039346656037UL;
        foreach (var line in Lines)
        {
            var operation = line.Operation;
            hash = (hash ^ ((ulong)operation.Kind << 32 | (uint)(operation.A << 8 | operation.B) | operation.Flags)) * 1099511628211UL;
            hash = (hash ^ operation.X ^ (operation.Y << 7) ^ (operation.Z << 13) ^ (operation.W << 19) ^ (operation.V << 29)) * 1099511628211UL;
        }
        return (int)(hash ^ (hash >> 32));
    }
}
