using System.Globalization;
using VfioFuzz.Campaigns.Atlas;

namespace VfioFuzz.Cli.Tests;

/// <summary>The atlas in corpus/atlas, and the command that writes it.</summary>
public sealed class AtlasTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "atlas");

    [Fact]
    public void The_document_is_what_its_data_says()
    {
        using var command = new Command();
        var ran = command.Run("atlas", "--stored", "--folder", Folder, "--markdown", "atlas.md", "--html", "atlas.html");
        Assert.Equal("", ran.Error);
        Assert.Equal(0, ran.Code);
        Assert.Equal(File.ReadAllText(Folder + ".md"), File.ReadAllText(Path.Combine(command.Directory, "atlas.md")));
        Assert.Contains("<table>", File.ReadAllText(Path.Combine(command.Directory, "atlas.html")), StringComparison.Ordinal);
    }

    /// <summary>Of each kind of row one that is quickly decided; <c>vfiofuzz atlas</c> decides them all.</summary>
    [Fact]
    public void Rows_computed_again_are_as_stored_twice()
    {
        using var command = new Command();
        string[] rows = ["DL-01", "DL-04", "DL-06", "DL-23", "UD-1", "D early death", "claim 3: harm"];
        Assert.Equal(0, command.Run(["atlas", .. rows, "--folder", Folder, "--stored", "--markdown", "stored.md"]).Code);
        foreach (var file in new[] { "once.md", "twice.md" })
            Assert.Equal(0, command.Run(["atlas", .. rows, "--folder", Folder, "--markdown", file, "--quiet"]).Code);

        string Text(string name) => File.ReadAllText(Path.Combine(command.Directory, name));
        Assert.Equal(Text("stored.md"), Text("once.md"));
        Assert.Equal(Text("once.md"), Text("twice.md"));
    }

    /// <summary>deadlocks.md 8.4, below its table, sentence by sentence; the last is of 8.2, below its catalogue.</summary>
    [Fact]
    public void Every_hazard_of_the_catalogue_has_a_row_and_each_computed_again_is_as_stored()
    {
        string[] hazards =
        [
            "A race", "A attribution", "A shared fate", "A poison", "A reopen", "A stale flag", "A lost DMA",
            "B probe", "B torn probe", "B fallback",
            "C private memory", "C truncate", "C hole punch", "C mismatch", "C write access", "C accounting", "C two views", "C busy file",
            "D early death", "D copies", "D missing pages", "D double charge", "D limit", "D MAP races", "D UNMAP races",
            "D stolen ownership", "D tear-down", "D owner",
            "E no live update", "E probe", "E hot-plug", "E wrong vaddr", "E wrong vaddr shows",
            "F not a file", "F whole context", "F busy", "F dead owner", "F not reachable", "spurious success",
        ];
        var rows = new AtlasStore(Folder).Rows().Where(row => row.Kind == RowKind.Hazard).Select(row => row.Id);
        Assert.Equal(hazards.Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
        using var command = new Command();
        Assert.Equal(0, command.Run(["atlas", .. hazards, "--folder", Folder, "--stored", "--markdown", "stored.md"]).Code);
        Assert.Equal(0, command.Run(["atlas", .. hazards, "--folder", Folder, "--markdown", "again.md", "--quiet"]).Code);
        Assert.Equal(File.ReadAllText(Path.Combine(command.Directory, "stored.md")), File.ReadAllText(Path.Combine(command.Directory, "again.md")));
    }

    /// <summary>One line more, which no answer depends on: the search for fewer lines must find it.</summary>
    [Fact]
    public void A_witness_with_a_line_too_many_is_not_called_minimal()
    {
        using var command = new Command();
        var columns = File.ReadAllLines(Path.Combine(Folder, "columns.tsv")).Where(line => line.StartsWith("exclusion\t", StringComparison.Ordinal));
        command.File("columns.tsv", string.Join('\n', columns));
        var witness = File.ReadAllText(Path.Combine(Folder, "hazard-e-1.vprog")).TrimEnd();
        Assert.Equal("lines, minimum (proved)", Shown(witness));
        Assert.Equal("lines, as written", Shown(witness + "\np0.t0: observe"));

        string Shown(string text)
        {
            command.File("hazard-e-1.vprog", text);
            Assert.Equal(0, command.Run("atlas", "E no live update", "--folder", command.Directory, "--markdown", "shown.md", "--quiet").Code);
            var document = File.ReadAllText(Path.Combine(command.Directory, "shown.md"));
            return document.Split("`yes` on exclusion: ")[1].Split(';')[0].Split(' ', 2)[1];
        }
    }

    [Fact]
    public void Every_deadlock_of_the_catalogue_has_a_row_that_shows_somewhere()
    {
        var store = new AtlasStore(Folder);
        var shown = store.Cells().Where(cell => !cell.Shown.IsEmpty).Select(cell => cell.Row.Split(' ', '\'')[0]).ToHashSet();
        Assert.All(Enumerable.Range(1, 23), number => Assert.Contains($"DL-{number:00}", shown));
        Assert.Equal(store.Cells().Length, store.Rows().Sum(row => store.Columns().Length + row.Also.Length));
        Assert.Equal(4, store.Rows().Count(row => row.Verdict.Length > 0));
    }

    [Fact]
    public void The_command_of_a_certificate_counts_what_the_certificate_says()
    {
        var certificate = new AtlasStore(Folder).Certificates().Single(certificate => certificate.Design == "removal");
        using var command = new Command();
        var words = certificate.Again.Replace($"--ops {certificate.Complete}", "--ops 3", StringComparison.Ordinal).Split(' ')[1..];
        var ran = command.Run([.. words, "--quiet"]);
        var counts = ran.Out.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length == 5 || fields.Length == 4).Where(fields => fields[0].All(char.IsAsciiDigit))
            .Select(fields => fields[1].Replace(",", "", StringComparison.Ordinal)).Take(4);
        Assert.Equal(certificate.Layers.Take(4).Select(layer => layer.States.ToString(CultureInfo.InvariantCulture)), counts);
    }

    [Fact]
    public void A_design_that_could_not_be_asked_differs_from_paper_that_says_it_happens()
    {
        var store = new AtlasStore(Folder);
        var book = new AtlasBook(store.Rows(), store.Columns(), store.Cells(), store.Certificates());
        var mute = book with { Rows = [.. book.Rows.Select(row => row.Id == "DL-11" ? row with { Differences = [] } : row)] };
        Assert.Equal(["blocking", "waiters"], mute.Differences().Where(x => x.Row.Id == "DL-11").Select(x => x.Column.Design));
        Assert.Equal(2, mute.Complaints().Count());
    }

    [Fact]
    public void An_unexplained_difference_a_strange_finding_and_a_stale_certificate_are_complained_of()
    {
        var store = new AtlasStore(Folder);
        var book = new AtlasBook(store.Rows(), store.Columns(), store.Cells(), store.Certificates());
        Assert.Empty(book.Complaints());

        var mute = book with { Rows = [.. book.Rows.Select(row => row.Id == "DL-04" ? row with { Differences = [] } : row)] };
        Assert.Contains("sticky differs from paper", Assert.Single(mute.Complaints()), StringComparison.Ordinal);
        var never = book with { Cells = [.. book.Cells.Select(cell => cell.Row == "DL-04" && cell.Design == "blocking" ? cell with { Shown = [] } : cell)] };
        Assert.Contains("blocking differs from paper", Assert.Single(never.Complaints()), StringComparison.Ordinal);
        var strange = book with { Rows = [.. book.Rows.Where(row => row.Id != "DL-19")] };
        Assert.Contains("no row knows kernel-bug (oops", Assert.Single(strange.Complaints(), complaint => complaint.Contains("kernel-bug", StringComparison.Ordinal)), StringComparison.Ordinal);
        var longer = book with { Cells = [.. book.Cells.Select(cell => cell.Row == "E probe" ? cell with { Shown = [.. cell.Shown.Select(shown => shown with { IsMinimum = false })] } : cell)] };
        Assert.Contains("E probe on exclusion: lines of the witness can be left out", Assert.Single(longer.Complaints()), StringComparison.Ordinal);
        Assert.All(book.Certificates, certificate => Assert.True(certificate.Agrees(certificate)));
        Assert.All(book.Certificates, certificate => Assert.False(certificate.Agrees(certificate with { Layers = [.. certificate.Layers.SkipLast(1).Append(certificate.Layers[^1] with { States = 1 })] })));
    }
}
