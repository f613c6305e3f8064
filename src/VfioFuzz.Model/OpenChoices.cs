namespace VfioFuzz.Model;

/// <summary>
/// The open choices of one critical section, taken in order: a counter with a digit for each. All zero at first; <see cref="Next"/>
/// counts on. At most <see cref="Max"/> choices of at most <see cref="WaysMax"/> ways; what is beyond takes the first way.
/// </summary>
internal struct OpenChoices
{
    /// <summary>Ways that one choice can have.</summary>
    public const int WaysMax = 15;

    private const int Max = 16;
    private const int DigitBits = 4;

    private ulong digits;
    private ulong ways;
    private byte next;
    private byte open;

    public int Take(int count)
    {
        if (next == Max)
            return 0;
        if (next == open)
        {
            ways = Put(ways, open, (ulong)count);
            digits = Put(digits, open++, 0);
        }
        return (int)Get(digits, next++);
    }

    public bool Next()
    {
        next = 0;
        while (open > 0 && Get(digits, open - 1) + 1 >= Get(ways, open - 1))
            open--;
        if (open == 0)
            return false;
        digits = Put(digits, open - 1, Get(digits, open - 1) + 1);
        return true;
    }

    private static ulong Get(ulong packed, int index) => packed >> (index * DigitBits) & 15;

    private static ulong Put(ulong packed, int index, ulong digit) =>
        (packed & ~(15UL << (index * DigitBits))) | digit << (index * DigitBits);
}
