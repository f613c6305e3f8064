using System.CommandLine;
using System.Globalization;
using VfioFuzz.Campaigns.Atlas;
using VfioFuzz.Cli.Screens;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// <c>atlas</c>: every design against every deadlock, hazard and claim. Cells are computed afresh, certificates read and their first layers
/// computed again; <c>--certify</c> computes them whole. Ends with 1 when the atlas complains about itself: a cell that differs from paper
/// without a reason, a finding that no row knows, a certificate that does not agree.
/// </summary>
internal static class AtlasVerb
{
    private const int QuickOperations = 4;

    private static readonly Argument<string[]> Ids = new("row") { Description = "rows by their id (default: all)", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<string> Folder = new("--folder")
    {
        Description = "where its rows, columns and certificates are (default corpus/atlas)",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine("corpus", "atlas"),
    };

    private static readonly Option<bool> Stored = new("--stored") { Description = "compute nothing: what the folder has" };

    private static readonly Option<bool> Writes = new("--write")
    {
        Description = "store what was computed in the folder, and the document beside it (corpus/atlas.md)",
    };

    private static readonly Option<string?> Markdown = new("--markdown") { Description = "write the document there", HelpName = "FILE" };

    private static readonly Option<string?> Html = new("--html") { Description = "write the document there as one static page", HelpName = "FILE" };

    private static readonly Option<bool> Certify = new("--certify") { Description = "compute all certificates whole" };

    private static readonly Option<int> Operations = new("--ops")
    {
        Description = "operations of a certificate (default 7)",
        HelpName = "K",
        DefaultValueFactory = _ => 7,
    };

    private static readonly Option<int> Seconds = new("--seconds")
    {
        Description = "time for one certificate (default 240): the last complete number of operations is certified",
        HelpName = "N",
        DefaultValueFactory = _ => 240,
    };

    private static readonly Option<bool> Quiet = CommonOptions.Quiet();

    public static Command Make(CancellationToken stop)
    {
        var command = new Command("atlas", "every design against every deadlock and hazard of the catalogue")
        {
            Ids, Folder, Stored, Writes, Markdown, Html, Certify, Operations, Seconds, Quiet,
        };
        command.SetAction(parsed => Run(parsed, stop));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        var folder = parsed.GetValue(Folder)!;
        var ids = parsed.GetValue(Ids)!;
        if (!Directory.Exists(folder))
            throw new UsageException($"{folder}: there is no such folder; run it where corpus/atlas is, or give --folder");
        if (ids.Length > 0 && parsed.GetValue(Writes))
            throw new UsageException("--write wants all rows");
        var store = new AtlasStore(folder);
        var book = Read(store, ids);
        var complaints = new List<string>();
        if (!parsed.GetValue(Stored))
            book = Compute(book, parsed, complaints, stop);
        complaints.AddRange(ids.Length == 0 ? book.Complaints() : []);
        if (parsed.GetValue(Writes))
        {
            store.Save(book.Rows, book.Cells);
            foreach (var certificate in book.Certificates)
                store.Save(certificate);
            book = Read(store, ids);
            File.WriteAllText($"{folder.TrimEnd('/')}.md", new AtlasPage(book).Write().Markdown());
        }
        if (parsed.GetValue(Markdown) is { } markdown)
            File.WriteAllText(markdown, new AtlasPage(book).Write().Markdown());
        if (parsed.GetValue(Html) is { } html)
            File.WriteAllText(html, new AtlasPage(book).Write().Html());
        new AtlasScreen(Screen.Out(), book).Print();
        foreach (var complaint in complaints)
            Console.Error.WriteLine($"vfiofuzz: {complaint}");
        return complaints.Count > 0 ? ExitCode.Finding
            : book.Cells.Any(cell => cell.Bound is not null) ? ExitCode.Inconclusive
            : ExitCode.Clean;
    }

    private static AtlasBook Read(AtlasStore store, string[] ids)
    {
        try
        {
            var rows = store.Rows();
            if (Array.Find(ids, id => rows.All(row => row.Id != id)) is { } unknown)
                throw new UsageException($"no row '{unknown}'; there are {string.Join(", ", rows.Select(row => row.Id))}");
            return new AtlasBook(
                [.. rows.Where(row => ids.Length == 0 || ids.Contains(row.Id))], store.Columns(),
                [.. store.Cells().Where(cell => ids.Length == 0 || ids.Contains(cell.Row))], store.Certificates());
        }
        catch (FormatException wrong)
        {
            throw new UsageException(wrong.Message);
        }
    }

    private static AtlasBook Compute(AtlasBook book, ParseResult parsed, List<string> complaints, CancellationToken stop)
    {
        var designs = new AtlasDesigns(stop);
        var quiet = parsed.GetValue(Quiet);
        var (done, all) = (0, book.Rows.Sum(row => book.Columns.Length + row.Also.Length));
        var run = new WitnessRun(designs, quiet ? null : _ => Tell($"{Interlocked.Increment(ref done)} of {all} cells"), stop);
        var cells = AtlasStore.Named(book.Rows, run.Cells(book.Rows, book.Columns, Environment.ProcessorCount));
        if (parsed.GetValue(Ids)!.Length > 0)
            return book with { Cells = cells };
        var certificates = book.Columns.Select(column =>
        {
            if (!quiet)
                Tell($"certificate of {column.Design}");
            return parsed.GetValue(Certify)
                ? designs.Certify(column.Design, parsed.GetValue(Operations), TimeSpan.FromSeconds(parsed.GetValue(Seconds)))
                : Checked(book.Certificate(column.Design), designs.Certify(column.Design, QuickOperations, null), complaints);
        });
        return book with { Cells = cells, Certificates = [.. certificates] };
    }

    /// <summary>The stored certificate when the quick tier bears it out, else the quick one.</summary>
    private static DesignCertificate Checked(DesignCertificate? stored, DesignCertificate quick, List<string> complaints)
    {
        if (stored is null)
            return quick;
        if (stored.Digest != quick.Digest || stored.Menu != quick.Menu)
        {
            complaints.Add($"{quick.Design}: the stored certificate is of another state of the design or of the menu ({stored.Digest}, now {quick.Digest}); run atlas --certify --write");
            return quick;
        }
        if (stored.Complete >= quick.Complete && stored.Agrees(quick))
            return stored;
        complaints.Add($"{quick.Design}: {quick.Complete} operations came to other states or findings than the stored certificate has");
        return quick;
    }

    private static void Tell(string what)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{what,-60}"));
    }
}
