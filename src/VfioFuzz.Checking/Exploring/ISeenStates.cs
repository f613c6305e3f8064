namespace VfioFuzz.Checking.Exploring;

/// <summary>States by their fingerprints. Safe for several threads when made so.</summary>
internal interface ISeenStates : IStateSet
{
    /// <summary>Tells the memory system that <see cref="Visit"/> with this fingerprint comes soon.</summary>
    void Expect(Fingerprint fingerprint);

    /// <summary>Keeps the lower of the state's old and new rank.</summary>
    Sighting Visit(Fingerprint fingerprint, ReadOnlySpan<byte> state, Rank rank);

    /// <summary>The rank of a state, or null when it is unknown or was crossed out.</summary>
    Rank? RankOf(Fingerprint fingerprint);

    /// <summary>Crosses a state out, for <see cref="RankOf"/> alone.</summary>
    void CrossOut(Fingerprint fingerprint);

    /// <summary>Forgets what was crossed out.</summary>
    void RestoreAll();
}
