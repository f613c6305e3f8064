using System.Collections.Immutable;
using VfioFuzz.Checking;

namespace VfioFuzz.Campaigns;

/// <summary>Findings by key: each is shrunk and stored once, and counted from then on. Keeps the order of first sight.</summary>
internal sealed class Triage(int findingsMax)
{
    private readonly Dictionary<FindingKey, int> positions = [];
    private readonly List<SeenFinding> findings = [];
    private readonly List<FindingKey> uncollected = [];
    private readonly Dictionary<FindingKey, int> uncollectedCounts = [];

    public int Count => findings.Count;

    /// <summary>Counts a sight of <paramref name="key"/>; true when it is new and wants to be collected.</summary>
    public bool IsNew(FindingKey key)
    {
        if (positions.TryGetValue(key, out var position))
        {
            findings[position] = findings[position] with { Count = findings[position].Count + 1 };
            return false;
        }
        if (findings.Count < findingsMax)
            return true;
        if (!uncollectedCounts.TryGetValue(key, out var count))
            uncollected.Add(key);
        uncollectedCounts[key] = count + 1;
        return false;
    }

    public void Collect(SeenFinding seen)
    {
        positions.Add(seen.Finding.Key, findings.Count);
        findings.Add(seen);
    }

    public ImmutableArray<SeenFinding> Findings => [.. findings];

    public ImmutableArray<(FindingKey Key, int Count)> Uncollected =>
        [.. uncollected.Select(key => (key, uncollectedCounts[key]))];
}
