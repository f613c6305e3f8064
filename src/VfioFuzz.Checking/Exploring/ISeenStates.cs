namespace VfioFuzz.Checking.Exploring;

/// <summary>What a search knows of a state it came to.</summary>
internal enum Sighting
{
    /// <summary>It was there before, as near or nearer.</summary>
    Known = 0,

    New,

    /// <summary>It was there before, farther away: what was kept of it to go on from is out of date.</summary>
    Nearer,
}

/// <summary>The states a search has come to, each with its rank. Safe for several threads when made so.</summary>
internal interface ISeenStates : IDisposable
{
    long Count { get; }

    /// <summary>Bytes in use.</summary>
    long Bytes { get; }

    /// <summary>Why the set means nothing any more, or null.</summary>
    string? Broken { get; }

    /// <summary>Tells the memory system that <see cref="Visit"/> with this fingerprint comes soon.</summary>
    void Expect(Fingerprint fingerprint);

    /// <summary>Keeps the lower of the state's old and new rank.</summary>
    Sighting Visit(Fingerprint fingerprint, ReadOnlySpan<byte> packed, Rank rank);

    /// <summary>The rank of a state, or null when it is unknown or was crossed out.</summary>
    Rank? RankOf(Fingerprint fingerprint, ReadOnlySpan<byte> packed);

    /// <summary>Crosses a state out, for <see cref="RankOf"/> alone.</summary>
    void CrossOut(Fingerprint fingerprint, ReadOnlySpan<byte> packed);

    /// <summary>Forgets what was crossed out.</summary>
    void RestoreAll();
}
