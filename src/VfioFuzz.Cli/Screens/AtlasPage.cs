using System.Globalization;
using VfioFuzz.Campaigns.Atlas;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Screens;

/// <summary>The atlas as a document: claims, deadlocks, where paper differs, hazards, certificates, and each row with its programs.</summary>
internal sealed class AtlasPage(AtlasBook book)
{
    private readonly Page page = new("Atlas of deadlocks: every design against the catalogue");

    public Page Write()
    {
        page.Text("Written by `vfiofuzz atlas --write`; do not edit. The rows are the programs of `corpus/atlas`, the columns its `columns.tsv`.");
        page.Text("A cell is decided by exhaustion: the witness of its row is run on the design under **every schedule**, with its lines one after the other and with lines that start beside calls under way, "
            + "and with any of its lines left out; what every small program of the standard menu does is the [certificate](#certificates) of the column. "
            + "A grade links to the smallest program that shows it, with its schedule; behind a `-` stand the exhausted schedules of the witness (its states: in the row below), and the certificate, which has no case of the row. Grades, the worst first:");
        foreach (var grade in Enum.GetValues<ShownGrade>().Reverse())
            page.Item($"`{grade.Mark()}` {grade.Words()}");
        page.Text("`race` means that the program shows it only when a line starts before the one before it has settled. `n/a`: the design does not know an operation of the witness. `*`: differs from paper (deadlocks.md 8.4, marks `Y` still happens, `p` partly, `-` cannot), [explained](#paper). "
            + "Where a cell has two grades, the second is worse and needs a race.");
        page.Text("*confirmed on* a kernel means that the design was compared with it; how, and how far, says the last column of the [certificates](#certificates). "
            + "It does not say that each cell was seen there: the rows that were say so below, with the command. *simulation only*: no kernel that does so was run.");
        Claims();
        page.Heading(2, "Deadlocks", "deadlocks");
        Matrix(RowKind.Deadlock);
        Differences();
        Uncatalogued();
        page.Heading(2, "Hazards that each proposal brings", "hazards");
        page.Text("`yes`: the answers come as the row says (deadlocks.md 8.4, below its table).");
        Matrix(RowKind.Hazard);
        Certificates();
        page.Heading(2, "Rows", "rows");
        foreach (var row in book.Rows)
            Row(row);
        return page;
    }

    private void Claims()
    {
        page.Heading(2, "The four claims of the thread", "claims");
        var claims = book.Rows.Where(row => row.Kind == RowKind.Claim).ToList();
        foreach (var row in claims.Where(row => row.Verdict.Length > 0))
            page.Text($"**{Number(row)}. {Words(row)}** {row.Verdict}.");
        Matrix(RowKind.Claim);
    }

    private static string Number(AtlasRow row) => row.Id.Split(':')[0].Replace("claim ", "Claim ", StringComparison.Ordinal);

    private static string Words(AtlasRow row) => row.Id[6] switch
    {
        '1' => "Waking the listed waiters on close is enough:",
        '2' => "A pin that starts after the wake-up can block again:",
        '3' => "Waiters of other devices cannot be released without harm:",
        _ => "Some flow blocks with no close at all:",
    };

    private void Matrix(RowKind kind)
    {
        var rows = book.Rows.Where(row => row.Kind == kind).Select(row => new[] { Link(row), row.Title }.Concat(book.Columns.Select(column => CellText(row, column))));
        page.Table(["", "", .. book.Columns.Select(Head)], rows.Prepend(["", "", .. book.Columns.Select(Compared)]));
    }

    private static string Head(AtlasColumn column) => column.Paper.Length is > 0 and < 3 ? $"{column.Paper}: {column.Design}" : column.Design;

    private static string Compared(AtlasColumn column) => column.Kernel.Length > 0 ? $"*confirmed on* {column.Kernel}" : "*simulation only*";

    private string CellText(AtlasRow row, AtlasColumn column)
    {
        var differs = book.Differences().Any(difference => difference.Row == row && difference.Column == column);
        if (book.Cell(row, column.Design) is not { } cell)
            return "";
        var mark = cell.Shown.IsEmpty
            ? cell.Mark
            : string.Join(' ', cell.Shown.Select(shown => $"[{shown.Grade.Mark()}{(shown.IsRace ? " race" : "")}](atlas/shown/{shown.File})"));
        return $"{mark}{(differs ? " [*](#paper)" : "")}";
    }

    private void Differences()
    {
        page.Heading(2, "Where simulation and paper differ, and who is right", "paper");
        page.Text(Text($"Paper is deadlocks.md 8.4, derived by reading. {Agreeing()} cells agree with it; these do not:"));
        page.Table(["row", "design", "paper", "here", "who is right, and why"], book.Differences().Select(difference => new[]
        {
            Link(difference.Row), difference.Column.Design, book.Paper(difference.Row, difference.Column) ?? "",
            book.Cell(difference.Row, difference.Column.Design)!.Mark, difference.Why,
        }));
    }

    private int Agreeing() => book.Rows.Sum(row => book.Columns.Count(column => book.Paper(row, column) is not null)) - book.Differences().Count();

    private void Uncatalogued()
    {
        page.Heading(2, "Not in the catalogue", "new");
        page.Text("Found by searches of the simulation, with no row in deadlocks.md 8.2.");
        Matrix(RowKind.Uncatalogued);
        var unknown = book.Unknown().ToList();
        page.Text(unknown.Count == 0
            ? "Every other finding of every search, the certificates' included, is a case of some row."
            : "Findings that no row knows:");
        foreach (var (finding, where) in unknown)
            page.Item($"`{finding}`: {string.Join(", ", where)}");
    }

    private void Certificates()
    {
        page.Heading(2, "Certificates", "certificates");
        page.Text("Every program of so many operations of the standard menu (two processes, two mdevs with a worker each and a pci device, `ExplorationMenu.cs`), every schedule, without partial-order reduction. Every state is checked by the rules of one state, and every state in which nothing can run is graded; answers, locked_vm and tear-down are not covered "
            + "(the command below each design prints the rules, the menu and the growth again). The digest is of what a design does with random walks over the menu: variants that differ only in what the menu cannot reach share it. `vfiofuzz atlas --certify` computes them again; without it, the quick tier is recomputed and must agree with the first layers stored here.");
        page.Table(
            ["design", "menu", "complete up to", "states", "transitions", "steps deep", "findings", "first at", "collision", "peak", "time", "digest", "compared with"],
            book.Columns.Where(column => book.Certificate(column.Design) is not null).Select(column => CertificateRow(column, book.Certificate(column.Design)!)));
        foreach (var column in book.Columns)
        {
            if (book.Certificate(column.Design) is { } certificate)
                Growth(certificate);
        }
    }

    private IEnumerable<string> CertificateRow(AtlasColumn column, DesignCertificate certificate)
    {
        var rows = certificate.Findings.SelectMany(finding => book.Matches(finding.Words).Take(1)).Select(row => row.Id).Distinct().ToList();
        return
        [
            $"`sim/{column.Design}`", Text($"{certificate.Menu} operations"), Text($"{certificate.Complete}{(certificate.Bound.Length > 0 ? $"; {certificate.Bound}" : "")}"),
            Text($"{certificate.States:n0}"), Text($"{certificate.Transitions:n0}"), Text($"{certificate.Depth}"),
            rows.Count == 0 ? "none" : string.Join(", ", rows),
            certificate.Findings.IsEmpty ? "" : Text($"{certificate.Findings.Min(finding => finding.Operations)} operations"),
            certificate.CollisionProbability == 0 ? "none" : Text($"{certificate.CollisionProbability:e0}"), Text($"{certificate.PeakMebibytes:n0} MiB"),
            Text($"{certificate.Seconds:n0} s, {certificate.Threads} threads"), $"`{certificate.Digest}`",
            column.Kernel.Length > 0 ? $"{column.Kernel}: {column.Evidence}" : $"simulation only: {column.Evidence}",
        ];
    }

    private void Growth(DesignCertificate certificate)
    {
        page.Text($"`{certificate.Again}`: states by operations {string.Join(", ", certificate.Layers.Select(layer => Text($"{layer.States:n0}")))}; {certificate.Reductions}.");
        foreach (var finding in certificate.Findings)
        {
            var rows = string.Join(", ", book.Matches(finding.Words).Select(Link));
            page.Item(Text($"{finding.Operations} operations, {finding.Steps} steps: `{finding.Words}` {(rows.Length > 0 ? $"= {rows}" : "**unknown**")}"));
        }
    }

    private void Row(AtlasRow row)
    {
        page.Heading(3, $"{row.Id}: {row.Title}", Anchor(row));
        page.Text($"{Capital(row.Story)}. Signature: `{row.Signature}`. Witness: [{Path.GetFileName(row.File)}](atlas/{Path.GetFileName(row.File)}).");
        if (row.Limits.Length > 0)
            page.Text($"What simulation cannot show: {row.Limits}.");
        if (row.Kernel.Length > 0)
            page.Text($"On a real kernel: {row.Kernel}.");
        var cells = book.CellsOf(row).ToList();
        foreach (var program in cells.SelectMany(cell => cell.Shown).DistinctBy(shown => shown.File))
        {
            var designs = cells.Where(cell => cell.Shown.Any(shown => shown.File == program.File)).Select(cell => cell.Design);
            page.Text($"`{program.Grade.Mark()}{(program.IsRace ? " race" : "")}` on {string.Join(", ", designs)}: {Text($"{program.Program.Lines.Length}")} lines, {Minimum(program)}; [{program.File}](atlas/shown/{program.File})");
            page.Code(Lines(program));
        }
        var never = cells.Where(cell => cell.IsKnown && cell.Shown.IsEmpty).Select(cell => Text($"{cell.Design} ({cell.States:n0} states{(cell.Bound is null ? "" : $", {cell.Bound}")})")).ToList();
        if (never.Count > 0)
            page.Text($"Never, under any schedule, on {string.Join(", ", never)}.");
    }

    private static string Minimum(ShownProgram shown) => shown.IsMinimum ? "minimum (proved)" : "as written";

    private static string Lines(ShownProgram shown)
    {
        var text = ProgramText.Print(new ProgramDocument(shown.Program) { ExpectedAnswers = shown.Answers, Schedule = shown.Schedule });
        return text["vprog 1".Length..].Trim();
    }

    private static string Link(AtlasRow row) => $"[{row.Id}](#{Anchor(row)})";

    private static string Anchor(AtlasRow row) => Path.GetFileNameWithoutExtension(row.File);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
