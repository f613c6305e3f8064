using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using VfioFuzz.Campaigns;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Screens;

/// <summary>A comparison of two targets: what no promise explains, then what explains the rest.</summary>
internal sealed class DiffScreen(IAnsiConsole console)
{
    private const string Open = "the contract leaves it open";

    public void Print(DiffReport report)
    {
        for (var index = 0; index < report.Findings.Length; index++)
            Print(index + 1, report, report.Findings[index]);
        var table = Screen.Table("programs", "because of", $"as {report.First} | {report.Second}", "program", "authority");
        foreach (var each in report.Explained.OrderByDescending(each => each.Count))
            table.AddRow(Screen.Cells(
                each.Count.ToString("n0", CultureInfo.InvariantCulture), CausesOf(each), each.Parting.ToString(),
                each.Index.ToString(CultureInfo.InvariantCulture), AuthorityOf(each)));
        if (!report.Explained.IsEmpty)
            console.Write(table);
        foreach (var (id, count) in report.Avoided)
            Say($"left out: {count:n0} programs that can reach {id}");
        foreach (var (bound, count) in report.Inconclusive)
            Say($"not judged: {count:n0} programs ({bound})");
        foreach (var name in report.Unwitnessed)
            Say($"they differ in {name}, and no program showed it");
        Say($"canary: {report.Canary.Caught:n0} of {report.Canary.Planted:n0} planted wrong answers were called unexplained");
        Say($"{report.First} | {report.Second}   seed {report.Seed}   {report.Programs:n0} programs in {report.Elapsed.TotalSeconds:n1} s   "
            + $"{report.Alike:n0} alike, {report.Explained.Sum(each => each.Count):n0} explained   {VerdictOf(report)}");
    }

    public static void WriteJson(DiffReport report, TextWriter output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            Write(json, report);
        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static string VerdictOf(DiffReport report) => report.Findings.Length > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{report.Findings.Length} not explained")
        : report.IsInconclusive ? "inconclusive" : "every difference explained";

    private void Print(int number, DiffReport report, UnexplainedDifference found)
    {
        var finding = found.Seen.Finding;
        console.Write(new Text(
            string.Create(CultureInfo.InvariantCulture, $"not explained {number}: {finding.Key.Expectation} on {finding.Targets[0]}"),
            new Style(Color.Red, decoration: Decoration.Bold)));
        Say($"   {finding.Key.Place}");
        Say($"  {report.First} | {report.Second}: {found.Parting}; seen {found.Seen.Count:n0} times");
        if (found.Seen.Known is { } known)
            Say($"  known defect {known.Id}: {known.Statement} ({known.Reference})");
        foreach (var line in FindingText.Print(finding).TrimEnd().Split('\n'))
            Say($"  {line}");
        if (found.Seen.Path is not null)
            Say($"  replay: vfiofuzz replay {found.Seen.Path}");
    }

    private static string CausesOf(ExplainedDifference difference) =>
        difference.Causes.IsEmpty ? Open : string.Join(" and ", difference.Causes);

    private static string AuthorityOf(ExplainedDifference difference) => string.Join("; ", difference.Causes.Select(cause =>
        Enum.TryParse<Promise>(cause, out var promise) ? Promises.Of(promise).Authority : "platform fact, probed"));

    private static void Write(Utf8JsonWriter json, DiffReport report)
    {
        json.WriteStartObject();
        json.WriteString("first", report.First);
        json.WriteString("second", report.Second);
        json.WriteNumber("seed", report.Seed);
        json.WriteNumber("grammar", Grammar.Number);
        json.WriteNumber("programs", report.Programs);
        json.WriteNumber("seconds", report.Elapsed.TotalSeconds);
        json.WriteNumber("alike", report.Alike);
        json.WriteString("verdict", VerdictOf(report));
        json.WriteStartArray("explained");
        foreach (var each in report.Explained)
            Write(json, each);
        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (var found in report.Findings)
            Write(json, found);
        json.WriteEndArray();
        json.WriteStartObject("canary");
        json.WriteNumber("planted", report.Canary.Planted);
        json.WriteNumber("caught", report.Canary.Caught);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ExplainedDifference each)
    {
        json.WriteStartObject();
        json.WriteStartArray("causes");
        foreach (var cause in each.Causes)
            json.WriteStringValue(cause);
        json.WriteEndArray();
        json.WriteNumber("programs", each.Count);
        json.WriteNumber("program", each.Index);
        json.WriteString("parting", each.Parting.ToString());
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, UnexplainedDifference found)
    {
        json.WriteStartObject();
        json.WriteString("target", found.Seen.Finding.Targets[0]);
        json.WriteString("rule", found.Seen.Finding.Key.Rule);
        json.WriteString("place", found.Seen.Finding.Key.Place);
        json.WriteString("known", found.Seen.Known?.Id);
        json.WriteNumber("programs", found.Seen.Count);
        json.WriteString("parting", found.Parting.ToString());
        json.WriteString("file", found.Seen.Path);
        json.WriteString("text", FindingText.Print(found.Seen.Finding));
        json.WriteEndObject();
    }

    private void Say(FormattableString text) => Say(text.ToString(CultureInfo.InvariantCulture));

    private void Say(string text) => console.Write(new Text(text + "\n"));
}
