namespace VfioFuzz.Checking.Exploring;

/// <summary>Packed states to go on from, one behind the other: two bytes of length, then the state.</summary>
internal sealed class Chunk
{
    private const int LengthBytes = sizeof(ushort);

    public const int Bytes = 1 << 17;

    private readonly byte[] data = new byte[Bytes];

    public int End { get; private set; }

    /// <summary>
    /// Whether its states may be met again nearer before their turn comes, so that their entries here are out of date: targets of operations,
    /// and those behind several steps at once.
    /// </summary>
    public bool MayBeOutOfDate { get; set; }

    public bool HasRoomFor(int length) => End + LengthBytes + length <= data.Length;

    public void Add(ReadOnlySpan<byte> packed)
    {
        data[End] = (byte)packed.Length;
        data[End + 1] = (byte)(packed.Length >> 8);
        packed.CopyTo(data.AsSpan(End + LengthBytes));
        End += LengthBytes + packed.Length;
    }

    /// <summary>The state at <paramref name="at"/>, which goes on to the next.</summary>
    public ReadOnlySpan<byte> Next(ref int at)
    {
        var length = data[at] | data[at + 1] << 8;
        var packed = data.AsSpan(at + LengthBytes, length);
        at += LengthBytes + length;
        return packed;
    }

    public void Clear() => (End, MayBeOutOfDate) = (0, false);
}

/// <summary>Chunks of states that wait to be expanded, whoever fills and empties them.</summary>
internal sealed class Frontier
{
    private readonly Stack<Chunk> free = [];
    private long chunks;

    public long Bytes => Interlocked.Read(ref chunks) * Chunk.Bytes;

    public Chunk Rent()
    {
        lock (free)
        {
            if (free.TryPop(out var chunk))
                return chunk;
        }
        Interlocked.Increment(ref chunks);
        return new Chunk();
    }

    public void Return(Chunk chunk)
    {
        chunk.Clear();
        lock (free)
            free.Push(chunk);
    }
}

/// <summary>What one thread has come to, by rank. A chunk is filled until its rank is taken, however many levels that lasts.</summary>
internal sealed class Targets(Frontier frontier)
{
    private readonly List<Chunk>?[] chunks = new List<Chunk>?[ushort.MaxValue + 1];

    public void Add(Rank rank, ReadOnlySpan<byte> packed, bool mayBeOutOfDate)
    {
        var there = chunks[rank.Value] ??= [];
        if (there.Count == 0 || !there[^1].HasRoomFor(packed.Length))
            there.Add(frontier.Rent());
        there[^1].MayBeOutOfDate |= mayBeOutOfDate;
        there[^1].Add(packed);
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

    public List<Chunk> Take(Rank rank)
    {
        var taken = chunks[rank.Value] ?? [];
        chunks[rank.Value] = null;
        return taken;
    }
}
