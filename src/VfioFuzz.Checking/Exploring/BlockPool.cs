namespace VfioFuzz.Checking.Exploring;

/// <summary>Blocks of one size out of large pieces of memory, for any thread. None is given back before all are.</summary>
internal sealed unsafe class BlockPool(nuint blockBytes) : IDisposable
{
    /// <summary>What nobody has touched yet costs nothing.</summary>
    private const nuint PieceBytes = 16 * LargeMemory.PageBytes;

    private readonly Lock gate = new();
    private readonly List<nint> pieces = [];
    private nuint used = PieceBytes;

    public void* Rent()
    {
        lock (gate)
        {
            if (used + blockBytes > PieceBytes)
            {
                pieces.Add((nint)LargeMemory.Alloc(PieceBytes));
                used = 0;
            }
            used += blockBytes;
            return (byte*)pieces[^1] + used - blockBytes;
        }
    }

    public void Dispose()
    {
        foreach (var piece in pieces)
            LargeMemory.Free((void*)piece);
        pieces.Clear();
        used = PieceBytes;
    }
}
