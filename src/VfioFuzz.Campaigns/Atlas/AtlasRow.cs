using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Atlas;

/// <summary>What a row is about; also the beginning of its file's name.</summary>
public enum RowKind
{
    /// <summary>A deadlock of deadlocks.md 8.2.</summary>
    Deadlock,

    /// <summary>A deadlock or a broken rule that the catalogue lacks.</summary>
    Uncatalogued,

    /// <summary>What a proposal brings of its own (deadlocks.md 8.4, below the table).</summary>
    Hazard,

    /// <summary>What the thread claimed.</summary>
    Claim,
}

/// <summary>Why a cell is not what deadlocks.md 8.4 has.</summary>
/// <param name="Designs">The designs it speaks of.</param>
/// <param name="Why">Who is right, and why.</param>
public sealed record PaperDifference(ImmutableArray<string> Designs, string Why);

/// <summary>
/// One row of the atlas, read from one program file: the witness, and in notes before its world <c>atlas: ID | title</c>, <c>is: the
/// cycle in words</c>, <c>shows: the signature</c>, and where there is more to say <c>paper: A=p F=-</c> (deadlocks.md 8.4),
/// <c>differs DESIGN DESIGN: why</c>, <c>fits: other circles of explorers'
/// findings</c>, <c>also: further designs</c>, <c>limits: what simulation cannot show of it</c>, <c>kernel: what a real one was seen to do</c>,
/// <c>verdict: of a claim</c>.
/// </summary>
public sealed record AtlasRow
{
    public required string File { get; init; }

    public required RowKind Kind { get; init; }

    /// <summary>As in deadlocks 8.2.</summary>
    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>Who waits for whom, or what happens, in words.</summary>
    public required string Story { get; init; }

    public required Signature Signature { get; init; }

    public required Program Program { get; init; }

    /// <summary>What deadlocks.md says, <c>Y p -</c>, by column: A to F, <c>blocking</c> for 8.2; where it says nothing there is no entry.</summary>
    public ImmutableDictionary<string, string> Paper { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableArray<PaperDifference> Differences { get; init; } = [];

    /// <summary>Other circles that are cases of this row, as parts joined by +; one of a single part is meant exactly.</summary>
    public ImmutableArray<string> AlsoFits { get; init; } = [];

    /// <summary>Designs beside the columns that it is decided for.</summary>
    public ImmutableArray<string> Also { get; init; } = [];

    public string Limits { get; init; } = "";

    public string Kernel { get; init; } = "";

    public string Verdict { get; init; } = "";

    /// <summary>Whether a program must be run as it is: leaving lines out would change which answers are meant.</summary>
    public bool IsWhole => !Signature.Watched.IsEmpty;

    /// <summary>Whether a finding of the explorer, as it words it, can be a case of this row.</summary>
    public bool Fits(string finding) => Signature.Fits(finding) || AlsoFits.Any(parts => Signature.Fits(finding, parts));

    /// <exception cref="FormatException">A note says what it may not, or one that is needed is missing.</exception>
    public static AtlasRow Parse(string text, string file)
    {
        var document = ProgramText.Parse(text, file);
        try
        {
            var (id, title) = Halves(Note(document, "atlas: ") ?? throw new FormatException("no note `atlas: ID | title`"), " | ");
            return new AtlasRow
            {
                File = file,
                Kind = KindOf(file),
                Id = id,
                Title = title,
                Story = Note(document, "is: ") ?? throw new FormatException("no note `is: ...`"),
                Signature = Signature.Parse(Note(document, "shows: ") ?? throw new FormatException("no note `shows: ...`")),
                Program = document.Program,
                Paper = PaperOf(Note(document, "paper: ") ?? ""),
                Differences = [.. document.Notes.Where(note => note.StartsWith("differs ", StringComparison.Ordinal)).Select(Difference)],
                AlsoFits = [.. document.Notes.Where(note => note.StartsWith("fits: ", StringComparison.Ordinal)).Select(note => note["fits: ".Length..])],
                Also = [.. (Note(document, "also: ") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)],
                Limits = Note(document, "limits: ") ?? "",
                Kernel = Note(document, "kernel: ") ?? "",
                Verdict = Note(document, "verdict: ") ?? "",
            };
        }
        catch (FormatException wrong)
        {
            throw new FormatException($"{file}: {wrong.Message}", wrong);
        }
    }

    private static RowKind KindOf(string file) => Path.GetFileName(file).Split('-')[0] switch
    {
        "dl" => RowKind.Deadlock,
        "new" => RowKind.Uncatalogued,
        "hazard" => RowKind.Hazard,
        "claim" => RowKind.Claim,
        var other => throw new FormatException($"a file of the atlas begins with dl-, new-, hazard- or claim-, not with {other}-"),
    };

    private static string? Note(ProgramDocument document, string prefix) => document.Notes
        .FirstOrDefault(note => note.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];

    private static (string, string) Halves(string text, string separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at >= 0 ? (text[..at], text[(at + separator.Length)..]) : throw new FormatException($"'{text}' has no '{separator}'");
    }

    private static PaperDifference Difference(string note)
    {
        var (designs, why) = Halves(note["differs ".Length..], ": ");
        return new PaperDifference([.. designs.Split(' ')], why);
    }

    private static ImmutableDictionary<string, string> PaperOf(string text) => text
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(item => Halves(item, "="))
        .ToImmutableDictionary(
            item => item.Item1,
            item => item.Item2 is "Y" or "p" or "-" ? item.Item2 : throw new FormatException($"on paper a cell is Y, p or -, not {item.Item2}"));
}
