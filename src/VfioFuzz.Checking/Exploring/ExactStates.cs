using System.Runtime.InteropServices;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// Whole states instead of fingerprints, for cross-checking on small bounds. Two different states with one fingerprint break the
/// search: then the fingerprints are no good.
/// </summary>
internal sealed class ExactStates : ISeenStates
{
    private const int EntryBytes = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<Fingerprint, Entry> entries = [];
    private readonly HashSet<Fingerprint> crossedOut = [];

    public long Count => entries.Count;

    public long Bytes { get; private set; }

    public double CollisionProbability => 0;

    public string? Broken { get; private set; }

    public void Expect(Fingerprint fingerprint)
    {
    }

    public Sighting Visit(Fingerprint fingerprint, ReadOnlySpan<byte> state, Rank rank)
    {
        lock (gate)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(entries, fingerprint, out var exists);
            if (!exists)
            {
                entry = new Entry(state.ToArray(), rank);
                Bytes += EntryBytes + state.Length;
                return Sighting.New;
            }
            if (!state.SequenceEqual(entry.State))
                Broken ??= "two states share a fingerprint";
            if (entry.Rank.CompareTo(rank) <= 0)
                return Sighting.Known;
            entry = entry with { Rank = rank };
            return Sighting.Nearer;
        }
    }

    public Rank? RankOf(Fingerprint fingerprint)
    {
        lock (gate)
            return entries.TryGetValue(fingerprint, out var entry) && !crossedOut.Contains(fingerprint) ? entry.Rank : null;
    }

    public void CrossOut(Fingerprint fingerprint) => crossedOut.Add(fingerprint);

    public void RestoreAll() => crossedOut.Clear();

    public void Dispose() => entries.Clear();

    private readonly record struct Entry(byte[] State, Rank Rank);
}
