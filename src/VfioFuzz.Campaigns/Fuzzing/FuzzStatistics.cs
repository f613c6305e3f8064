using System.Globalization;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>The figures of one process of a campaign: <c>fuzzer_stats</c>, with AFL's names where AFL has the same figure.</summary>
public sealed record FuzzStatistics
{
    public required string Target { get; init; }

    public ulong Seed { get; init; }

    public long StartTime { get; init; }

    public long LastUpdate { get; init; }

    /// <summary>Seconds at work, those before a resume included.</summary>
    public double RunTime { get; init; }

    public int Process { get; init; }

    public long Executions { get; init; }

    public double ExecutionsPerSecond { get; init; }

    public long Operations { get; init; }

    public double OperationsPerSecond { get; init; }

    public int Corpus { get; init; }

    public int Favoured { get; init; }

    public int Imported { get; init; }

    public FeatureCounts Features { get; init; }

    public int Findings { get; init; }

    public int Hangs { get; init; }

    /// <summary>When the last entry came into the queue, as seconds since 1970; 0: never.</summary>
    public long LastFind { get; init; }

    /// <summary>The execution that the last entry came from.</summary>
    public long LastFindAt { get; init; }

    /// <summary>Percent of the features of kept inputs that a second run shows again.</summary>
    public double Stability { get; init; } = 100;

    /// <summary>How often the campaign was taken up again.</summary>
    public int Resumes { get; init; }

    public string Print()
    {
        (string Name, string Value)[] rows =
        [
            ("fuzzer", "vfiofuzz"), ("target", Target), ("seed", Text($"{Seed}")), ("start_time", Text($"{StartTime}")),
            ("last_update", Text($"{LastUpdate}")), ("run_time", Text($"{RunTime:f1}")), ("fuzzer_pid", Text($"{Process}")),
            ("execs_done", Text($"{Executions}")), ("execs_per_sec", Text($"{ExecutionsPerSecond:f1}")), ("ops_done", Text($"{Operations}")),
            ("ops_per_sec", Text($"{OperationsPerSecond:f1}")), ("corpus_count", Text($"{Corpus}")), ("corpus_favored", Text($"{Favoured}")),
            ("corpus_imported", Text($"{Imported}")), ("edges_found", Text($"{Features.Edges}")), ("model_found", Text($"{Features.Model}")),
            ("waits_found", Text($"{Features.Waits}")), ("saved_crashes", Text($"{Findings}")), ("saved_hangs", Text($"{Hangs}")),
            ("last_find", Text($"{LastFind}")), ("last_find_exec", Text($"{LastFindAt}")), ("stability", Text($"{Stability:f2}%")),
            ("resumes", Text($"{Resumes}")),
        ];
        return string.Concat(rows.Select(row => $"{row.Name,-18}: {row.Value}\n"));
    }

    /// <summary>The figures of a file; null when there is none or it cannot be read.</summary>
    public static FuzzStatistics? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        var rows = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(path))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
                rows[line[..colon].Trim()] = line[(colon + 1)..].Trim().TrimEnd('%');
        }
        double Number(string name) =>
            rows.TryGetValue(name, out var text) && double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;
        if (!rows.TryGetValue("target", out var target))
            return null;
        return new FuzzStatistics
        {
            Target = target,
            Seed = rows.TryGetValue("seed", out var seed) && ulong.TryParse(seed, CultureInfo.InvariantCulture, out var drawn) ? drawn : 0,
            StartTime = (long)Number("start_time"),
            LastUpdate = (long)Number("last_update"),
            RunTime = Number("run_time"),
            Process = (int)Number("fuzzer_pid"),
            Executions = (long)Number("execs_done"),
            ExecutionsPerSecond = Number("execs_per_sec"),
            Operations = (long)Number("ops_done"),
            OperationsPerSecond = Number("ops_per_sec"),
            Corpus = (int)Number("corpus_count"),
            Favoured = (int)Number("corpus_favored"),
            Imported = (int)Number("corpus_imported"),
            Features = new FeatureCounts((int)Number("edges_found"), (int)Number("model_found"), (int)Number("waits_found")),
            Findings = (int)Number("saved_crashes"),
            Hangs = (int)Number("saved_hangs"),
            LastFind = (long)Number("last_find"),
            LastFindAt = (long)Number("last_find_exec"),
            Stability = Number("stability"),
            Resumes = (int)Number("resumes"),
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
