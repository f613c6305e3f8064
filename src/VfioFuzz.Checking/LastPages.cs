using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// What exactly goes wrong with a mapping that ends at 2^64, where ends are computed as iova + size and so are 0 (bug-zoo BZ-16): it is not found
/// by any lookup and by no walk, and everything else is as it should be.
/// </summary>
internal static class LastPages
{
    public static bool CanHappen(Program program) => program.Lines.Any(line =>
        line.Operation.Kind == OperationKind.Map && EndsAtTop(line.Operation)
        && (line.Operation.MapFlags & (MapFlags.Read | MapFlags.Write | MapFlags.Vaddr)) != 0);

    /// <summary>An answer that differs because a mapping at the top is there and is not found.</summary>
    public static bool IsAnswer(SeenViolation seen)
    {
        if (seen.Deviation is not { } deviation)
            return false;
        return seen.Operation.Kind switch
        {
            OperationKind.Map => IsMap(seen, deviation),
            OperationKind.Unmap => IsUnmap(seen, deviation),
            OperationKind.Pin or OperationKind.SubmitPin =>
                IsNotFound(seen, deviation, seen.Operation.X, Math.Min(seen.Operation.Pages, Limits.PinPagesMax) * Limits.PageSize),
            OperationKind.DmaRw or OperationKind.SubmitDmaRw =>
                IsNotFound(seen, deviation, seen.Operation.X, seen.Operation.Size.Value),
            OperationKind.ReadPage or OperationKind.Dma => IsUnwritten(seen, deviation),
            OperationKind.Attach => Lost(seen, deviation.Line).Any() && IsReplay(deviation),
            _ => false,
        };
    }

    /// <summary>A charge, or pins, that stay: all pages of some of those mappings.</summary>
    public static bool IsAmount(SeenViolation seen) => seen.Deviation is { Pages: > 0 and var pages }
        && Amounts.IsSum((ulong)pages, Lost(seen, seen.Program.Lines.Length).Select(lost => lost.Y / Limits.PageSize));

    /// <summary>
    /// It is overlapped, as far as later checks let it, and no vaddr of it is found to be invalid; nor does a lookup whose own range ends at the top find
    /// anything.
    /// </summary>
    private static bool IsMap(SeenViolation seen, Deviation deviation)
    {
        var map = seen.Operation;
        var isLost = Lost(seen, deviation.Line).Any(lost => Overlaps(lost, map.X, map.Y))
            && !Found(seen, deviation.Line).Any(found => Overlaps(found, map.X, map.Y));
        if (!isLost && !EndsAtTop(map))
            return false;
        return (map.MapFlags & MapFlags.Vaddr) != 0
            ? IsErrno(deviation.Observed, Errno.ENOENT)
            : !IsErrno(deviation.Observed, Errno.EEXIST) && deviation.Allowed.All(allowed => IsErrno(allowed, Errno.EEXIST));
    }

    /// <summary>
    /// It is not unmapped, so that its bytes are missing; nor does it forbid to cut it. The lookup of a range's first mapping turns right at it,
    /// so what lies to its left in the tree is not found at all (read in vfio_find_dma_first_node).
    /// </summary>
    private static bool IsUnmap(SeenViolation seen, Deviation deviation)
    {
        if (!deviation.Observed.IsOk)
            return false;
        if (deviation.Observed.Value == 0 && Lost(seen, deviation.Line).Any() && deviation.Allowed.All(allowed => FindsSome(seen.Operation, allowed)))
            return true;
        var unmap = seen.Operation;
        var isAll = (unmap.UnmapFlags & UnmapFlags.All) != 0;
        var hit = Lost(seen, deviation.Line).Where(lost => isAll || Overlaps(lost, unmap.X, unmap.Y)).ToArray();
        return deviation.Allowed.Any(allowed => allowed.IsOk
            ? allowed.Value > deviation.Observed.Value
                && Amounts.IsSum(allowed.Value - deviation.Observed.Value, hit.Select(lost => lost.Y))
            : hit.Length > 0 && IsErrno(allowed, Errno.EINVAL));
    }

    /// <summary>An answer that an UNMAP has for mappings that it comes to.</summary>
    private static bool FindsSome(in Operation unmap, Answer allowed) => allowed.IsOk
        ? allowed.Value != 0
        : (unmap.UnmapFlags & UnmapFlags.Vaddr) != 0 && IsErrno(allowed, Errno.EINVAL);

    private static bool IsNotFound(SeenViolation seen, Deviation deviation, ulong iova, ulong bytes) =>
        IsErrno(deviation.Observed, Errno.EINVAL)
        && deviation.Allowed.All(allowed => !IsErrno(allowed, Errno.EINVAL))
        && Lost(seen, deviation.Line).Any(lost => Overlaps(lost, iova / Limits.PageSize * Limits.PageSize, bytes + iova % Limits.PageSize));

    /// <summary>A write that begins in it writes nothing before it fails: memory shows an older tag than that write's.</summary>
    private static bool IsUnwritten(SeenViolation seen, Deviation deviation) =>
        deviation.Observed.IsOk && !deviation.Allowed.IsEmpty && deviation.Allowed.All(allowed => allowed.IsOk && IsLostWrite(seen, allowed.Value));

    private static bool IsLostWrite(SeenViolation seen, ulong tag)
    {
        var line = (int)tag - 1;
        if (line < 0 || line >= seen.Program.Lines.Length)
            return false;
        var write = seen.Program.Lines[line].Operation;
        return write.Kind is OperationKind.DmaRw or OperationKind.SubmitDmaRw && (write.Access & Access.Write) != 0
            && Lost(seen, line).Any(lost => Overlaps(lost, write.X, write.Y));
    }

    /// <summary>The replay of an attach maps none of its pages, and so meets none of their faults.</summary>
    private static bool IsReplay(Deviation deviation) =>
        deviation.Observed.IsOk && deviation.Allowed.All(allowed => IsErrno(allowed, Errno.EFAULT));

    private static IEnumerable<Operation> Lost(SeenViolation seen, int before) => Mapped(seen, before).Where(map => EndsAtTop(map));

    private static IEnumerable<Operation> Found(SeenViolation seen, int before) =>
        Mapped(seen, before).Where(map => !EndsAtTop(map));

    /// <summary>MAP lines that succeeded before a line (or beside it) and that no later UNMAP of them is known to have taken away.</summary>
    private static IEnumerable<Operation> Mapped(SeenViolation seen, int before)
    {
        var lines = seen.Program.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            var map = lines[i].Operation;
            var isBefore = i < before || before < 0 || lines[i].IsParallel && lines[i].Block == lines[before].Block && i != before;
            if (isBefore && map.Kind == OperationKind.Map && (map.MapFlags & MapFlags.Vaddr) == 0 && seen.HasSucceeded(i)
                && (EndsAtTop(map) || !IsGone(seen, map, i, before)))
                yield return map;
        }
    }

    private static bool IsGone(SeenViolation seen, in Operation map, int from, int before)
    {
        for (var i = from + 1; i < seen.Program.Lines.Length && (before < 0 || i < before); i++)
        {
            var unmap = seen.Program.Lines[i].Operation;
            var takes = unmap.Kind is OperationKind.Detach or OperationKind.Close
                || unmap.Kind == OperationKind.Unmap && (unmap.UnmapFlags & UnmapFlags.Vaddr) == 0
                && ((unmap.UnmapFlags & UnmapFlags.All) != 0 || Overlaps(map, unmap.X, unmap.Y));
            if (takes && seen.HasSucceeded(i))
                return true;
        }
        return false;
    }

    private static bool EndsAtTop(in Operation map) => map.Y != 0 && unchecked(map.X + map.Y) == 0;

    private static bool Overlaps(in Operation map, ulong iova, ulong bytes) =>
        bytes != 0 && map.Y != 0 && (unchecked(iova - map.X) < map.Y || unchecked(map.X - iova) < bytes);

    private static bool IsErrno(Answer answer, Errno errno) => answer.Kind == AnswerKind.Returned && answer.Errno == errno;
}
