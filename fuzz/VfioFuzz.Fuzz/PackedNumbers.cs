namespace VfioFuzz.Fuzz;

/// <summary>
/// Ascending numbers, kept as the gaps between them with seven bits a byte: the features of a program are hundreds, and mostly close to each other.
/// </summary>
internal readonly struct PackedNumbers
{
    private const int BitsOfByte = 7;
    private const byte More = 1 << BitsOfByte;

    private readonly byte[] gaps;

    /// <param name="numbers">Ascending, each once, none negative.</param>
    public PackedNumbers(List<int> numbers)
    {
        var packed = new byte[numbers.Count * 5];
        var length = 0;
        var last = 0;
        foreach (var number in numbers)
        {
            var gap = (uint)(number - last);
            for (; gap >= More; gap >>= BitsOfByte)
                packed[length++] = (byte)(gap | More);
            packed[length++] = (byte)gap;
            last = number;
        }
        gaps = packed[..length];
        Count = numbers.Count;
    }

    public int Count { get; }

    public Enumerator GetEnumerator() => new(gaps);

    public struct Enumerator(byte[] gaps)
    {
        private int next;

        public int Current { get; private set; }

        public bool MoveNext()
        {
            if (next == gaps.Length)
                return false;
            var (gap, shift) = (0, 0);
            for (; gaps[next] >= More; next++, shift += BitsOfByte)
                gap |= (gaps[next] & ~More) << shift;
            Current += gap | gaps[next++] << shift;
            return true;
        }
    }
}
