using VfioFuzz.Programs;
using static VfioFuzz.Simulation.Tests.CatalogueGrades;

namespace VfioFuzz.Simulation.Tests;

/// <summary>Each deadlock of the catalogue on each design: shown with its grade, or a line of evidence why it cannot be.</summary>
public class CatalogueMatrixTests
{
    public static TheoryData<string> Ids() => [.. Catalogue.All.Select(entry => entry.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_deadlock_comes_to_its_grade_on_each_design(string id)
    {
        var entry = Catalogue.All.Single(x => x.Id == id);
        var program = Parse(entry.World, entry.Lines);

        Assert.Equal(entry.Grades, string.Join(' ', Catalogue.Designs.Select(design => Worst(design, program))));
    }

    /// <summary>Columns A to F of deadlocks 8.4 are the designs after blocking.</summary>
    [Theory]
    [MemberData(nameof(Ids))]
    public void Where_simulation_and_paper_differ_it_is_said_why(string id)
    {
        var entry = Catalogue.All.Single(x => x.Id == id);
        if (entry.Paper.Length == 0)
            return;
        var seen = entry.Grades.Split(' ').Skip(1).Select(grade => grade == "-");
        var derived = entry.Paper.Split(' ').Select(cell => cell == "-");

        Assert.Equal(entry.Why.Length == 0, seen.SequenceEqual(derived));
    }

    [Fact]
    public void Every_entry_of_the_catalogue_has_a_program_or_evidence()
    {
        var ids = Catalogue.All.Select(entry => entry.Id).Concat(Catalogue.Elsewhere.Select(entry => entry.Id)).ToHashSet();

        Assert.All(Enumerable.Range(1, 23), number => Assert.Contains($"DL-{number:00}", ids));
        Assert.All(Catalogue.Elsewhere, entry => Assert.NotEmpty(entry.Evidence));
    }
}
