namespace VfioFuzz.Checking;

/// <summary>Amounts that a defect can yield: it hits some of the things that it can hit, and each of them whole.</summary>
public static class Amounts
{
    /// <summary>Different sums looked at: more than any program of 64 lines whose sizes are pages of a window makes.</summary>
    private const int SumsMax = 4096;

    /// <summary>Whether <paramref name="amount"/> is the sum of one or more of <paramref name="parts"/>.</summary>
    public static bool IsSum(ulong amount, IEnumerable<ulong> parts)
    {
        var sums = new HashSet<ulong>();
        foreach (var part in parts)
        {
            foreach (var sum in sums.Append(0UL).ToArray())
            {
                if (sums.Count < SumsMax && unchecked(sum + part) is var next && next >= sum)
                    sums.Add(next);
            }
        }
        return sums.Contains(amount);
    }
}
