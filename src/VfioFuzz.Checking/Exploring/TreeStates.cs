namespace VfioFuzz.Checking.Exploring;

/// <summary>Large states, whole: a tree of their parts, and the pairs that stand for them.</summary>
/// <param name="isShared">Whether several threads use it.</param>
internal sealed class TreeStates(bool isShared) : IStateSet
{
    public StateTree Tree { get; } = new(isShared);

    public PairTable Pairs { get; } = new(isShared);

    public long Count => Pairs.Count;

    public long Bytes => Tree.Bytes + Pairs.Bytes;

    /// <summary>States are compared, not fingerprints.</summary>
    public double CollisionProbability => 0;

    public string? Broken => Tree.Broken;

    public void Dispose()
    {
        Tree.Dispose();
        Pairs.Dispose();
    }
}
