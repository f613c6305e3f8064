namespace VfioFuzz.Checking.Exploring;

/// <summary>Packed states to go on from, one behind the other: two bytes of length, then the state.</summary>
internal sealed class Chunk
{
    private const int LengthBytes = sizeof(ushort);

    public const int Bytes = 1 << 17;

    private readonly byte[] data = new byte[Bytes];

    public int End { get; private set; }

    public int Count { get; private set; }

    /// <summary>
    /// Whether its states were met as targets of an operation: such a state may be met again with fewer operations before its turn comes,
    /// and then this entry is out of date.
    /// </summary>
    public bool MayBeOutOfDate { get; set; }

    public bool HasRoomFor(int length) => End + LengthBytes + length <= data.Length;

    public void Add(ReadOnlySpan<byte> packed)
    {
        data[End] = (byte)packed.Length;
        data[End + 1] = (byte)(packed.Length >> 8);
        packed.CopyTo(data.AsSpan(End + LengthBytes));
        End += LengthBytes + packed.Length;
        Count++;
    }

    /// <summary>The state at <paramref name="at"/>, which goes on to the next.</summary>
    public ReadOnlySpan<byte> Next(ref int at)
    {
        var length = data[at] | data[at + 1] << 8;
        var packed = data.AsSpan(at + LengthBytes, length);
        at += LengthBytes + length;
        return packed;
    }

    public void Clear() => (End, Count) = (0, 0);
}

/// <summary>States that wait to be expanded, by rank: the lowest rank comes next.</summary>
internal sealed class Frontier
{
    private readonly SortedDictionary<Rank, List<Chunk>> levels = [];
    private readonly Stack<Chunk> free = [];
    private long chunks;

    public bool IsEmpty => levels.Count == 0;

    public long Bytes => Interlocked.Read(ref chunks) * Chunk.Bytes;

    public void Put(Rank rank, List<Chunk> full)
    {
        if (full.Count == 0)
            return;
        if (!levels.TryGetValue(rank, out var there))
            levels.Add(rank, there = []);
        there.AddRange(full);
    }

    public (Rank Rank, List<Chunk> Chunks) TakeNext()
    {
        var (rank, chunks) = levels.First();
        levels.Remove(rank);
        return (rank, chunks);
    }

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
