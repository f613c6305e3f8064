namespace VfioFuzz.Linux.Packages;

/// <summary>
/// Compares names with their runs of digits taken as numbers: 6.1.0-9 comes before 6.1.0-56. Enough to order the
/// releases of one Debian kernel series, which is all it is used for.
/// </summary>
internal sealed class NaturalOrder : IComparer<string>
{
    public static NaturalOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> left = x, right = y;
        while (!left.IsEmpty && !right.IsEmpty)
        {
            var (leftPart, rightPart) = (Part(left), Part(right));
            var order = char.IsAsciiDigit(left[0]) && char.IsAsciiDigit(right[0])
                ? CompareNumbers(left[..leftPart], right[..rightPart])
                : left[..leftPart].CompareTo(right[..rightPart], StringComparison.Ordinal);
            if (order != 0)
                return order;
            left = left[leftPart..];
            right = right[rightPart..];
        }
        return left.Length.CompareTo(right.Length);
    }

    private static int Part(ReadOnlySpan<char> text)
    {
        var digits = char.IsAsciiDigit(text[0]);
        var length = 1;
        while (length < text.Length && char.IsAsciiDigit(text[length]) == digits)
            length++;
        return length;
    }

    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length
            ? left.Length.CompareTo(right.Length)
            : left.CompareTo(right, StringComparison.Ordinal);
    }
}
