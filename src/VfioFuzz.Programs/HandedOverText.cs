using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace VfioFuzz.Programs;

/// <summary>The words for how memory is handed over: each sets one field of its operand, and a field left out is as it should be.</summary>
internal static class HandedOverText
{
    private static readonly ImmutableArray<string> Places = ["good", "null", "unmapped", "split", "edge", "readonly", "kernel", "odd"];

    private static readonly ImmutableArray<string> Sizes = ["exact", "empty", "less", "more", "most", "too-much", "endless"];

    private static readonly ImmutableArray<string> Contents = ["zeros", "ones", "stripes", "sparse"];

    private static readonly ImmutableArray<string> Fds = ["slot", "-1", "least", "most", "eventfd", "path", "directory"];

    private static readonly ImmutableArray<Field> OfArgument = [new("argsz", 0, 1, []), new("arg", 5, 7, Places)];

    private static readonly ImmutableArray<Field> OfPointer = [new("arg", 5, 7, Places)];

    private static readonly ImmutableArray<Field> OfBitmap = [new("bitmap", 0, 7, Sizes), new("data", 3, 7, Places), new("bits", 6, 3, Contents)];

    private static readonly ImmutableArray<Field> OfPageSize = [new("pgsize", 0, ulong.MaxValue, [])];

    private static readonly ImmutableArray<Field> OfBytes = [new("bytes", 0, ulong.MaxValue, [])];

    private static readonly ImmutableArray<Field> OfFd = [new("fd", 0, 7, Fds)];

    /// <summary>Appends a word with a space before it for each field that is not as it should be.</summary>
    public static void Print(StringBuilder text, OperandType type, ulong value)
    {
        foreach (var field in Fields(type))
            if (field.Of(value) is > 0 and var code)
                Print(text.Append(' ').Append(field.Keyword).Append('='), type, field, code, value);
    }

    /// <summary>The bits that <paramref name="word"/> sets.</summary>
    public static bool TryParse(OperandType type, ReadOnlySpan<char> word, out ulong bits)
    {
        bits = 0;
        foreach (var field in Fields(type))
        {
            if (!word.StartsWith(field.Keyword) || word.Length == field.Keyword.Length || word[field.Keyword.Length] != '=')
                continue;
            var said = word[(field.Keyword.Length + 1)..];
            if (field.IsNumber)
                return OperandText.TryNumber(said, out var number) && TryNumber(type, number, out bits);
            for (var code = 0; code < field.Words.Length; code++)
            {
                if (!said.SequenceEqual(field.Words[code]))
                    continue;
                bits = (ulong)code << field.Shift;
                return true;
            }
        }
        return false;
    }

    private static void Print(StringBuilder text, OperandType type, Field field, ulong code, ulong value)
    {
        if (field.IsNumber)
            text.Append(type == OperandType.Argument ? Number(new UserArgument(value).Size ?? 0)
                : "0x" + (type == OperandType.BitmapPageSize ? value ^ Limits.PageSize : value).ToString("x", CultureInfo.InvariantCulture));
        else
            text.Append(field.Words[(int)code]);
    }

    private static bool TryNumber(OperandType type, ulong number, out ulong bits)
    {
        bits = type switch
        {
            OperandType.Argument => UserArgument.At(ArgumentPlace.Good, (uint)number).Code,
            OperandType.BitmapPageSize => number ^ Limits.PageSize,
            _ => number,
        };
        return type != OperandType.Argument || number <= uint.MaxValue;
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
        string.Join(", ", Fields(type).Select(field => $"{field.Keyword}={(field.IsNumber ? "N" : string.Join('|', field.Words.Skip(1)))}"));

    public static string Grammar(OperandType type) =>
        string.Join(' ', Fields(type).Select(field => $"[{field.Keyword}={Domain(field)}]"));

    private static string Domain(Field field) => field.Keyword switch
    {
        _ when field.IsNumber => "N",
        "bitmap" => "SIZE",
        "bits" => "CONTENT",
        "fd" => "FD",
        _ => "PLACE",
    };

    private static ImmutableArray<Field> Fields(OperandType type) => type switch
    {
        OperandType.Argument => OfArgument,
        OperandType.ArgumentPlace => OfPointer,
        OperandType.Bitmap => OfBitmap,
        OperandType.BitmapPageSize => OfPageSize,
        OperandType.BitmapBytes => OfBytes,
        OperandType.OtherFd => OfFd,
        _ => [],
    };

    private static string Number(uint value) =>
        value <= 4096 ? value.ToString(CultureInfo.InvariantCulture) : "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    private readonly record struct Field(string Keyword, int Shift, ulong Mask, ImmutableArray<string> Words)
    {
        /// <summary>Any number, in place of words.</summary>
        public bool IsNumber => Words.IsEmpty;

        public ulong Of(ulong value) => value >> Shift & Mask;
    }
}
