using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Model;

namespace VfioFuzz.Campaigns;

/// <summary>What a check has left behind of its rules: which run it was, and how often each rule gave each outcome.</summary>
/// <param name="Run">The run, for people: targets, dialects, seed, programs.</param>
/// <param name="Uses">The counts, all targets of the run together.</param>
public sealed record LastRun(string Run, ImmutableArray<RuleUse> Uses)
{
    private const string Head = "vfiofuzz rules 1\t";

    /// <summary>The file in the user's cache folder: the last check that judged answers, wherever it was started.</summary>
    public static string PathIn(string cache) => Path.Combine(cache, "last-run.tsv");

    /// <summary>The reports of one command together; null when no model judged.</summary>
    public static LastRun? Of(IReadOnlyCollection<CheckReport> reports)
    {
        var judged = reports.Where(report => !report.Rules.IsEmpty).ToArray();
        if (judged.Length == 0)
            return null;
        var run = string.Join(", ", judged.Select(report => string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Target} as {report.Dialect.ToString().ToLowerInvariant()}: seed {report.Seed}, {report.Programs:n0} programs")));
        var uses = judged.SelectMany(report => report.Rules)
            .GroupBy(use => (use.Rule, use.Outcome))
            .Select(group => new RuleUse(group.Key.Rule, group.Key.Outcome, group.Sum(use => use.Count)));
        return new LastRun(run, [.. uses]);
    }

    /// <summary>Writes the file whole or not at all.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var beside = $"{path}.{Environment.ProcessId}";
        File.WriteAllLines(
            beside,
            Uses.Select(use => string.Create(CultureInfo.InvariantCulture, $"{use.Rule}\t{use.Outcome}\t{use.Count}")).Prepend(Head + Run));
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>What is in the file; null when there is none, or it is another version's.</summary>
    public static LastRun? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        var lines = File.ReadAllLines(path);
        if (lines.Length == 0 || !lines[0].StartsWith(Head, StringComparison.Ordinal))
            return null;
        var uses = ImmutableArray.CreateBuilder<RuleUse>();
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Split('\t');
            if (fields.Length == 3 && long.TryParse(fields[2], CultureInfo.InvariantCulture, out var count))
                uses.Add(new RuleUse(fields[0], fields[1], count));
        }
        return new LastRun(lines[0][Head.Length..], uses.ToImmutable());
    }

    public long Count(string rule, string outcome) =>
        Uses.FirstOrDefault(use => use.Rule == rule && use.Outcome == outcome).Count;
}
