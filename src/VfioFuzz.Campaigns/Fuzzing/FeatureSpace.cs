namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>What a feature of a run is about.</summary>
public enum FeatureKind
{
    /// <summary>An edge of the code with the power-of-two bucket of its hits.</summary>
    Edge = 0,

    /// <summary>What an operation did in the reference model.</summary>
    Model = 1,

    /// <summary>A kind of wait: who sleeps where for whom.</summary>
    Wait = 2,

    /// <summary>
    /// A class of states of the reference model. There are too many to keep an input for each; inputs are made from the seldom ones
    /// (<see cref="Frontier"/>).
    /// </summary>
    State = 3,
}

/// <summary>All features as numbers of one space: each kind has a range of its own.</summary>
public static class FeatureSpace
{
    /// <summary>Numbers of one kind.</summary>
    public const int RangeOfKind = 1 << 19;

    /// <summary>Every feature is below this.</summary>
    public const int Size = 4 * RangeOfKind;

    public static int Of(FeatureKind kind, int number) => (int)kind * RangeOfKind + number;

    public static FeatureKind KindOf(int feature) => (FeatureKind)(feature / RangeOfKind);

    /// <summary>Whether an input that shows the feature first is kept for it.</summary>
    public static bool IsKept(int feature) => feature < (int)FeatureKind.State * RangeOfKind;
}

/// <summary>How many features of each kind an input is kept for there are.</summary>
public readonly record struct FeatureCounts(int Edges, int Model, int Waits)
{
    public FeatureCounts With(int feature) => FeatureSpace.KindOf(feature) switch
    {
        FeatureKind.Edge => this with { Edges = Edges + 1 },
        FeatureKind.Model => this with { Model = Model + 1 },
        _ => this with { Waits = Waits + 1 },
    };

    public int All => Edges + Model + Waits;
}
