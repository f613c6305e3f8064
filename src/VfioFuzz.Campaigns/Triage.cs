using System.Collections.Immutable;
using VfioFuzz.Checking;

namespace VfioFuzz.Campaigns;

/// <summary>Findings by key: each is shrunk and stored once, and counted from then on. Keeps the order of first sight.</summary>
internal sealed class Triage(int findingsMax)
{
    private readonly Dictionary<FindingKey, int> positions = [];
    private readonly List<SeenFinding> findings = [];

    /// <summary>Sights of what is to be collected.</summary>
    private readonly Dictionary<FindingKey, int> wanted = [];
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
        if (wanted.TryGetValue(key, out var sights))
        {
            wanted[key] = sights + 1;
            return false;
        }
        if (findings.Count + wanted.Count < findingsMax)
        {
            wanted.Add(key, 1);
            return true;
        }
        if (!uncollectedCounts.TryGetValue(key, out var count))
            uncollected.Add(key);
        uncollectedCounts[key] = count + 1;
        return false;
    }

    /// <summary>Takes what <see cref="IsNew"/> wanted, with the sights since.</summary>
    public void Collect(SeenFinding seen)
    {
        var key = seen.Finding.Key;
        positions.Add(key, findings.Count);
        findings.Add(seen with { Count = wanted[key] });
        wanted.Remove(key);
    }

    public ImmutableArray<SeenFinding> Findings => [.. findings];

    public ImmutableArray<(FindingKey Key, int Count)> Uncollected =>
        [.. uncollected.Select(key => (key, uncollectedCounts[key]))];
}
