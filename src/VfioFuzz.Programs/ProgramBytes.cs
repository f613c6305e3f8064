using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VfioFuzz.Programs;

/// <summary>
/// Programs as bytes for fuzzers that mutate bytes: one byte for the devices, then for each line a byte for the kind, a
/// byte for thread, par and small flags, and one byte for most operands. Valid for one <see cref="Grammar"/>.
/// </summary>
public static class ProgramBytes
{
    private const int ParallelBit = 0x08;
    private const int NewBlockBit = 0x10;
    private const int SmallShift = 5;
    private const ulong SmallMax = 7;

    /// <summary>
    /// Most bytes that <see cref="Encode"/> makes: world with four driver shapes, then lines of four raw quantities.
    /// </summary>
    public const int LengthMax = 1 + Limits.DevicesMax * 3 + Limits.LinesMax * (2 + 4 + 2 + 5 + 1 + 4 * 9);

    /// <summary>
    /// Forms in the order of their codes; behind them once more those whose flags may hold bits that the small field
    /// does not, or whose memory may be handed over otherwise than it should: these codes are followed by the flags in full, and the latter
    /// operands by bytes of their own.
    /// </summary>
    private static readonly OperationForm[] Codes = [.. OperationForm.All, .. OperationForm.All.Where(form => form.Operands.Any(IsRaw))];

    /// <summary>
    /// The program that <paramref name="bytes"/> mean; every byte string means one, in canonical form.
    /// </summary>
    public static Program Decode(ReadOnlySpan<byte> bytes)
    {
        var position = 0;
        var world = WorldBytes.Read(bytes, ref position);
        Span<Line> lines = stackalloc Line[Limits.LinesMax];
        var count = 0;
        byte block = 0;
        while (position < bytes.Length && count < lines.Length)
        {
            var operation = ReadOperation(bytes, ref position, out var how);
            if ((how & ParallelBit) == 0)
                lines[count++] = new Line(operation);
            else
            {
                var joins = count > 0 && lines[count - 1].IsParallel && (how & NewBlockBit) == 0;
                block += joins ? (byte)0 : (byte)1;
                lines[count++] = new Line(operation, block);
            }
        }
        Program.NumberBlocks(lines[..count]);
        return new Program(world, ImmutableCollectionsMarshal.AsImmutableArray(lines[..count].ToArray()));
    }

    /// <summary>
    /// Bytes of <paramref name="program"/>'s canonical form; <see cref="Decode"/> gives that form back.
    /// </summary>
    public static byte[] Encode(Program program)
    {
        var canonical = program.Canonical();
        var bytes = new byte[LengthMax];
        var length = WorldBytes.Write(bytes, canonical.World);
        byte block = 0;
        foreach (var line in canonical.Lines)
        {
            var how = line.Operation.Task.Value
                | (line.IsParallel ? ParallelBit : 0)
                | (line.IsParallel && line.Block != block ? NewBlockBit : 0);
            block = line.Block;
            length += WriteOperation(bytes.AsSpan(length), line.Operation, how);
        }
        return bytes[..length];
    }

    private static Operation ReadOperation(ReadOnlySpan<byte> bytes, ref int position, out int how)
    {
        var code = bytes[position++] % Codes.Length;
        how = position < bytes.Length ? bytes[position] : 0;
        position++;
        var form = Codes[code];
        var raw = code >= OperationForm.All.Length;
        Span<ulong> places = stackalloc ulong[8];
        places.Clear();
        if (raw)
            places[(int)OperandPlace.Flags] = (uint)Codebook.ReadFixed(bytes, ref position, sizeof(uint));
        var nibbles = new Nibbles(-1);
        foreach (var operand in form.Operands.AsSpan())
        {
            ref var place = ref places[(int)operand.Place];
            if (operand.IsHandedOver)
                place = raw ? operand.Canonical(HandedOverBytes.Read(operand.Type, bytes, ref position)) : 0;
            else if (Codebook.Of(operand.Type) is { } codebook)
                place = operand.Canonical(codebook.Read(bytes, ref position));
            else if (!IsSmall(operand.Type))
                place = operand.Canonical(nibbles.Read(bytes, ref position));
            else if (!raw)
                place = operand.Canonical((ulong)how >> SmallShift);
        }
        var operation = new Operation(
            form.Kind, new TaskId((byte)(how % Limits.UserTasksMax)), (byte)places[0], (byte)places[1], (uint)places[5],
            places[2], places[3], places[4], places[6], places[7]);
        return raw ? operation.Canonical : operation;
    }

    private static int WriteOperation(Span<byte> bytes, in Operation operation, int how)
    {
        var form = OperationForm.Of(operation.Kind);
        var raw = operation.Flags > SmallMax;
        foreach (var operand in form.Operands)
            raw |= operand.IsHandedOver && operand.Of(operation) != 0;
        bytes[0] = (byte)(raw ? Array.LastIndexOf(Codes, form) : Array.IndexOf(Codes, form));
        var length = 2;
        if (raw)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[length..], operation.Flags);
            length += sizeof(uint);
        }
        var nibbles = new Nibbles(-1);
        foreach (var operand in form.Operands)
        {
            var value = operand.Of(operation);
            if (operand.IsHandedOver)
                length += raw ? HandedOverBytes.Write(operand.Type, bytes[length..], value) : 0;
            else if (Codebook.Of(operand.Type) is { } codebook)
                length += codebook.Write(bytes[length..], value);
            else if (!IsSmall(operand.Type))
                nibbles.Write(bytes, ref length, value);
            else if (!raw)
                how |= (int)value << SmallShift;
        }
        bytes[1] = (byte)how;
        return length;
    }

    private static bool IsRaw(Operand operand) => OperandText.HasRawFlags(operand.Type) || operand.IsHandedOver;

    /// <summary>Whether the operand has the three bits beside the thread; no kind has two of these.</summary>
    private static bool IsSmall(OperandType type) =>
        type is OperandType.MapFlags or OperandType.UnmapFlags or OperandType.DirtyFlags or OperandType.Access or OperandType.Direction
            or OperandType.MemoryKind or OperandType.Capability or OperandType.Binding or OperandType.Switch or OperandType.CloseOnExec;

    /// <summary>Two names (slots, devices, pages) a byte, the lower half first.</summary>
    /// <param name="At">Where the byte lies whose upper half is free, or -1.</param>
    private record struct Nibbles(int At)
    {
        public ulong Read(ReadOnlySpan<byte> bytes, ref int position)
        {
            var half = At >= 0 ? 4 : 0;
            var at = At >= 0 ? At : position++;
            At = At >= 0 ? -1 : at;
            return at < bytes.Length ? (ulong)(bytes[at] >> half) & 15 : 0;
        }

        public void Write(Span<byte> bytes, ref int length, ulong value)
        {
            if (At >= 0)
            {
                bytes[At] |= (byte)(value << 4);
                At = -1;
                return;
            }
            At = length++;
            bytes[At] = (byte)value;
        }
    }
}
