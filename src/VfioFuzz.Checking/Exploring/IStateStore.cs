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

/// <summary>
/// One thread's way to the states a search has come to, each with its rank. States are expected first and visited together, so that memory has
/// time to answer.
/// </summary>
/// <typeparam name="TState">The machine's state.</typeparam>
/// <typeparam name="TKey">What a state is kept as to go on from.</typeparam>
internal interface IStateStore<TState, TKey>
    where TState : unmanaged
    where TKey : unmanaged
{
    /// <summary>The state last loaded.</summary>
    ref readonly TState Loaded { get; }

    /// <summary>The key of any state.</summary>
    TKey KeyOf(in TState state);

    /// <summary>Tells the memory system that <see cref="Load"/> with this key comes soon, and <see cref="RankOf"/> when it is wanted.</summary>
    void Foresee(in TKey key, bool rank);

    void Load(in TKey key);

    /// <summary>Takes down a state, close to the loaded one if possible, to be visited under the next number from 0 on.</summary>
    void Expect(in TState state);

    /// <summary>Gets ready to visit all that is expected.</summary>
    void Settle();

    /// <summary>Keeps the lower of the old and new rank of an expected state.</summary>
    Sighting Visit(int expected, Rank rank, out TKey key);

    /// <summary>Nothing is expected any more.</summary>
    void Clear();

    /// <summary>The rank of a state, or null when it is unknown or was crossed out.</summary>
    Rank? RankOf(in TKey key);

    /// <summary>Crosses a state out, for <see cref="RankOf"/> alone.</summary>
    void CrossOut(in TKey key);

    /// <summary>Forgets what was crossed out.</summary>
    void RestoreAll();
}

/// <summary>The states of a search, for all its threads.</summary>
internal interface IStateSet : IDisposable
{
    long Count { get; }

    /// <summary>Bytes in use.</summary>
    long Bytes { get; }

    /// <summary>Upper bound of the probability that two states were taken for one.</summary>
    double CollisionProbability { get; }

    /// <summary>Why the set means nothing any more, or null.</summary>
    string? Broken { get; }
}
