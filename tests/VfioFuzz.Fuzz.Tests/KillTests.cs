using System.Diagnostics;

namespace VfioFuzz.Fuzz.Tests;

public sealed class KillTests : IDisposable
{
    private const int Kills = 20;

    private readonly string root = Directory.CreateTempSubdirectory("vfiofuzz-kill-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [AflFact]
    public void Kill_9_at_20_random_moments_loses_no_entry_and_no_finding_and_damages_none()
    {
        var random = new Random(5);
        var (entries, findings) = (new Dictionary<string, string>(), new Dictionary<string, string>());
        for (var kill = 0; kill < Kills; kill++)
        {
            using (var campaign = Start("seconds=60"))
            {
                WaitForEntries(entries.Count + 1);
                Thread.Sleep(random.Next(700));
                campaign.Kill();
                campaign.WaitForExit();
            }
            AllThere(entries, findings);
            foreach (var path in Directory.GetFiles(Path.Combine(root, "queue"), "*.vprog"))
                entries[path] = File.ReadAllText(path);
            foreach (var path in Directory.GetFiles(Path.Combine(root, "crashes"), "first-seen.vprog", SearchOption.AllDirectories))
                findings[path] = File.ReadAllText(path);
        }
        using (var last = Start("executions=200"))
            last.WaitForExit();

        AllThere(entries, findings);
        Assert.True(entries.Count > 100, $"only {entries.Count} entries");
        Assert.NotEmpty(findings);
        Assert.False(Directory.Exists(Path.Combine(root, "damaged")));
        Assert.Empty(Directory.GetFiles(root, "*.partial", SearchOption.AllDirectories));
        Assert.All(
            Directory.GetDirectories(Path.Combine(root, "crashes")),
            finding => Assert.True(File.Exists(Path.Combine(finding, "minimal.vprog")), finding));
    }

    /// <summary>A busy machine takes its time to start a process, and to run the queue again; moments before anything is kept are no test.</summary>
    private void WaitForEntries(int count)
    {
        var queue = Path.Combine(root, "queue");
        for (var waited = 0; waited < 600 && (!Directory.Exists(queue) || Directory.GetFiles(queue, "*.vprog").Length < count); waited++)
            Thread.Sleep(50);
    }

    private Process Start(string bound) =>
        Process.Start(new ProcessStartInfo(Campaign.Host, ["fuzz", $"output={root}", "seed=4", bound]))!;

    /// <summary>A finding whose minimal program another one has is that finding: its place is in the other's list.</summary>
    private void AllThere(Dictionary<string, string> entries, Dictionary<string, string> findings)
    {
        foreach (var (path, text) in entries)
            Assert.Equal(text, File.ReadAllText(path));
        var places = Directory.Exists(Path.Combine(root, "crashes"))
            ? Directory.GetFiles(Path.Combine(root, "crashes"), "places", SearchOption.AllDirectories).SelectMany(File.ReadAllLines).ToHashSet()
            : [];
        foreach (var (path, text) in findings)
        {
            var place = text.Split('\n').Single(line => line.StartsWith("# place: ", StringComparison.Ordinal))["# place: ".Length..];
            Assert.True(File.Exists(path) ? File.ReadAllText(path) == text : places.Contains(place), path);
        }
    }
}
