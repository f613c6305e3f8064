using System.Text.Json;
using VfioFuzz.Campaigns;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Screens;

/// <summary>Reports for programs: one JSON array, an object a target. Times are seconds.</summary>
internal static class JsonReport
{
    public static void Write(IReadOnlyList<CheckReport> reports, TextWriter output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach (var report in reports)
                Write(json, report);
            json.WriteEndArray();
        }
        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static void Write(Utf8JsonWriter json, CheckReport report)
    {
        json.WriteStartObject();
        json.WriteString("target", report.Target);
        json.WriteNumber("seed", report.Seed);
        json.WriteNumber("grammar", Grammar.Number);
        json.WriteNumber("programs", report.Programs);
        json.WriteNumber("seconds", report.Elapsed.TotalSeconds);
        json.WriteString("verdict", ReportScreen.VerdictOf(report));
        json.WriteNumber("blocking", report.Blocking);
        json.WriteStartArray("findings");
        foreach (var seen in report.Findings)
            Write(json, seen);
        json.WriteEndArray();
        WriteCounts(json, "uncollected", report.Uncollected.Select(entry => (entry.Key.ToString(), (long)entry.Count)));
        WriteCounts(json, "inconclusive", report.Inconclusive.Select(entry => (entry.Bound, (long)entry.Count)));
        WriteCounts(json, "avoided", report.Avoided.Select(entry => (entry.Id, (long)entry.Count)));
        WriteOutcomes(json, report.Outcomes);
        json.WriteStartArray("lanes");
        foreach (var lane in report.Lanes)
        {
            json.WriteStartObject();
            json.WriteString("lane", lane.Lane);
            json.WriteNumber("programs", lane.Programs);
            json.WriteNumber("per_second", lane.PerSecond);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("kernel", report.Platform.Kernel);
        json.WriteString("dialect", report.Platform.Dialect.ToString().ToLowerInvariant());
        WriteCounts(json, "worlds", report.Worlds.Select(row => (row.Shape, (long)row.Programs)));
        var coverage = report.Coverage;
        WriteCounts(json, "coverage", [("reachable", coverage.Reachable), ("exercised", coverage.Exercised), ("often", coverage.Often)]);
        json.WriteStartArray("vacuous");
        foreach (var vacuity in report.Vacuities)
            json.WriteStringValue(vacuity);
        json.WriteEndArray();
        WriteCounts(json, "canary", [("planted", report.Canary.Planted), ("caught", report.Canary.Caught)]);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SeenFinding seen)
    {
        json.WriteStartObject();
        json.WriteString("rule", seen.Finding.Key.Rule);
        json.WriteString("grade", FindingKey.NameOf(seen.Finding.Key.Grade));
        json.WriteString("place", seen.Finding.Key.Place);
        json.WriteString("known", seen.Known?.Id);
        json.WriteNumber("count", seen.Count);
        json.WriteNumber("after", seen.After.TotalSeconds);
        json.WriteNumber("shrink", seen.ShrinkTime.TotalSeconds);
        json.WriteNumber("lines", seen.Finding.Program.Lines.Length);
        json.WriteString("file", seen.Path);
        json.WriteString("text", FindingText.Print(seen.Finding));
        json.WriteEndObject();
    }

    private static void WriteOutcomes(Utf8JsonWriter json, OutcomeTable outcomes)
    {
        json.WriteStartObject("outcomes");
        foreach (var kind in outcomes.Cells().GroupBy(cell => cell.Kind))
            WriteCounts(json, OperationForm.Of(kind.Key).Mnemonic, kind.Select(cell => (cell.Outcome.ToString(), cell.Count)));
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, string name, IEnumerable<(string Word, long Count)> counts)
    {
        json.WriteStartObject(name);
        foreach (var (word, count) in counts)
            json.WriteNumber(word, count);
        json.WriteEndObject();
    }
}
