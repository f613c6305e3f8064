using System.Buffers.Binary;

namespace VfioFuzz.Programs;

/// <summary>How memory is handed over, in bytes: of a line that hands it over otherwise than it should, only.</summary>
internal static class HandedOverBytes
{
    private const int SizeMask = 0x1f;

    /// <summary>Behind it follows the argsz in full.</summary>
    private const int RawSize = SizeMask;

    public static ulong Read(OperandType type, ReadOnlySpan<byte> bytes, ref int position) => type switch
    {
        OperandType.Argument => ReadArgument(bytes, ref position),
        OperandType.BitmapPageSize => Codebook.Of(type)!.Read(bytes, ref position) ^ Limits.PageSize,
        OperandType.BitmapBytes => Codebook.Of(type)!.Read(bytes, ref position),
        _ => Codebook.ReadFixed(bytes, ref position, 1),
    };

    /// <summary>Writes <paramref name="value"/>; returns how many bytes.</summary>
    public static int Write(OperandType type, Span<byte> bytes, ulong value)
    {
        switch (type)
        {
            case OperandType.Argument:
                return WriteArgument(bytes, new UserArgument(value));
            case OperandType.BitmapPageSize:
                return Codebook.Of(type)!.Write(bytes, value ^ Limits.PageSize);
            case OperandType.BitmapBytes:
                return Codebook.Of(type)!.Write(bytes, value);
            default:
                bytes[0] = (byte)value;
                return 1;
        }
    }

    /// <summary>The place in the upper three bits of a byte, below them none, one of the table's sizes + 1, or that any size follows.</summary>
    private static ulong ReadArgument(ReadOnlySpan<byte> bytes, ref int position)
    {
        var first = (int)Codebook.ReadFixed(bytes, ref position, 1);
        var place = (ArgumentPlace)(first >> 5);
        var size = first & SizeMask;
        return (size switch
        {
            RawSize => UserArgument.At(place, (uint)Codebook.ReadFixed(bytes, ref position, sizeof(uint))),
            > 0 when size <= UserArgument.Sizes.Length => UserArgument.At(place, UserArgument.Sizes[size - 1]),
            _ => UserArgument.At(place),
        }).Code;
    }

    private static int WriteArgument(Span<byte> bytes, UserArgument argument)
    {
        var place = (int)argument.Place << 5;
        if (argument.Size is not { } size)
        {
            bytes[0] = (byte)place;
            return 1;
        }
        var index = UserArgument.Sizes.IndexOf(size);
        bytes[0] = (byte)(place | (index < 0 ? RawSize : index + 1));
        if (index >= 0)
            return 1;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[1..], size);
        return 1 + sizeof(uint);
    }
}
