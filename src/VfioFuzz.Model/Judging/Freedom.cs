using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Judging;

/// <summary>Where the contract leaves a choice open although nothing runs beside the line.</summary>
internal static class Freedom
{
    /// <summary>
    /// Whether the line can have one outcome only. Open are: which refusal a message meets first, limits at a replay
    /// (corrections C7), which mapping an iova that is no page's meets (bug-zoo L11), and the order of a walk that follows the tree.
    /// </summary>
    public static bool IsFixed(Dialect dialect, in Operation operation, in ModelState state) => !state.HasUnalignedPin && operation.Kind switch
    {
        OperationKind.SendFd => false,
        // A bitmap of many megabytes may be more than the machine has (DirtyPages.Allocate).
        OperationKind.DirtyPages => false,
        OperationKind.Map => operation.Y < 1UL << 37,
        OperationKind.Attach => state.MappingsUsed == 0,
        OperationKind.Unmap => !dialect.UnmapFollowsTheTree,
        OperationKind.Pin or OperationKind.SubmitPin => operation.X % Limits.PageSize == 0,
        _ => true,
    };
}
