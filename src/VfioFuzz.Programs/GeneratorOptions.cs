namespace VfioFuzz.Programs;

/// <summary>What programs a generator may make. Equal options and equal choices make equal programs.</summary>
public sealed record GeneratorOptions
{
    public static GeneratorOptions Default { get; } = new();

    /// <summary>
    /// Threads of a process: 1 makes sequential programs, 2 adds second threads and <c>par</c> blocks.
    /// </summary>
    public int Threads { get; init; } = 1;

    /// <summary>The lanes that programs are drawn for.</summary>
    public Lanes Lanes { get; init; } = Lanes.All;

    /// <summary>Kinds that lines may have.</summary>
    public KindSet Kinds { get; init; } = KindSet.All.Without(KindSet.Reserved);

    /// <summary>Whether mappings may be of the huge page, which not every machine has (<see cref="Platform.HasHugePage"/>).</summary>
    public bool HugePage { get; init; } = true;

    /// <summary>Fewest lines asked for; a program whose processes are all gone ends before.</summary>
    public int LinesLeast { get; init; } = 12;

    /// <summary>Most lines, not counting those that a repeated <c>par</c> block adds.</summary>
    public int LinesMost { get; init; } = 28;

    /// <summary>Most mediated devices of a world; real kernels offer two.</summary>
    public int MdevsMax { get; init; } = 2;

    /// <summary>Most pci devices of a world; real kernels offer two.</summary>
    public int PcisMax { get; init; } = 2;
}
