using VfioFuzz.Campaigns;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Tests;

/// <summary>No wrong variant of a design survives generated programs; <c>vfiofuzz mutants</c> makes the table of what caught each.</summary>
public sealed class MutantTests
{
    /// <summary>Worst of five seeds when the table was made, with room, but for the two rarest: <c>vfiofuzz mutants --seeds 5</c>.</summary>
    private const int ProgramsMax = 200_000;

    private const int SeedsMax = 5;

    public static TheoryData<string> Names() => [.. SimulatedTarget.Mutants.Select(mutant => mutant.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_rule_catches_the_mutant(string name)
    {
        var design = SimulatedTarget.Mutants.Single(mutant => mutant.Name == name).Design;
        using var mutant = new SimulatedTarget(name);
        using var original = new SimulatedTarget(design);
        var answers = new ModelAnswers(Dialect.Of(original.Platform.Dialect), original.Platform);
        var sequential = new GeneratedPrograms(1, original.Kinds);
        var racing = new GeneratedPrograms(2, original.Kinds);

        Program Draw(ulong seed, int index) => (index % 2 == 0 ? sequential : racing).Draw(seed, index / 2);
        var hunt = new MutantHunt(mutant, original, answers, Draw);
        Assert.Contains(Enumerable.Range(1, SeedsMax), seed => hunt.Hunt((ulong)seed, ProgramsMax) is not null);
        Assert.Null(new MutantHunt(original, original, answers, Draw).Hunt(1, 50));
    }

    [Fact]
    public void There_are_mutants_enough() => Assert.True(SimulatedTarget.Mutants.Count >= 40);
}
