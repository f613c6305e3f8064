using VfioFuzz.Campaigns.Fuzzing;

namespace VfioFuzz.Fuzz;

/// <summary>Numbers from 0 for the features that were seen: thousands of a space of millions.</summary>
internal sealed class FeatureNumbers
{
    /// <summary>Findings stand behind all features; a set has few.</summary>
    private const int FindingsMost = 1 << 16;

    private readonly int[] numbersPlusOne = new int[FeatureSpace.Size + FindingsMost];
    private readonly List<int> features = [];

    public int Count => features.Count;

    /// <summary>The feature with a number.</summary>
    public int this[int number] => features[number];

    /// <summary>The number of a feature that was added.</summary>
    public int Of(int feature) => numbersPlusOne[feature] - 1;

    public void Add(int feature)
    {
        if (numbersPlusOne[feature] != 0)
            return;
        features.Add(feature);
        numbersPlusOne[feature] = features.Count;
    }
}
