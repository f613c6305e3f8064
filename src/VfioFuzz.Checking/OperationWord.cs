using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>The short word of an operation kind in places and tables: <c>set-iommu</c>.</summary>
public static class OperationWord
{
    private static readonly ImmutableArray<string> Words =
        [.. Enumerable.Range(0, byte.MaxValue + 1).Select(code => Hyphenated(((OperationKind)code).ToString()))];

    public static string Of(OperationKind kind) => Words[(byte)kind];

    private static string Hyphenated(string name)
    {
        var word = new System.Text.StringBuilder(name.Length + 3);
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && word.Length > 0)
                word.Append('-');
            word.Append(char.ToLowerInvariant(letter));
        }
        return word.ToString();
    }
}
