using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// MAP, UNMAP and GET_INFO that wait for the iommu mutex while the container's last group is detached, and then work on an instance that has no
/// mappings any more and is about to be freed, or has been (UD-1).
/// </summary>
internal static class LateDetaches
{
    public static bool CanHappen(Program program) => program.Lines.Any(line => line.IsParallel
        && WorksOnInstance(line.Operation.Kind) && RacesDetach(program, line));

    /// <summary>Ioctls that the container passes to its iommu driver without a lock.</summary>
    private static bool WorksOnInstance(OperationKind kind) => kind is OperationKind.Map or OperationKind.Unmap or OperationKind.GetInfo
        or OperationKind.MapFile or OperationKind.ChangeMm or OperationKind.ChangeProcess;

    /// <summary>A container's file may be closed while its last group goes.</summary>
    public static bool CanCloseUnderway(Program program) => program.Lines.Any(line => line.IsParallel
        && line.Operation.Kind is OperationKind.Close or OperationKind.Exit or OperationKind.Kill or OperationKind.Exec
        && RacesDetach(program, line));

    /// <summary>
    /// It finds the instance empty where the container has none: 0 for EINVAL, nothing unmapped, and whatever freed memory says of an
    /// instance. Where the group went with an exec, a kill or an exit, the line would else not have run any more.
    /// </summary>
    public static bool IsAnswer(SeenViolation seen) =>
        seen.Deviation is { Line: >= 0, Observed: { IsOk: true } observed } deviation
        && deviation.Line < seen.Program.Lines.Length
        && (seen.Operation.Kind is OperationKind.GetInfo || seen.Operation.Kind is OperationKind.Map or OperationKind.Unmap && observed.Value == 0)
        && deviation.Allowed.All(allowed => allowed.Errno == Errno.EINVAL || allowed.Kind is AnswerKind.NotRun or AnswerKind.Killed)
        && seen.Program.Lines[deviation.Line] is { IsParallel: true } line && RacesDetach(seen.Program, line);

    private static bool RacesDetach(Program program, Line line) => program.Lines.Any(other =>
        other.Block == line.Block && other.Operation.Task != line.Operation.Task && MayDetach(other.Operation));

    /// <summary>A group is detached by asking for it, and by the release of its last reference.</summary>
    private static bool MayDetach(in Operation operation) => operation.Kind is OperationKind.Detach or OperationKind.Close
        or OperationKind.Exit or OperationKind.Kill or OperationKind.Exec;
}
