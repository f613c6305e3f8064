using System.Numerics;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>
/// What one run of the model is under: the dialect, the platform, the world, and the choices taken where the contract leaves one open.
/// The state it works on is always an argument.
/// </summary>
internal sealed class Contract(Dialect dialect, Platform platform, PlantedError planted = PlantedError.None)
{
    private OpenChoices choices;

    public Dialect Dialect { get; } = dialect;

    public Platform Platform { get; } = platform;

    public PlantedError Planted { get; } = planted;

    /// <summary>The world of the program that is being judged.</summary>
    public World World { get; set; }

    /// <summary>The program that is being judged: calls know their line only.</summary>
    public Program? Program { get; set; }

    /// <summary>
    /// Lines that are to be explained as killed, bit by line: a call that has done everything may still be killed before it answers,
    /// so these stay pending until they are.
    /// </summary>
    public ulong LinesKilled { get; set; }

    /// <summary>The named capacity that was exceeded, or null.</summary>
    public string? Exceeded { get; private set; }

    /// <summary>The smallest iova page of a domain: PAGE_SIZE stands in for smaller ones (type1-semantics 3).</summary>
    public ulong PciPageSize { get; } = Math.Max(Limits.PageSize, 1UL << BitOperations.TrailingZeroCount(platform.PciPageSizes));

    /// <summary>The last address that the iommu translates.</summary>
    public ulong ApertureLast { get; } =
        platform.PciRanges.Length == 0 ? ulong.MaxValue : platform.PciRanges[^1].Last.Value;

    public ref readonly Operation OperationOf(int line) => ref Program!.Lines.AsSpan()[line].Operation();

    public ulong PageSizeOf(in Instance instance) => instance.HasDomain ? PciPageSize : Limits.PageSize;

    public void Exceed(string capacity) => Exceeded = capacity;

    public void Start(Program program)
    {
        Program = program;
        World = program.World;
        Exceeded = null;
        LinesKilled = 0;
        StartChoices();
    }

    public void StartChoices() => choices = default;

    /// <summary>
    /// The contract allows <paramref name="count"/> continuations here. The first run of a section takes 0 everywhere; the judge runs
    /// it again from the state before with each other combination (<see cref="NextChoices"/>).
    /// </summary>
    public int Choose(int count) => choices.Take(count);

    /// <summary>The contract allows two continuations here: false is the one that is taken first.</summary>
    public bool Either() => Choose(2) == 1;

    /// <summary>Sets up the next combination; false when all were taken.</summary>
    public bool NextChoices() => choices.Next();

    public OpenChoices SaveChoices() => choices;

    public void RestoreChoices(in OpenChoices saved) => choices = saved;
}

/// <summary>By-reference access to immutable lines.</summary>
internal static class LineAccess
{
    public static ref readonly Operation Operation(this in Line line) =>
        ref System.Runtime.CompilerServices.Unsafe.As<Line, Operation>(
            ref System.Runtime.CompilerServices.Unsafe.AsRef(in line));
}
