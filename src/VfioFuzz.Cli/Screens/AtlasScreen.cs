using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns.Atlas;

namespace VfioFuzz.Cli.Screens;

/// <summary>The atlas on a terminal: tables of grades, what differs from paper, and the certificates.</summary>
internal sealed class AtlasScreen(IAnsiConsole console, AtlasBook book)
{
    public void Print()
    {
        foreach (var kind in Enum.GetValues<RowKind>())
            Matrix(kind);
        var differences = Screen.Table("row", "design", "paper", "here", "who is right, and why");
        foreach (var (row, column, why) in book.Differences())
            differences.AddRow(Screen.Cells(row.Id, column.Design, book.Paper(row, column) ?? "", book.Cell(row, column.Design)!.Mark, why));
        console.Write(differences);
        foreach (var row in book.Rows.Where(row => row.Verdict.Length > 0))
            console.Write(new Text($"{row.Id.Split(':')[0]}: {row.Verdict}\n"));
        Certificates();
        foreach (var (finding, where) in book.Unknown())
            console.Write(new Text($"no row knows {finding}: {string.Join(", ", where)}\n"));
    }

    private void Matrix(RowKind kind)
    {
        var rows = book.Rows.Where(row => row.Kind == kind).ToList();
        if (rows.Count == 0)
            return;
        var table = Screen.Table([Title(kind), .. book.Columns.Select(column => column.Design)]);
        foreach (var row in rows)
            table.AddRow(Screen.Cells([row.Id, .. book.Columns.Select(column => book.Cell(row, column.Design)?.Mark ?? "")]));
        console.Write(table);
    }

    private void Certificates()
    {
        var table = Screen.Table("certificate", "complete", "states", "findings", "compared with");
        foreach (var column in book.Columns)
        {
            if (book.Certificate(column.Design) is not { } certificate)
                continue;
            table.AddRow(Screen.Cells(
                column.Design, certificate.Complete.ToString(CultureInfo.InvariantCulture), certificate.States.ToString("n0", CultureInfo.InvariantCulture),
                string.Join(", ", certificate.Findings.SelectMany(finding => book.Matches(finding.Words).Take(1)).Select(row => row.Id).Distinct()),
                column.Kernel.Length > 0 ? $"confirmed on {column.Kernel}" : "simulation only"));
        }
        console.Write(table);
    }

    private static string Title(RowKind kind) => kind switch
    {
        RowKind.Deadlock => "deadlock",
        RowKind.Uncatalogued => "not catalogued",
        RowKind.Hazard => "hazard",
        _ => "claim",
    };
}
