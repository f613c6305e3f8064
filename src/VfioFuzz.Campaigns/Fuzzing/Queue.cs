using System.Runtime.InteropServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>
/// The entries of a campaign and the power schedule: which of them the next inputs are made from. An entry is worth more when it is the smallest that
/// shows some features (AFL's favoured entries); less the more often it was picked without anything coming of it. Seldom states are the
/// <see cref="Frontier"/>'s.
/// </summary>
public sealed class Queue
{
    /// <summary>Picks without a find after which an entry's weight is halved, halved again after three times as many, and so on.</summary>
    private const int Patience = 24;

    private const long WeightOfFeature = 64;

    private const int RaceCost = 4;
    private const int RareFeaturesMax = 64;

    private readonly List<QueueEntry> entries = [];
    private readonly WeightedPick pick = new();
    private readonly Champion[] champions = new Champion[FeatureSpace.Size];

    public ReadOnlySpan<QueueEntry> Entries => CollectionsMarshal.AsSpan(entries);

    public int Length => entries.Count;

    /// <summary>Entries that are the smallest for some feature.</summary>
    public int Favoured { get; private set; }

    /// <summary>Adds an entry whose run showed these features, each once.</summary>
    public void Add(QueueEntry entry, ReadOnlySpan<int> features)
    {
        entries.Add(entry);
        var lines = entry.Program.Lines.Length;
        foreach (var feature in features)
        {
            // Most features have a smaller entry already: one look at a table that is too large for a cache must do.
            if (champions[feature] is var known && (known.EntryPlusOne == 0 || lines < known.Lines))
                MakeChampion(entry, feature);
        }
        pick.Add(Weight(entry));
    }

    /// <summary>The entry to work on next.</summary>
    public QueueEntry Pick(ref Randomness randomness)
    {
        var entry = entries[pick.Draw(ref randomness)];
        entry.Picks++;
        pick.Set(entry.Number, Weight(entry));
        return entry;
    }

    /// <summary>Any entry, each as likely as the others.</summary>
    public QueueEntry PickAny(ref Randomness randomness) => entries[(int)randomness.Below((uint)entries.Count)];

    /// <summary>Something made from the entry was kept.</summary>
    public void Found(int number)
    {
        entries[number].Finds++;
        pick.Set(number, Weight(entries[number]));
    }

    private void MakeChampion(QueueEntry entry, int feature)
    {
        ref var champion = ref champions[feature];
        if (champion.EntryPlusOne != 0)
        {
            var known = entries[champion.EntryPlusOne - 1];
            known.Championed -= WorthOf(feature);
            if (known.Championed == 0)
                Favoured--;
            pick.Set(known.Number, Weight(known));
        }
        champion = new Champion(entry.Number + 1, entry.Program.Lines.Length);
        if (entry.Championed == 0)
            Favoured++;
        entry.Championed += WorthOf(feature);
    }

    /// <summary>The hit count of an edge is worth less than that the contract or a wait was seen in a new way.</summary>
    private static int WorthOf(int feature) => FeatureSpace.KindOf(feature) == FeatureKind.Edge ? 1 : 2;

    private static long Weight(QueueEntry entry)
    {
        var worth = WeightOfFeature * (1 + Math.Min(entry.Championed, RareFeaturesMax));
        // To judge a race is a search: it costs as much as ten sequential programs.
        if (entry.IsRace)
            worth /= RaceCost;
        var idle = entry.Picks / (1 + entry.Finds);
        var halvings = 0;
        for (var patience = Patience; idle >= patience && halvings < 5; patience *= 3)
            halvings++;
        return Math.Max(1, worth >> halvings);
    }

    /// <summary>The smallest entry that shows a feature.</summary>
    private readonly record struct Champion(int EntryPlusOne, int Lines);
}
