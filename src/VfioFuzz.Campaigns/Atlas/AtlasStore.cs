using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Atlas;

/// <summary>
/// The atlas in a folder: rows as <c>*.vprog</c>, <c>columns.tsv</c>, and what was computed: <c>cells.tsv</c>, the programs of its cells in
/// <c>shown</c>, certificates in <c>certificates</c>. What is written depends on what was found alone: no clock, no order of threads.
/// </summary>
public sealed class AtlasStore(string folder)
{
    private const string Head = "# row\tdesign\tstates\tbound\tshown\tothers: written by `vfiofuzz atlas`";
    private const string Unknown = "n/a";
    private const string Minimum = "minimum (proved)";

    private string CellFile => Path.Combine(folder, "cells.tsv");

    private string ShownFolder => Path.Combine(folder, "shown");

    private string CertificateFolder => Path.Combine(folder, "certificates");

    /// <exception cref="FormatException">A file says what it may not.</exception>
    public ImmutableArray<AtlasRow> Rows() =>
    [
        .. Directory.GetFiles(folder, "*.vprog").OrderBy(Path.GetFileNameWithoutExtension, StringComparer.Ordinal)
            .Select(file => AtlasRow.Parse(File.ReadAllText(file), file)).OrderBy(row => row.Kind),
    ];

    public ImmutableArray<AtlasColumn> Columns() => AtlasColumn.Parse(File.ReadAllText(Path.Combine(folder, "columns.tsv")));

    public ImmutableArray<DesignCertificate> Certificates() => Directory.Exists(CertificateFolder)
        ? [.. Directory.GetFiles(CertificateFolder, "*.json").Order(StringComparer.Ordinal)
            .Select(file => DesignCertificate.Parse(File.ReadAllText(file)))]
        : [];

    public void Save(DesignCertificate certificate)
    {
        Directory.CreateDirectory(CertificateFolder);
        File.WriteAllText(Path.Combine(CertificateFolder, $"{FileNameOf(certificate.Design)}.json"), certificate.Print());
    }

    /// <summary>Names the programs of cells as <see cref="Save(IEnumerable{AtlasRow}, ImmutableArray{AtlasCell})"/> will.</summary>
    public static ImmutableArray<AtlasCell> Named(IEnumerable<AtlasRow> rows, ImmutableArray<AtlasCell> cells) =>
    [
        .. from row in rows
        let own = cells.Where(cell => cell.Row == row.Id).ToList()
        let files = Files(row, own)
        from cell in own
        select cell with { Shown = [.. cell.Shown.Select(shown => shown with { File = files.First(file => file.Shown.IsSame(shown)).Name })] },
    ];

    /// <summary>Replaces cells and programs.</summary>
    public void Save(IEnumerable<AtlasRow> rows, ImmutableArray<AtlasCell> cells)
    {
        if (Directory.Exists(ShownFolder))
            Directory.Delete(ShownFolder, recursive: true);
        Directory.CreateDirectory(ShownFolder);
        var text = new StringBuilder(Head).Append('\n');
        foreach (var row in rows)
        {
            var own = cells.Where(cell => cell.Row == row.Id).ToList();
            var files = Files(row, own);
            foreach (var (shown, name) in files)
                File.WriteAllText(Path.Combine(ShownFolder, name), Print(row, shown, own));
            foreach (var cell in own)
                text.Append(LineOf(cell, files)).Append('\n');
        }
        File.WriteAllText(CellFile, text.ToString());
    }

    /// <exception cref="FormatException">The file is not what <see cref="Save(IEnumerable{AtlasRow}, ImmutableArray{AtlasCell})"/> writes.</exception>
    public ImmutableArray<AtlasCell> Cells() =>
        !File.Exists(CellFile) ? [] : [.. File.ReadAllLines(CellFile).Where(line => line.Length > 0 && line[0] != '#').Select(CellOf)];

    /// <summary>A design's name as part of a file's.</summary>
    private static string FileNameOf(string design) => design.Replace('?', '-').Replace('=', '-');

    /// <summary>Each program once, numbered in the order of the columns.</summary>
    private static List<(ShownProgram Shown, string Name)> Files(AtlasRow row, List<AtlasCell> cells)
    {
        var files = new List<(ShownProgram Shown, string Name)>();
        foreach (var shown in cells.SelectMany(cell => cell.Shown))
        {
            if (!files.Exists(file => file.Shown.IsSame(shown)))
                files.Add((shown, string.Create(
                    CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(row.File)}-{files.Count + 1}.vprog")));
        }
        return files;
    }

    private static string Print(AtlasRow row, ShownProgram shown, List<AtlasCell> cells)
    {
        var minimum = !shown.IsMinimum
            ? "as written in the witness, some of whose lines can be left out"
            : $"{Minimum}: no program made of fewer of the lines of {Path.GetFileName(row.File)}, in their order, shows it in this grade, "
                + "under any schedule";
        var race = shown.IsRace ? "; only when a line starts before the one before it has settled" : "";
        return ProgramText.Print(new ProgramDocument(shown.Program)
        {
            Targets = [.. cells.Where(cell => cell.Shown.Any(shown.IsSame)).Select(cell => $"sim/{cell.Design}")],
            Schedule = shown.Schedule,
            Expectation = shown.Expectation,
            ExpectedAnswers = shown.Answers,
            Notes = [$"{row.Id}: {row.Title}", $"grade {shown.Grade.Mark()}: {shown.Grade.Words()}{race}", minimum],
        });
    }

    private static string LineOf(AtlasCell cell, List<(ShownProgram Shown, string Name)> files) => string.Join('\t',
        cell.Row, cell.Design, cell.IsKnown ? cell.States.ToString(CultureInfo.InvariantCulture) : Unknown, cell.Bound ?? "",
        string.Join(' ', cell.Shown.Select(shown =>
            $"{shown.Grade.Mark()}{(shown.IsRace ? ",race" : "")}:{files.First(file => file.Shown.IsSame(shown)).Name}")),
        string.Join(" | ", cell.Others));

    private AtlasCell CellOf(string line) => line.Split('\t') is [var row, var design, var states, var bound, var shown, var others]
        ? new AtlasCell
        {
            Row = row,
            Design = design,
            IsKnown = states != Unknown,
            States = states == Unknown ? 0 : long.Parse(states, CultureInfo.InvariantCulture),
            Bound = bound.Length == 0 ? null : bound,
            Shown = [.. shown.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Shown)],
            Others = [.. others.Split(" | ", StringSplitOptions.RemoveEmptyEntries)],
        }
        : throw new FormatException($"{CellFile}: '{line}' has not six fields");

    private ShownProgram Shown(string word)
    {
        var (grade, name) = word.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            ? (word[..colon], word[(colon + 1)..])
            : throw new FormatException($"{CellFile}: '{word}' does not say GRADE:FILE");
        var isRace = grade.EndsWith(",race", StringComparison.Ordinal);
        var file = Path.Combine(ShownFolder, name);
        var document = ProgramText.Parse(File.ReadAllText(file), file);
        return new ShownProgram(ShownGrades.Parse(isRace ? grade[..^5] : grade), isRace, document.Program, document.Schedule)
        {
            File = name,
            Expectation = document.Expectation,
            IsMinimum = document.Notes.Any(note => note.StartsWith(Minimum, StringComparison.Ordinal)),
            Answers = document.ExpectedAnswers,
        };
    }
}
