using VfioFuzz.Linux.Machines;

namespace VfioFuzz.Linux;

/// <summary>How a real kernel is run.</summary>
public sealed record LinuxTargetOptions
{
    /// <summary>The prepared kernel: <c>6.1</c>, <c>6.12</c>, or the name of a tree.</summary>
    public required string Kernel { get; init; }

    /// <summary>The IOMMU in front of the pci devices.</summary>
    public EmulatedIommu Iommu { get; init; } = EmulatedIommu.Intel;

    /// <summary>A vfio_iommu_type1.ko to run in place of the kernel's own, or null.</summary>
    public string? Type1Module { get; init; }

    /// <summary>Virtual CPUs. One is best for sequential programs on a small host; races need two.</summary>
    public int Processors { get; init; } = 1;

    /// <summary>
    /// Guests side by side; null: as many as the host has processors for. All but the first are started when work waits.
    /// </summary>
    public int? Guests { get; init; }

    /// <summary>There will be work for all guests: they start together.</summary>
    public bool ForManyPrograms { get; init; }

    /// <summary>QEMU's accelerator: <c>tcg</c> works everywhere, <c>kvm</c> is faster where it works.</summary>
    public string Accelerator { get; init; } = "tcg";

    /// <summary>
    /// How long a task must sleep before its line counts as blocked; null: 30 ms where pins may wait for a vaddr, ten times as long where no line waits
    /// for user space, since a sleeper there is a finding and a busy host may just have left a kernel thread without its turn.
    /// </summary>
    public TimeSpan? SettleTime { get; init; }

    /// <summary>A <see cref="BatchSize"/> with which many programs run fast.</summary>
    public const int BatchSizeOfManyPrograms = 256;

    /// <summary>Programs between two checks that every pin was returned, at most.</summary>
    public int BatchSize { get; init; } = BatchSizeOfManyPrograms;

    /// <summary>A guest that shows no life for this long is replaced.</summary>
    public TimeSpan HangTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where everything that guests say on their consoles is appended, or null.</summary>
    public string? ConsoleLog { get; init; }

    /// <summary>As <see cref="KernelRequest.CacheFolder"/>.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>As <see cref="KernelRequest.GuestSource"/>.</summary>
    public string? GuestSource { get; init; }

    /// <summary>Ends a run, by an <see cref="OperationCanceledException"/> from the enumeration.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Told when a guest starts, is replaced, and why.</summary>
    public IProgress<string>? Progress { get; init; }
}
