using System.Buffers.Binary;

namespace VfioFuzz.Programs;

/// <summary>
/// How a quantity is written in bytes: one byte for the values that matter (small multiples of the unit and hot
/// values), else three bytes for a multiple of the unit, else nine. Every byte string reads as some value.
/// </summary>
internal sealed class Codebook
{
    /// <summary>Codes that are a value by themselves.</summary>
    public const int PlainCodes = Scaled;

    private const byte Scaled = 0xfe;
    private const byte Raw = 0xff;

    private readonly ulong[] values = new ulong[Scaled];
    private readonly ulong[] sorted;
    private readonly byte[] codes;
    private readonly ulong unit;
    private readonly ulong start;

    /// <param name="start">The value of code 0.</param>
    /// <param name="unit">The step between the plain codes.</param>
    /// <param name="hot">Values that take the last codes.</param>
    private Codebook(ulong start, ulong unit, params ReadOnlySpan<ulong> hot)
    {
        this.start = start;
        this.unit = unit;
        for (var code = 0; code < values.Length; code++)
            values[code] = start + (ulong)code * unit;
        hot.CopyTo(values.AsSpan(values.Length - hot.Length));
        sorted = [.. values];
        codes = new byte[Scaled];
        for (var code = 0; code < codes.Length; code++)
            codes[code] = (byte)code;
        Array.Sort(sorted, codes);
    }

    /// <summary>The book of a quantity; null for names and flags.</summary>
    public static Codebook? Of(OperandType type) => type switch
    {
        OperandType.Iova => Iovas,
        OperandType.Size or OperandType.FileOffset => Sizes,
        OperandType.Vaddr => Vaddrs,
        OperandType.PageCount or OperandType.Limit or OperandType.MappingCount => Counts,
        OperandType.Extension => Extensions,
        OperandType.Command => Commands,
        OperandType.ArgumentSize => ArgumentSizes,
        OperandType.BitmapPageSize => PageSizes,
        OperandType.BitmapBytes => BitmapBytes,
        _ => null,
    };

    private static Codebook Iovas { get; } = new(0, Limits.PageSize, HotValues.Iovas);

    private static Codebook Sizes { get; } = new(0, Limits.PageSize, HotValues.Sizes);

    private static Codebook Vaddrs { get; } = new(Limits.WindowBase, Limits.PageSize, HotValues.Vaddrs);

    private static Codebook Counts { get; } = new(0, 1, HotValues.Counts);

    private static Codebook Extensions { get; } = new(0, 1, HotValues.Extensions);

    private static Codebook ArgumentSizes { get; } = new(0, 1, 0x1000, 0x7fff_ffff, 0x8000_0000, uint.MaxValue);

    private static Codebook PageSizes { get; } = new(Limits.PageSize, Limits.PageSize, HotValues.PageSizes);

    private static Codebook BitmapBytes { get; } = new(0, 8, HotValues.BitmapBytes);

    private static Codebook Commands { get; } = new(0x3b00, 1, HotValues.Commands);

    /// <summary>Reads one value; what lies behind the end of <paramref name="bytes"/> is 0.</summary>
    public ulong Read(ReadOnlySpan<byte> bytes, ref int position)
    {
        var code = position < bytes.Length ? bytes[position] : (byte)0;
        position++;
        return code switch
        {
            Scaled => start + unit * ReadFixed(bytes, ref position, 2),
            Raw => ReadFixed(bytes, ref position, 8),
            _ => values[code],
        };
    }

    /// <summary>Writes <paramref name="value"/> in its shortest form; returns how many bytes.</summary>
    public int Write(Span<byte> bytes, ulong value)
    {
        var found = Array.BinarySearch(sorted, value);
        if (found >= 0)
        {
            bytes[0] = codes[found];
            return 1;
        }
        var (multiple, rest) = Math.DivRem(value - start, unit);
        if (rest == 0 && multiple <= ushort.MaxValue)
        {
            bytes[0] = Scaled;
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[1..], (ushort)multiple);
            return 3;
        }
        bytes[0] = Raw;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[1..], value);
        return 9;
    }

    internal static ulong ReadFixed(ReadOnlySpan<byte> bytes, ref int position, int count)
    {
        ulong value = 0;
        for (var i = 0; i < count && position + i < bytes.Length; i++)
            value |= (ulong)bytes[position + i] << (8 * i);
        position += count;
        return value;
    }
}
