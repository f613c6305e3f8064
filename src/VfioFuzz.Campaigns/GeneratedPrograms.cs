using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>
/// The default mix: generated programs, each lane by its share. Lanes take turns by the program's number, so that a campaign cut short at any
/// moment has its mix.
/// </summary>
public sealed class GeneratedPrograms : IProgramSource
{
    /// <summary>
    /// Twentieths of the programs. Each lane has at least a tenth (design, "Speed"); the process lane has so many that each of its kinds
    /// is a hundredth of all lines.
    /// </summary>
    private static readonly ImmutableArray<(Lanes Lane, string Name, int Twentieths)> Shares =
    [
        (Programs.Lanes.InProcess, "in-process", 9),
        (Programs.Lanes.PciDevice, "pci-device", 2),
        (Programs.Lanes.Processes, "processes", 9),
    ];

    private readonly int[] turns;
    private readonly GeneratorOptions[] options;
    private readonly Choices choices = Choices.OfSeed(0);

    /// <param name="threads">Threads a process: 2 draws <c>par</c> blocks.</param>
    /// <param name="kinds">Kinds that lines may have; null: those that every target knows.</param>
    /// <param name="hugePage">Whether mappings may be of the huge page.</param>
    public GeneratedPrograms(int threads = 1, KindSet? kinds = null, bool hugePage = true)
    {
        options =
        [
            .. Shares.Select(share => GeneratorOptions.Default with
            {
                Threads = threads,
                Lanes = share.Lane,
                HugePage = hugePage,
                Kinds = kinds ?? GeneratorOptions.Default.Kinds,
            }),
        ];
        turns = Spread([.. Shares.Select(share => share.Twentieths)]);
    }

    public IReadOnlyList<string> Lanes { get; } = [.. Shares.Select(share => share.Name)];

    public int LaneOf(int index) => turns[index % turns.Length];

    public Program Draw(ulong seed, int index)
    {
        choices.Reset(Randomness.SeedOf(seed, (ulong)index));
        return Generator.Generate(choices, options[LaneOf(index)]);
    }

    /// <summary>Each number as often as its share says, spread evenly: always the one that is furthest behind.</summary>
    private static int[] Spread(ReadOnlySpan<int> shares)
    {
        var total = 0;
        foreach (var share in shares)
            total += share;
        var given = new int[shares.Length];
        var turns = new int[total];
        for (var turn = 0; turn < total; turn++)
        {
            var furthest = 0;
            for (var i = 1; i < shares.Length; i++)
            {
                if (Behind(i, turn, shares, given, total) > Behind(furthest, turn, shares, given, total))
                    furthest = i;
            }
            turns[turn] = furthest;
            given[furthest]++;
        }
        return turns;
    }

    private static int Behind(int i, int turn, ReadOnlySpan<int> shares, int[] given, int total) =>
        shares[i] * (turn + 1) - given[i] * total;
}
