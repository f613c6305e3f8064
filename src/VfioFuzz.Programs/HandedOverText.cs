using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace VfioFuzz.Programs;

/// <summary>The words for how memory is handed over: each sets one field of its operand, and a field left out is as it should be.</summary>
internal static class HandedOverText
{
    private static readonly ImmutableArray<string> Places = ["good", "null", "unmapped", "split", "edge", "readonly", "kernel", "odd"];

    private static readonly ImmutableArray<string> Sizes = ["exact", "empty", "less", "more", "most", "too-much", "endless"];

    private static readonly ImmutableArray<string> ArgumentSizes = [.. UserArgument.Sizes.ToArray().Select(Number)];

    private static readonly ImmutableArray<string> PageSizes =
        [.. UserBitmap.PageSizes.ToArray().Select(size => "0x" + size.ToString("x", CultureInfo.InvariantCulture))];

    private static readonly ImmutableArray<Field> OfArgument = [new("argsz", 0, 0x1f, ArgumentSizes), new("arg", 5, 7, Places)];

    private static readonly ImmutableArray<Field> OfPointer = [new("arg", 5, 7, Places)];

    private static readonly ImmutableArray<Field> OfBitmap =
        [new("pgsize", 0, 0xff, PageSizes), new("bitmap", 8, 0xff, Sizes), new("data", 16, 0xff, Places)];

    /// <summary>Appends a word with a space before it for each field that is not as it should be.</summary>
    public static void Print(StringBuilder text, OperandType type, ulong value)
    {
        foreach (var field in Fields(type))
            if (field.Of(value) is > 0 and var code)
                text.Append(' ').Append(field.Keyword).Append('=').Append(field.Words[(int)code]);
    }

    /// <summary>The bits that <paramref name="word"/> sets.</summary>
    public static bool TryParse(OperandType type, ReadOnlySpan<char> word, out ulong bits)
    {
        foreach (var field in Fields(type))
        {
            if (!word.StartsWith(field.Keyword) || word.Length == field.Keyword.Length || word[field.Keyword.Length] != '=')
                continue;
            // The last of equal words is the one that is stated; the first is what a field left out means.
            for (var code = field.Words.Length - 1; code >= 0; code--)
            {
                if (!word[(field.Keyword.Length + 1)..].SequenceEqual(field.Words[code]))
                    continue;
                bits = (ulong)code << field.Shift;
                return true;
            }
        }
        bits = 0;
        return false;
    }

    /// <summary>Whether both set a field.</summary>
    public static bool Overlap(OperandType type, ulong one, ulong other)
    {
        foreach (var field in Fields(type))
            if (field.Of(one) != 0 && field.Of(other) != 0)
                return true;
        return false;
    }

    public static string Expected(OperandType type) =>
        string.Join(", ", Fields(type).Select(field => $"{field.Keyword}={string.Join('|', field.Words.Skip(1))}"));

    public static string Grammar(OperandType type) =>
        string.Join(' ', Fields(type).Select(field => $"[{field.Keyword}={(field.Shift == 0 ? "N" : field.Keyword == "bitmap" ? "SIZE" : "PLACE")}]"));

    private static ImmutableArray<Field> Fields(OperandType type) => type switch
    {
        OperandType.Argument => OfArgument,
        OperandType.ArgumentPlace => OfPointer,
        OperandType.Bitmap => OfBitmap,
        _ => [],
    };

    private static string Number(uint value) =>
        value <= 4096 ? value.ToString(CultureInfo.InvariantCulture) : "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    private readonly record struct Field(string Keyword, int Shift, ulong Mask, ImmutableArray<string> Words)
    {
        public ulong Of(ulong value) => value >> Shift & Mask;
    }
}
