using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// By how much locked_vm can underflow when uncharging goes to the mm that the mapper has after exec (bug-zoo BZ-01): by whole charges that
/// were taken before it, each mapping's and each pinned page's.
/// </summary>
internal static class Underflows
{
    /// <summary>Something was mapped before an exec: pins need a mapping too.</summary>
    public static bool CanHappen(Program program) => LastExec(program) is var exec
        && program.Lines.Take(exec + 1).Any(line => line.Operation.Kind == OperationKind.Map);

    public static bool IsAmount(SeenViolation seen) => seen.Deviation is { Pages: < 0 and var pages }
        && Amounts.IsSum((ulong)-pages, Charges(seen));

    private static IEnumerable<ulong> Charges(SeenViolation seen)
    {
        var exec = LastExec(seen.Program);
        for (var i = 0; i < exec; i++)
        {
            var operation = seen.Program.Lines[i].Operation;
            if (operation.Kind == OperationKind.Map && seen.HasSucceeded(i))
                yield return operation.Y / Limits.PageSize;
            else if (operation.Kind is OperationKind.Pin or OperationKind.SubmitPin && seen.HasSucceeded(i))
                for (var page = 0UL; page < Math.Min(operation.Pages, Limits.PinPagesMax); page++)
                    yield return 1;
        }
    }

    private static int LastExec(Program program)
    {
        for (var i = program.Lines.Length - 1; i >= 0; i--)
        {
            if (program.Lines[i].Operation.Kind == OperationKind.Exec)
                return i;
        }
        return -1;
    }
}
