using System.Collections.Immutable;
using VfioFuzz.Campaigns;
using VfioFuzz.Linux;
using VfioFuzz.Linux.Machines;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Cli;

/// <summary>What the command line says about a target beyond its name.</summary>
/// <param name="Type1">A vfio_iommu_type1.ko to run in place of the kernel's own, or null.</param>
/// <param name="Threads">Threads a process: races on a real kernel need a second CPU.</param>
/// <param name="Quiet">Whether starts and replacements of guests are told.</param>
/// <param name="Stop">Ends waiting for a guest.</param>
internal sealed record TargetWishes(FileInfo? Type1, int Threads, bool Quiet, CancellationToken Stop)
{
    /// <summary>Guests side by side; null: as many as fit the machine.</summary>
    public int? Guests { get; init; }

    /// <summary>Programs that a guest is given at a time, at most; null: as many as are fast.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Whether there is work for all guests from the start.</summary>
    public bool ManyPrograms { get; init; }
}

/// <summary>Targets by name.</summary>
internal static class Targets
{
    private const string SimulatedPrefix = "sim/";

    /// <summary>Kernel series that <c>kernel prepare</c> knows without more being said.</summary>
    private static readonly ImmutableArray<string> Series = ["6.1", "6.12"];

    /// <summary>Names of all simulated designs, as targets.</summary>
    public static IEnumerable<string> Designs() => SimulatedTarget.Designs.Select(design => SimulatedPrefix + design);

    /// <summary>
    /// Names of all targets: the designs, the known kernel series and what else is prepared here, each kernel behind Intel's IOMMU; and how
    /// another is named.
    /// </summary>
    public static IEnumerable<string> Known() =>
    [
        .. Designs(), .. Kernels().Select(kernel => TargetName.Prefix + kernel),
        $"{TargetName.Prefix}KERNEL+IOMMU with {string.Join(" or ", EmulatedIommu.All.Select(iommu => iommu.Name))}",
    ];

    private static IEnumerable<string> Kernels() => Series.Union(new KernelStore().Names);

    /// <summary>Whether a target of this name is simulated.</summary>
    public static bool IsDesign(string name) =>
        name.StartsWith(SimulatedPrefix, StringComparison.Ordinal) && SimulatedTarget.Knows(name[SimulatedPrefix.Length..]);

    /// <summary>Opens a target; a real kernel boots when it is first asked for something.</summary>
    /// <exception cref="UsageException">There is no such target.</exception>
    /// <exception cref="KernelUnavailableException">The kernel is not prepared, or QEMU is missing.</exception>
    public static ITarget Open(string name, TargetWishes wishes)
    {
        if (wishes.Type1 is { Exists: false } module)
            throw new UsageException($"--type1 {module}: there is no such file; give a vfio_iommu_type1.ko");
        var isDesign = IsDesign(name);
        if (isDesign && wishes.Type1 is not null)
            throw new UsageException($"--type1 goes with a real kernel, not with {name}");
        if (isDesign)
            return new SimulatedTarget(name[SimulatedPrefix.Length..]);
        if (TargetName.Parse(name) is not var (kernel, iommu) || !Kernels().Contains(kernel))
            throw new UsageException($"unknown target '{name}'; known are {string.Join(", ", Known())}");
        return LinuxTarget.Create(new LinuxTargetOptions
        {
            Kernel = kernel,
            Iommu = iommu,
            Type1Module = wishes.Type1?.FullName,
            Processors = wishes.Threads,
            Guests = wishes.Guests,
            ForManyPrograms = wishes.ManyPrograms,
            BatchSize = wishes.BatchSize ?? LinuxTargetOptions.BatchSizeOfManyPrograms,
            Progress = wishes.Quiet ? null : new GuestLines(name),
            Cancellation = wishes.Stop,
        });
    }

    /// <summary>The target with a deviation planted between it and the judge, when one is named.</summary>
    public static ITarget Planted(ITarget target, string? planted)
    {
        if (planted is null)
            return target;
        return Plant.Find(planted) is { } plant
            ? new PlantedTarget(target, plant)
            : throw new UsageException(
                $"--plant {planted}: no such plant; known are {string.Join(", ", Plant.All.Select(known => known.Name))}");
    }

    /// <summary>The kinds of operations that a simulated design knows.</summary>
    /// <exception cref="UsageException">The target is not a simulated design.</exception>
    public static KindSet KindsOf(string name)
    {
        using var target = new SimulatedTarget(DesignOf(name));
        return target.Kinds;
    }

    /// <summary>Everything that can happen on a simulated design from a setup.</summary>
    /// <exception cref="UsageException">The target is not a simulated design.</exception>
    public static SimulatedSpace Space(string name, ExplorationSetup setup, StateMerging merging = StateMerging.All) =>
        SimulatedSpace.Of(DesignOf(name), setup, merging);

    private static string DesignOf(string name) => IsDesign(name)
        ? name[SimulatedPrefix.Length..]
        : throw new UsageException($"'{name}' is no simulated design; there are {string.Join(", ", Designs())}");

    private sealed class GuestLines(string target) : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine($"{target}: {value}");
    }
}
