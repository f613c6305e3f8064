namespace VfioFuzz.Programs;

/// <summary>The grammar that seeds and bytes belong to; text is the durable form and needs no number.</summary>
public static class Grammar
{
    /// <summary>
    /// Raised by any change after which a seed generates, or bytes decode to, another program. Replay commands print it
    /// and refuse another.
    /// </summary>
    public const int Number = 11;
}
