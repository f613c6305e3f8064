using System.Runtime.CompilerServices;

namespace VfioFuzz.Checking.Exploring;

/// <summary>Keys of states to go on from.</summary>
internal sealed class Chunk<TKey>
    where TKey : unmanaged
{
    /// <summary>Small enough that the many ranks at which a few states wait do not count.</summary>
    public const int Bytes = 1 << 13;

    private readonly TKey[] keys = new TKey[Math.Max(1, Bytes / Unsafe.SizeOf<TKey>())];
    private int count;

    /// <summary>
    /// Whether its states may be met again nearer before their turn comes, so that their entries here are out of date: targets of operations,
    /// and those behind several steps at once.
    /// </summary>
    public bool MayBeOutOfDate { get; set; }

    public bool IsFull => count == keys.Length;

    public ReadOnlySpan<TKey> Keys => keys.AsSpan(0, count);

    public void Add(in TKey key) => keys[count++] = key;

    public void Clear() => (count, MayBeOutOfDate) = (0, false);
}

/// <summary>Chunks of states that wait to be expanded, whoever fills and empties them.</summary>
internal sealed class Frontier<TKey>
    where TKey : unmanaged
{
    private readonly Stack<Chunk<TKey>> free = [];
    private long chunks;

    public long Bytes => Interlocked.Read(ref chunks) * Chunk<TKey>.Bytes;

    public Chunk<TKey> Rent()
    {
        lock (free)
        {
            if (free.TryPop(out var chunk))
                return chunk;
        }
        Interlocked.Increment(ref chunks);
        return new Chunk<TKey>();
    }

    public void Return(Chunk<TKey> chunk)
    {
        chunk.Clear();
        lock (free)
            free.Push(chunk);
    }
}

/// <summary>What one thread has come to, by rank. A chunk is filled until its rank is taken, however many levels that lasts.</summary>
internal sealed class Targets<TKey>(Frontier<TKey> frontier)
    where TKey : unmanaged
{
    private readonly List<Chunk<TKey>>?[] chunks = new List<Chunk<TKey>>?[ushort.MaxValue + 1];

    public void Add(Rank rank, in TKey key, bool mayBeOutOfDate)
    {
        var there = chunks[rank.Value] ??= [];
        if (there.Count == 0 || there[^1].IsFull)
            there.Add(frontier.Rent());
        there[^1].MayBeOutOfDate |= mayBeOutOfDate;
        there[^1].Add(in key);
    }

    /// <summary>The lowest rank from <paramref name="from"/> on at which something waits, or null.</summary>
    public Rank? NextFrom(Rank from)
    {
        for (int rank = from.Value; rank < chunks.Length; rank++)
        {
            if (chunks[rank] is not null)
                return new Rank((ushort)rank);
        }
        return null;
    }

    public List<Chunk<TKey>> Take(Rank rank)
    {
        var taken = chunks[rank.Value] ?? [];
        chunks[rank.Value] = null;
        return taken;
    }
}
