using System.Collections.Immutable;

namespace VfioFuzz.Campaigns.Atlas;

/// <summary>A design's column. One line of <c>columns.tsv</c>: design, column of deadlocks.md 8.4 or -, what it is, kernel or -, evidence.</summary>
/// <param name="Design">Its name, without <c>sim/</c>.</param>
/// <param name="Paper">Its column of deadlocks.md 8.4; <c>blocking</c> for 8.2 itself; empty: paper has none.</param>
/// <param name="What">What it is, in a few words.</param>
/// <param name="Kernel">The kernel it was compared with; empty: simulation only.</param>
/// <param name="Evidence">What confirmed it there, or why nothing does.</param>
public sealed record AtlasColumn(string Design, string Paper, string What, string Kernel, string Evidence)
{
    /// <exception cref="FormatException">A line has not five fields.</exception>
    public static ImmutableArray<AtlasColumn> Parse(string text) =>
    [
        .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').Select(Column),
    ];

    private static AtlasColumn Column(string line) => line.Split('\t') is [var design, var paper, var what, var kernel, var evidence]
        ? new AtlasColumn(design, paper == "-" ? "" : paper, what, kernel == "-" ? "" : kernel, evidence)
        : throw new FormatException($"'{line}' has not five fields");
}
