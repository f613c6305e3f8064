using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>Which blocks of the kernel's module the programs of a campaign have been in.</summary>
public sealed class CodeCoverage(ImmutableArray<CodeBlock> blocks)
{
    private readonly HashSet<uint> ran = [];
    private readonly HashSet<uint> taken = [];

    public void Add(History history)
    {
        foreach (var block in history.Blocks)
            ran.Add(block);
        foreach (var step in history.Steps)
            taken.Add(step);
    }

    public int Blocks => blocks.Length;

    public int BlocksReached => blocks.Count(block => ran.Contains(block.Start));

    /// <summary>How many different steps between blocks were seen; how many there can be is not known.</summary>
    public int Steps => taken.Count;

    /// <summary>Lines of the source where a block begins, ascending: how many blocks begin there, and how many of these ran.</summary>
    public IReadOnlyList<CodeLine> Lines() =>
    [
        .. blocks.GroupBy(block => block.Line).OrderBy(line => line.Key).Select(line => new CodeLine(
            line.Key, line.First().Function, line.Count(), line.Count(block => ran.Contains(block.Start)))),
    ];
}

/// <summary>A line of the source and the blocks that begin there.</summary>
public readonly record struct CodeLine(int Number, string Function, int Blocks, int Reached);
