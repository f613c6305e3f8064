using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>Draws an index by whole weights, in logarithmic time: a binary indexed tree, so that weights may change after every draw.</summary>
internal sealed class WeightedPick
{
    private long[] sums = new long[1 << 10];
    private long[] weights = new long[1 << 10];

    public int Count { get; private set; }

    public long Total { get; private set; }

    public void Add(long weight)
    {
        if (Count + 1 >= sums.Length)
            Grow();
        Count++;
        Set(Count - 1, weight);
    }

    public void Set(int index, long weight)
    {
        var change = weight - weights[index];
        weights[index] = weight;
        Total += change;
        for (var i = index + 1; i < sums.Length; i += i & -i)
            sums[i] += change;
    }

    /// <summary>An index, each as likely as its weight says; nothing may be drawn while all weights are 0.</summary>
    public int Draw(ref Randomness randomness)
    {
        var rest = (long)(randomness.Next() % (ulong)Total);
        var index = 0;
        for (var step = sums.Length / 2; step > 0; step /= 2)
        {
            if (index + step >= sums.Length || sums[index + step] > rest)
                continue;
            index += step;
            rest -= sums[index];
        }
        return index;
    }

    private void Grow()
    {
        var known = weights;
        weights = new long[2 * known.Length];
        sums = new long[2 * sums.Length];
        Total = 0;
        for (var i = 0; i < Count; i++)
            Set(i, known[i]);
    }
}
