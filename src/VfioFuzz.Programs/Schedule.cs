using System.Collections.Immutable;

namespace VfioFuzz.Programs;

/// <summary>
/// The choices a scheduler made, one for each moment at which more than one task could run: an index into the runnable
/// tasks in task order. A schedule belongs to a program; where it ends, or names a task that cannot run, the lowest
/// runnable task runs.
/// </summary>
public sealed class Schedule(ImmutableArray<byte> choices)
{
    public static Schedule Empty { get; } = new([]);

    public ImmutableArray<byte> Choices { get; } = choices;
}
