using System.Collections.Immutable;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Benchmarks;

/// <summary>A program and what a design answered.</summary>
internal sealed record Recorded(Program Program, History History);

/// <summary>What is measured on: programs of the ordinary mix of <c>check</c>, run once by a simulated design. Seeded, so always the same.</summary>
internal static class Samples
{
    /// <summary>Lines of a sequential sample, exactly: the unit of an operation's cost.</summary>
    public const int Lines = 20_000;

    /// <summary>Stored histories of a sample.</summary>
    public const int Histories = 2_000;

    public const string Design = "exclusion";

    /// <summary>The exclusion design speaks the dialect of real 6.12 kernels.</summary>
    public static Dialect Dialect { get; } = Dialect.Of(DialectName.Exc);

    /// <summary>
    /// The ordinary mix of what the design knows: a history ends at an operation that it does not, and lines behind that would count and not be run.
    /// </summary>
    public static GeneratorOptions Options { get; } = GeneratorOptions.Default with { Kinds = KindsOf(Design) };

    /// <summary>Sequential programs of <see cref="Lines"/> lines together; the last one is cut.</summary>
    public static ImmutableArray<Program> Sequential()
    {
        var programs = ImmutableArray.CreateBuilder<Program>();
        for (var (index, left) = (0UL, Lines); left > 0; index++)
        {
            var program = Generator.Generate(Choices.OfSeed(Randomness.SeedOf(1, index)), Options);
            if (program.Lines.Length > left)
                program = new Program(program.World, program.Lines[..left]);
            programs.Add(program);
            left -= program.Lines.Length;
        }
        return programs.ToImmutable();
    }

    private static KindSet KindsOf(string design)
    {
        using var target = new SimulatedTarget(design);
        return target.Kinds;
    }

    /// <summary>What the design answered to each program, the schedule of the <c>n</c>th from seed <c>n</c>.</summary>
    public static ImmutableArray<Recorded> Record(string design, IEnumerable<Program> programs)
    {
        using var target = new SimulatedTarget(design);
        var seed = 0UL;
        return [.. programs.Select(program =>
            new Recorded(program, RunRecord.Copy(target.Run([program], new RunRequest(seed++)).Single())))];
    }
}
