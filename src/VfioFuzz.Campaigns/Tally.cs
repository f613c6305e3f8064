using System.Collections.Immutable;

namespace VfioFuzz.Campaigns;

/// <summary>Counts by word, in the order in which the words came up.</summary>
internal sealed class Tally
{
    private readonly List<string> words = [];
    private readonly Dictionary<string, int> counts = [];

    public void Add(string word)
    {
        if (!counts.TryGetValue(word, out var count))
            words.Add(word);
        counts[word] = count + 1;
    }

    public ImmutableArray<(string Word, int Count)> Counts => [.. words.Select(word => (word, counts[word]))];
}
