namespace VfioFuzz.Programs;

/// <summary>
/// How much there is to read in a program: compared field by field in their order. Minimizing only ever goes to a
/// smaller size, so it ends.
/// </summary>
/// <param name="Lines">Lines.</param>
/// <param name="Threads">Threads that lines name.</param>
/// <param name="DistinctOperands">Different operands, where slots, pages, iovas and so on are counted apart.</param>
/// <param name="ContextSwitches">Neighbouring lines by different threads.</param>
/// <param name="ParallelLines">Lines in <c>par</c> blocks.</param>
/// <param name="WorldParts">Devices, and parts of drivers' shapes that are not the plain ones.</param>
/// <param name="Magnitude">Sum over all operands of how far each is from the plainest of its type.</param>
public readonly record struct ProgramSize(
    int Lines, int Threads, int DistinctOperands, int ContextSwitches, int ParallelLines, int WorldParts, UInt128 Magnitude)
    : IComparable<ProgramSize>
{
    /// <summary>Most operands of a kind.</summary>
    private static readonly int OperandsMax = OperationForm.All.Max(form => form.Operands.Length);

    public static ProgramSize Of(Program program)
    {
        var tasks = 0;
        var switches = 0;
        var parallel = 0;
        UInt128 magnitude = 0;
        Span<(OperandType Type, ulong Value)> operands = stackalloc (OperandType, ulong)[Limits.LinesMax * OperandsMax];
        var count = 0;
        for (var i = 0; i < program.Lines.Length; i++)
        {
            var operation = program.Lines[i].Operation;
            tasks |= 1 << operation.Task.Value;
            switches += i > 0 && program.Lines[i - 1].Operation.Task != operation.Task ? 1 : 0;
            parallel += program.Lines[i].IsParallel ? 1 : 0;
            magnitude += operation.Task.Value;
            foreach (var operand in OperationForm.Of(operation.Kind).Operands)
            {
                var value = operand.Of(operation);
                magnitude += Simplicity.Rank(operand.Type, value);
                operands[count++] = (Simplicity.Namespace(operand.Type), value);
            }
        }
        return new ProgramSize(
            program.Lines.Length, int.PopCount(tasks), Distinct(operands[..count]), switches, parallel,
            Parts(program.World), magnitude + Places(program.World));
    }

    public int CompareTo(ProgramSize other)
    {
        ReadOnlySpan<int> ours = [Lines, Threads, DistinctOperands, ContextSwitches, ParallelLines, WorldParts];
        ReadOnlySpan<int> theirs =
        [
            other.Lines, other.Threads, other.DistinctOperands, other.ContextSwitches, other.ParallelLines, other.WorldParts,
        ];
        var compared = ours.SequenceCompareTo(theirs);
        return compared != 0 ? compared : Magnitude.CompareTo(other.Magnitude);
    }

    public static bool operator <(ProgramSize left, ProgramSize right) => left.CompareTo(right) < 0;

    public static bool operator >(ProgramSize left, ProgramSize right) => left.CompareTo(right) > 0;

    public static bool operator <=(ProgramSize left, ProgramSize right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ProgramSize left, ProgramSize right) => left.CompareTo(right) >= 0;

    private static int Distinct(Span<(OperandType Type, ulong Value)> operands)
    {
        operands.Sort(static (one, other) =>
            one.Type != other.Type ? one.Type.CompareTo(other.Type) : one.Value.CompareTo(other.Value));
        var distinct = 0;
        for (var i = 0; i < operands.Length; i++)
            distinct += i == 0 || operands[i] != operands[i - 1] ? 1 : 0;
        return distinct;
    }

    private static int Parts(World world)
    {
        var parts = 0;
        for (var number = 0; number < Limits.DevicesMax; number++)
        {
            var device = world.Device(number);
            parts += device.Kind == DeviceKind.Absent ? 0 : 1;
            parts += device.By == default ? 0 : 1;
            parts += device.Lock == default ? 0 : 1;
            parts += device.Callback == default ? 0 : 1;
            parts += device.OnFault == default ? 0 : 1;
            parts += device.HasSibling ? 1 : 0;
        }
        return parts;
    }

    private static UInt128 Places(World world)
    {
        UInt128 places = 0;
        for (var number = 0; number < Limits.DevicesMax; number++)
        {
            var device = world.Device(number);
            places += device.Kind == DeviceKind.Absent ? 0u : (uint)number;
            places += (uint)device.By + (uint)device.Lock + (uint)device.Callback + device.RefuseCount + device.RetryCount;
        }
        return places;
    }
}
