using System.Collections.Immutable;

namespace VfioFuzz.Programs;

/// <summary>
/// Programs with plainer operands: all of one value at once, so that what belonged together still does; then single
/// ones.
/// </summary>
internal static class OperandCandidates
{
    public static IEnumerable<Program> Of(Program program)
    {
        yield return SlotsInOrder(program);
        if (Lowest(program, OperandType.Iova) is > 0 and var iova)
            yield return Shifted(program, iova);
        var used = Used(program);
        foreach (var (type, value) in used)
            foreach (var instead in Instead(used, type, value))
                yield return Replaced(program, type, value, instead);
        for (var i = 0; i < program.Lines.Length; i++)
            foreach (var candidate in WithPlainerLine(program, i, used))
                yield return candidate;
    }

    /// <summary>
    /// Every operand of that type (or one that names the same things) with <paramref name="value"/> has <paramref
    /// name="instead"/>.
    /// </summary>
    public static Program Replaced(Program program, OperandType type, ulong value, ulong instead) =>
        Rewritten(program, (operand, old) => Simplicity.Namespace(operand.Type) == type && old == value ? instead : old);

    private static IEnumerable<Program> WithPlainerLine(
        Program program, int index, ImmutableArray<(OperandType Type, ulong Value)> used)
    {
        var line = program.Lines[index];
        foreach (var operand in OperationForm.Of(line.Operation.Kind).Operands)
        {
            var value = operand.Of(line.Operation);
            foreach (var instead in Instead(used, Simplicity.Namespace(operand.Type), value))
                yield return program.With(index, line with { Operation = operand.Put(line.Operation, instead) });
        }
    }

    /// <summary>Plain values, then other values that the program uses anyway.</summary>
    private static IEnumerable<ulong> Instead(ImmutableArray<(OperandType Type, ulong Value)> used, OperandType type, ulong value)
    {
        var lowestFree = 0UL;
        while (used.Contains((type, lowestFree)))
            lowestFree++;
        return Simplicity.Instead(type, value)
            .Append(lowestFree)
            .Concat(used.Where(other => other.Type == type).Select(other => other.Value))
            .Where(instead => instead != value)
            .Distinct();
    }

    private static ImmutableArray<(OperandType Type, ulong Value)> Used(Program program)
    {
        var used = new HashSet<(OperandType Type, ulong Value)>();
        foreach (var line in program.Lines)
            foreach (var operand in OperationForm.Of(line.Operation.Kind).Operands)
                used.Add((Simplicity.Namespace(operand.Type), operand.Of(line.Operation)));
        return [.. used.OrderBy(operand => operand.Type).ThenByDescending(operand => operand.Value)];
    }

    /// <summary>
    /// Slots from 0 up without gaps, in the same order: the order of fd numbers decides how a process dies (DL-02).
    /// </summary>
    private static Program SlotsInOrder(Program program)
    {
        var slots = Used(program).Where(operand => operand.Type == OperandType.Slot).Select(operand => operand.Value).Order().ToList();
        return Rewritten(
            program,
            (operand, value) => Simplicity.Namespace(operand.Type) == OperandType.Slot ? (ulong)slots.IndexOf(value) : value);
    }

    /// <summary>All iovas lower by the lowest, so that what lay beside or inside each other still does.</summary>
    private static Program Shifted(Program program, ulong distance) =>
        Rewritten(program, (operand, value) => operand.Type == OperandType.Iova ? value - distance : value);

    private static ulong Lowest(Program program, OperandType type)
    {
        var lowest = ulong.MaxValue;
        foreach (var (usedType, value) in Used(program))
            lowest = usedType == type ? Math.Min(lowest, value) : lowest;
        return lowest == ulong.MaxValue ? 0 : lowest;
    }

    private static Program Rewritten(Program program, Func<Operand, ulong, ulong> rewrite)
    {
        var lines = program.Lines.ToBuilder();
        for (var i = 0; i < lines.Count; i++)
        {
            var operation = lines[i].Operation;
            foreach (var operand in OperationForm.Of(operation.Kind).Operands)
                operation = operand.Put(operation, rewrite(operand, operand.Of(operation)));
            lines[i] = lines[i] with { Operation = operation };
        }
        return new Program(program.World, lines.ToImmutable());
    }
}
