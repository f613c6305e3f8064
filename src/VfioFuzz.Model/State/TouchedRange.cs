using System.Numerics;
using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>
/// How the iovas that an operation names lie to the mappings: without addresses, so that a range from one mapping into the next is the same thing
/// wherever the two are.
/// </summary>
internal static class TouchedRange
{
    private const uint Inside = 1;
    private const uint AtStart = 2;
    private const uint Invalid = 4;
    private const uint Pinned = 8;
    private const uint ReadOnly = 16;
    private const uint Translated = 32;
    private const uint Foreign = 64;

    /// <summary>0 when the operation names no iovas.</summary>
    public static uint Of(in ModelState state, in Operation operation)
    {
        var bytes = operation.Kind switch
        {
            OperationKind.Map or OperationKind.Unmap or OperationKind.DmaRw or OperationKind.SubmitDmaRw or OperationKind.MapFile => operation.Y,
            OperationKind.Pin or OperationKind.Unpin or OperationKind.SubmitPin or OperationKind.SubmitUnpin =>
                Math.Min(operation.Y, Limits.PinPagesMax) * Limits.PageSize,
            OperationKind.Dma => 1UL,
            _ => 0UL,
        };
        if (bytes == 0)
            return 0;
        var (first, last) = (operation.X, operation.X + bytes - 1);
        var (head, tail) = (0u, 0u);
        for (var used = state.MappingsUsed; used != 0; used &= used - 1)
        {
            ref readonly var mapping = ref state.Mappings[BitOperations.TrailingZeroCount(used)];
            if (first - mapping.Iova < mapping.Size)
                head = Seen(in mapping, operation.Task.Process) | (first == mapping.Iova ? AtStart : 0);
            if (last - mapping.Iova < mapping.Size)
                tail = Seen(in mapping, operation.Task.Process) | (first - mapping.Iova >= mapping.Size ? AtStart : 0);
        }
        return 1u << 31 | head | tail << 8 | (operation.Flags & 7) << 16 | (last < first ? 1u : 0) << 19;
    }

    /// <summary>In the tail's half, <see cref="AtStart"/> says that it is another mapping than the head's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Seen(in Mapping mapping, int process) =>
        Inside | (mapping.VaddrInvalid ? Invalid : 0) | (mapping.PinCount > 0 ? Pinned : 0) | (mapping.Access == Access.Read ? ReadOnly : 0)
        | (mapping.IommuMapped ? Translated : 0) | (mapping.Process != process ? Foreign : 0);
}
