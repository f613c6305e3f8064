using System.Numerics;

namespace VfioFuzz.Programs;

/// <summary>Which values of an operand are plainer than others, and which to try instead of one.</summary>
internal static class Simplicity
{
    private const ulong Page = Limits.PageSize;

    /// <summary>Types whose values name the same things count as one.</summary>
    public static OperandType Namespace(OperandType type) => type switch
    {
        OperandType.NewSlot => OperandType.Slot,
        OperandType.Worker => OperandType.Device,
        _ => type,
    };

    /// <summary>How far <paramref name="value"/> is from the plainest value of its type, which has rank 0.</summary>
    public static UInt128 Rank(OperandType type, ulong value) => type switch
    {
        OperandType.Vaddr when value is >= Limits.WindowBase and < Limits.WindowEnd => value - Limits.WindowBase,
        OperandType.Vaddr => (UInt128)value + Limits.WindowEnd,
        OperandType.Iova or OperandType.FileOffset => value % Page == 0 ? value : (UInt128)value + Page,
        OperandType.Extension => value == Extension.Type1V2 ? 0 : (UInt128)value + 1,
        OperandType.ArgumentSize => value == 0x1000 ? 0 : (UInt128)value + 1,
        OperandType.Command => value == IoctlCommand.Enable ? 0 : (UInt128)value + 1,
        OperandType.Limit => value == ulong.MaxValue ? 0 : (UInt128)value + 1,
        OperandType.Size => value == Page ? 0 : value % Page == 0 ? (UInt128)value + 1 : (UInt128)value + Page,
        OperandType.PageCount => value == 1 ? 0 : (UInt128)value + 1,
        OperandType.MapFlags => value == 3 ? 0 : 1 + value + ((UInt128)BitOperations.PopCount(value) << 32),
        OperandType.UnmapFlags or OperandType.DirtyFlags => value + ((UInt128)BitOperations.PopCount(value) << 32),
        OperandType.Access => 3 - value,
        OperandType.Capability or OperandType.Binding or OperandType.Switch => 1 - value,
        _ => value,
    };

    /// <summary>
    /// Values to try instead, the boldest first; those that are not plainer are left to the caller to refuse.
    /// </summary>
    public static IEnumerable<ulong> Instead(OperandType type, ulong value)
    {
        switch (type)
        {
            case OperandType.Iova or OperandType.FileOffset:
                return [0, value / Page / 2 * Page, value / Page * Page, value - Page];
            case OperandType.Size:
                return [Page, 2 * Page, value / Page / 2 * Page, value / Page * Page, value - Page];
            case OperandType.Vaddr:
                var offset = value - Limits.WindowBase;
                return [Limits.WindowBase, value / Page * Page, Limits.WindowBase + offset / Page / 2 * Page, value - Page, 0, value / 2];
            case OperandType.PageCount:
                return [1, 2, value / 2, value - 1];
            case OperandType.Limit:
                return [ulong.MaxValue, 0, 1, value / 2, value - 1];
            case OperandType.Extension:
                return [Extension.Type1V2, Extension.Type1, value / 2];
            case OperandType.Command:
                return [IoctlCommand.Enable, value & 0xffff];
            case OperandType.Argument or OperandType.ArgumentPlace:
                return [0, value & UserArgument.PlaceMask, value & ~UserArgument.PlaceMask, value - (1UL << 32), value / (1UL << 33) << 32 | value & 0xff];
            case OperandType.Bitmap:
                return [0, value & ~7UL, value & ~0x38UL, value & ~0xc0UL];
            case OperandType.BitmapPageSize:
                return [0, value & (0 - value)];
            case OperandType.ArgumentSize:
                return [0x1000, 0, value / 2, value - 1];
            case OperandType.MapFlags:
                return [3, 4, 1, 2, .. WithoutOneBit(value)];
            case OperandType.UnmapFlags or OperandType.DirtyFlags:
                return [0, .. WithoutOneBit(value)];
            case OperandType.Access:
                return [3, 1, 2];
            case OperandType.Capability or OperandType.Binding or OperandType.Switch or OperandType.Direction:
                return [1];
            default:
                return [0, value / 2, value - 1];
        }
    }

    private static IEnumerable<ulong> WithoutOneBit(ulong value)
    {
        for (var bits = value; bits != 0; bits &= bits - 1)
            yield return value & ~(bits & (0 - bits));
    }
}
