using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>The defects of real kernels that are known.</summary>
public static class KnownDefects
{
    /// <summary>
    /// The unmap path calls drivers back under the device-list lock and they take the iommu mutex; a second unmap, or a device being opened
    /// or closed, takes the two the other way round.
    /// </summary>
    public static KnownDefect LockInversion { get; } = new(
        "DL-23",
        "an unmap of a mapping with external pins deadlocks against a second one, or against open or close of an mdev of the container",
        new KernelVersion(6, 0),
        null,
        CanInvertLocks,
        [
            new DefectSign(RuleBook.Stuck.Name, "unmap"),
            new DefectSign(RuleBook.Stuck.Name, "vfio_iommu_type1"),
            new DefectSign(RuleBook.Stuck.Name, "close"),
            new DefectSign(RuleBook.ConsoleClean.Name, "possible circular locking"),
        ],
        "deadlocks 8.2 DL-23; corrections C23");

    /// <summary>Ends are computed as iova + size, which is 0 for a mapping of the last page: lookups never find it.</summary>
    public static KnownDefect LastPage { get; } = new(
        "BZ-16",
        "a mapping that ends at 2^64 is not found again: a duplicate succeeds, pins answer EINVAL, unmap finds nothing",
        new KernelVersion(5, 10),
        new KernelVersion(6, 17),
        program => program.Lines.Any(line => MapsLastPage(line.Operation)),
        [
            new DefectSign(RuleBook.AnswerAllowed.Name, "map: observed 0", "EEXIST"),
            new DefectSign(RuleBook.AnswerAllowed.Name, "map: observed ENOENT"),
            new DefectSign(RuleBook.AnswerAllowed.Name, "unmap: observed 0"),
            new DefectSign(RuleBook.AnswerAllowed.Name, "pin: observed EINVAL"),
            new DefectSign(RuleBook.AnswerAllowed.Name, "dma-rw: observed EINVAL"),
            new DefectSign(RuleBook.AnswerAllowed.Name, "dma: observed"),
            new DefectSign(RuleBook.LockedVm.Name),
            new DefectSign(RuleBook.PinBalance.Name, "leaked"),
        ],
        "bug-zoo BZ-16; notes/real-kernel, known defects 2");

    public static ImmutableArray<KnownDefect> All { get; } = [LockInversion, LastPage];

    /// <summary>The entry that explains a finding on a platform, or null: then it is news.</summary>
    public static KnownDefect? Explaining(FindingKey key, Program program, Platform platform) =>
        All.FirstOrDefault(defect => defect.AppliesTo(platform) && defect.Explains(key, program));

    /// <summary>The first entry of a platform that a program can reach, or null.</summary>
    public static KnownDefect? Reached(Program program, Platform platform) =>
        All.FirstOrDefault(defect => defect.AppliesTo(platform) && defect.CanReach(program));

    /// <summary>
    /// A parallel block with an unmap and one more call that takes the device-list lock or notifies, in a world with an mdev and after
    /// or beside a pin.
    /// </summary>
    private static bool CanInvertLocks(Program program)
    {
        if (!program.World.Has(DeviceKind.Mdev))
            return false;
        var pins = false;
        foreach (var line in program.Lines)
            pins |= line.Operation.Kind is OperationKind.Pin or OperationKind.SubmitPin;
        return pins && HasRacingUnmap(program);
    }

    private static bool HasRacingUnmap(Program program)
    {
        var lines = program.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].IsParallel || !Notifies(lines[i].Operation))
                continue;
            for (var other = 0; other < lines.Length; other++)
            {
                if (other != i && lines[other].Block == lines[i].Block && TakesDeviceList(lines[other].Operation))
                    return true;
            }
        }
        return false;
    }

    private static bool Notifies(in Operation operation) =>
        operation.Kind == OperationKind.Unmap && (operation.UnmapFlags & UnmapFlags.Vaddr) == 0;

    /// <summary>A second notifying unmap, or what opens or closes a device fd (closing a process does too).</summary>
    private static bool TakesDeviceList(in Operation operation) => Notifies(operation) || operation.Kind
        is OperationKind.GetDevice or OperationKind.Close or OperationKind.Exit or OperationKind.Kill or OperationKind.Exec
        or OperationKind.ReceiveFd or OperationKind.SendFd;

    private static bool MapsLastPage(in Operation operation) =>
        operation.Kind == OperationKind.Map
        && operation.Size.Value != 0
        && unchecked(operation.Iova.Value + operation.Size.Value) == 0
        && (operation.MapFlags & (MapFlags.Read | MapFlags.Write)) != 0;
}
