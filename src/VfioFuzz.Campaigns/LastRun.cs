using System.Collections.Immutable;
using System.Globalization;

namespace VfioFuzz.Campaigns;

/// <summary>What a check has left behind of its rules: which run it was, and how often each rule gave each outcome.</summary>
/// <param name="Run">The run, for people: targets, dialects, seed, programs.</param>
/// <param name="Rules">The counts, all targets of the run together.</param>
public sealed record LastRun(string Run, RuleCoverage Rules)
{
    private const string Head = "vfiofuzz rules 2\t";

    /// <summary>The file in the user's cache folder: the last check that judged answers, wherever it was started.</summary>
    public static string PathIn(string cache) => Path.Combine(cache, "last-run.tsv");

    /// <summary>The reports of one command together; null when no model judged.</summary>
    public static LastRun? Of(IReadOnlyCollection<CheckReport> reports)
    {
        var judged = reports.Where(report => report.Rules is not null).ToArray();
        if (judged.Length == 0)
            return null;
        var run = string.Join(", ", judged.Select(report => string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Target} as {report.Dialect.ToString().ToLowerInvariant()}: seed {report.Seed}, {report.Programs:n0} programs")));
        return new LastRun(run, RuleCoverage.Of(judged.Select(report => report.Rules!)));
    }

    /// <summary>Writes the file whole or not at all.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var beside = $"{path}.{Environment.ProcessId}";
        File.WriteAllLines(
            beside,
            Rules.Sights.Select(use => string.Create(CultureInfo.InvariantCulture, $"{use.Rule}\t{use.Outcome}\t{use.Count}\t{use.WhyNot}"))
                .Prepend(Head + Run));
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
        var uses = ImmutableArray.CreateBuilder<RuleSight>();
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Split('\t');
            if (fields.Length == 4 && long.TryParse(fields[2], CultureInfo.InvariantCulture, out var count))
                uses.Add(new RuleSight(fields[0], fields[1], count, fields[3].Length > 0 ? fields[3] : null));
        }
        return new LastRun(lines[0][Head.Length..], new RuleCoverage(uses.ToImmutable()));
    }

    /// <summary>An outcome in that run; one that it did not count never came up.</summary>
    public RuleSight Of(string rule, string outcome) =>
        Rules.Sights.FirstOrDefault(sight => sight.Rule == rule && sight.Outcome == outcome, new RuleSight(rule, outcome, 0, null));
}
