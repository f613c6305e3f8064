using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Smaller programs that lie two steps away, for a minimizer that no single step helps any more: two lines that only go together (an fd
/// that is made and closed), or a line that can go once two slots have changed places (deadlocks DL-02: the order of fds decides).
/// </summary>
internal static class Detours
{
    public static IEnumerable<Program> From(Program program) => WithoutPairs(program).Concat(WithSlotsSwapped(program));

    private static IEnumerable<Program> WithoutPairs(Program program)
    {
        for (var last = program.Lines.Length - 1; last > 0; last--)
            for (var first = last - 1; first >= 0; first--)
                yield return program.Without(last).Without(first).Canonical();
    }

    private static IEnumerable<Program> WithSlotsSwapped(Program program)
    {
        var slots = Slots(program);
        for (var one = 0; one < slots.Length; one++)
        {
            for (var other = one + 1; other < slots.Length; other++)
            {
                var swapped = Swapped(program, slots[one], slots[other]);
                for (var line = swapped.Lines.Length - 1; line >= 0; line--)
                    yield return swapped.Without(line).Canonical();
            }
        }
    }

    private static ImmutableArray<ulong> Slots(Program program) =>
        [.. program.Lines
            .SelectMany(line => OperationForm.Of(line.Operation.Kind).Operands
                .Where(IsSlot)
                .Select(operand => operand.Of(line.Operation)))
            .Distinct()
            .Order()];

    private static Program Swapped(Program program, ulong one, ulong other)
    {
        var lines = program.Lines.ToBuilder();
        for (var i = 0; i < lines.Count; i++)
        {
            var operation = lines[i].Operation;
            foreach (var operand in OperationForm.Of(operation.Kind).Operands)
            {
                if (!IsSlot(operand))
                    continue;
                var slot = operand.Of(operation);
                operation = operand.Put(operation, slot == one ? other : slot == other ? one : slot);
            }
            lines[i] = lines[i] with { Operation = operation };
        }
        return new Program(program.World, lines.MoveToImmutable());
    }

    private static bool IsSlot(Operand operand) => operand.Type is OperandType.Slot or OperandType.NewSlot;
}
