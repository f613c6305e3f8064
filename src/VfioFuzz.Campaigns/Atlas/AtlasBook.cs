using System.Collections.Immutable;

namespace VfioFuzz.Campaigns.Atlas;

/// <summary>All that the atlas says: rows, columns, and what each row came to on each design, with the certificates of the designs.</summary>
public sealed record AtlasBook(
    ImmutableArray<AtlasRow> Rows, ImmutableArray<AtlasColumn> Columns, ImmutableArray<AtlasCell> Cells,
    ImmutableArray<DesignCertificate> Certificates)
{
    public AtlasCell? Cell(AtlasRow row, string design) => Cells.FirstOrDefault(cell => cell.Row == row.Id && cell.Design == design);

    public IEnumerable<AtlasCell> CellsOf(AtlasRow row) => Cells.Where(cell => cell.Row == row.Id);

    public DesignCertificate? Certificate(string design) => Certificates.FirstOrDefault(certificate => certificate.Design == design);

    /// <summary>Rows that a finding of the explorer can be a case of.</summary>
    public IEnumerable<AtlasRow> Matches(string finding) =>
        Rows.Where(row => row.Kind is RowKind.Deadlock or RowKind.Uncatalogued && row.Fits(finding));

    /// <summary>Findings of any search that no row knows, with where they were met.</summary>
    public IEnumerable<(string Finding, ImmutableArray<string> Where)> Unknown() =>
        Cells.SelectMany(cell => cell.Others.Select(finding => (Finding: finding, Where: $"{cell.Row} on {cell.Design}")))
            .Concat(Certificates.SelectMany(certificate => certificate.Findings
                .Select(finding => (Finding: finding.Words, Where: $"certificate of {certificate.Design}"))))
            .Where(seen => !Matches(seen.Finding).Any())
            .GroupBy(seen => seen.Finding, seen => seen.Where, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.Key, group.Distinct().ToImmutableArray()));

    /// <summary>
    /// What paper says of a cell; null where it says nothing, and where it says that the design cannot come to what the design could not be
    /// asked. That it does, of a design that could not be asked, is a difference like any other.
    /// </summary>
    public string? Paper(AtlasRow row, AtlasColumn column) =>
        Cell(row, column.Design) is { } cell && row.Paper.TryGetValue(column.Paper, out var paper) && (cell.IsKnown || paper != "-") ? paper : null;

    /// <summary>Cells that differ from paper, and why; the reason is empty where nobody has given one.</summary>
    public IEnumerable<(AtlasRow Row, AtlasColumn Column, string Why)> Differences() =>
        from row in Rows
        from column in Columns
        where Paper(row, column) is { } paper && (paper == "-") != (Cell(row, column.Design)!.Grade == ShownGrade.Never)
        select (row, column, row.Differences.FirstOrDefault(x => x.Designs.Contains(column.Design))?.Why ?? "");

    /// <summary>Findings of certificates that are cases of rows, none of which shows on the design.</summary>
    private IEnumerable<(string Design, string Finding)> Contradictions() =>
        from certificate in Certificates
        from finding in certificate.Findings
        let rows = Matches(finding.Words).ToList()
        where rows.Count > 0 && rows.All(row => Cell(row, certificate.Design) is null or { Grade: ShownGrade.Never })
        select (certificate.Design, finding.Words);

    /// <summary>What is wrong with the book itself: reasons that are missing, reasons for nothing, findings that no row knows.</summary>
    public IEnumerable<string> Complaints()
    {
        var differences = Differences().ToList();
        foreach (var (row, column, _) in differences.Where(difference => difference.Why.Length == 0))
            yield return $"{row.File}: {column.Design} differs from paper and no note `differs {column.Design}: ...` says why";
        foreach (var cell in Cells.Where(cell => cell.Shown.Any(shown => !shown.IsMinimum)))
            yield return $"{cell.Row} on {cell.Design}: lines of the witness can be left out, and the answers are the same";
        foreach (var row in Rows)
        {
            foreach (var design in row.Differences.SelectMany(difference => difference.Designs))
            {
                if (!differences.Exists(difference => difference.Row == row && difference.Column.Design == design))
                    yield return $"{row.File}: {design} does not differ from paper";
            }
        }
        foreach (var (design, finding) in Contradictions())
            yield return $"{design}: its certificate has {finding}, and every row that it is a case of says never";
        foreach (var (finding, where) in Unknown())
            yield return $"no row knows {finding}: {string.Join(", ", where)}";
    }
}
