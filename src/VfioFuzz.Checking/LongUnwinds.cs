using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>Attaches that fail in replay and then look up every page of a huge mapping with the iommu mutex held (RU-1).</summary>
internal static class LongUnwinds
{
    /// <summary>A mapping of a GiB or more can be in a container without an iommu group only, and is replayed when one comes.</summary>
    private const ulong LongEnough = 1UL << 30;

    /// <summary>Where the walk is, at any moment (read in vfio_iommu_replay, inlined into the attach, and in the lookups of two iommus).</summary>
    public static ImmutableArray<string> Functions { get; } =
    [
        "vfio_iommu_type1_attach_group", "vfio_iommu_replay", "iommu_iova_to_phys", "intel_iommu_iova_to_phys", "pfn_to_dma_pte",
        "viommu_iova_to_phys",
    ];

    public static bool CanHappen(Program program) => program.World.Has(DeviceKind.Mdev) && program.World.Has(DeviceKind.Pci)
        && program.Lines.Any(line => IsLong(line.Operation)) && program.Lines.Any(line => Replays(line.Operation.Kind));

    /// <summary>The guest was lost and said nothing: in such an attach, or in what was given to its thread together with it.</summary>
    public static bool IsHang(SeenViolation seen) =>
        seen.Key.Place is "tear-down" or "attach" or "set-iommu" && Unwinds(seen, alsoFailed: false);

    /// <summary>A guest that goes on when the watchdog has spoken has the attach's errno in the end.</summary>
    public static bool IsLockup(SeenViolation seen) => Unwinds(seen, alsoFailed: true);

    /// <summary>An attach behind such a mapping is among the lines that have not answered, or that have failed.</summary>
    private static bool Unwinds(SeenViolation seen, bool alsoFailed)
    {
        var lines = seen.Program.Lines;
        var isMapped = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var hasAnswered = i < seen.Answers.Length && seen.Answers[i].Kind != AnswerKind.None;
            isMapped |= IsLong(lines[i].Operation) && (!hasAnswered || seen.HasSucceeded(i));
            if (isMapped && Replays(lines[i].Operation.Kind)
                && (!hasAnswered || alsoFailed && seen.Answers[i].Errno is Errno.EFAULT or Errno.ENOMEM))
                return true;
        }
        return false;
    }

    private static bool IsLong(in Operation map) => map.Kind == OperationKind.Map && map.Size.Value >= LongEnough;

    private static bool Replays(OperationKind kind) => kind is OperationKind.Attach or OperationKind.SetIommu;
}
