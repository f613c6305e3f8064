using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Tests;

/// <summary>Every file of corpus/regressions, replayed on each simulated target that it names.</summary>
public sealed class RegressionTests
{
    internal static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "regressions");

    public static TheoryData<string, string> Runs()
    {
        var runs = new TheoryData<string, string>();
        foreach (var (name, document) in Documents())
        {
            foreach (var target in document.Targets.Where(target => target.StartsWith("sim/", StringComparison.Ordinal)))
                runs.Add(name, target);
        }
        return runs;
    }

    public static TheoryData<string, string> Mended()
    {
        var runs = new TheoryData<string, string>();
        foreach (var (name, _) in Documents().Where(file => file.Name.StartsWith("dl-0", StringComparison.Ordinal)))
        {
            foreach (var design in new[] { "sim/removal", "sim/exclusion", "sim/file", "sim/change-mm", "sim/iommufd" })
                runs.Add(name, design);
        }
        return runs;
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_file_shows_on_its_targets_what_it_promises(string name, string target)
    {
        var document = Documents().Single(file => file.Name == name).Document;
        var violations = Violations(document, target);
        if (FindingText.Of(document) is { } finding)
            Assert.Contains(violations, violation => FindingText.Promises(finding.Key, violation.Key));
        else
            Assert.Empty(violations);
    }

    [Theory]
    [MemberData(nameof(Mended))]
    public void Waiting_deadlocks_are_gone_where_nothing_waits(string name, string target) =>
        Assert.Empty(Violations(Documents().Single(file => file.Name == name).Document, target));

    [Fact]
    public void Every_file_says_why_it_is_kept_and_what_it_promises() => Assert.All(Documents(), file =>
    {
        Assert.NotEmpty(file.Document.Notes[0]);
        Assert.DoesNotContain("rule: ", file.Document.Notes[0], StringComparison.Ordinal);
        Assert.NotNull(file.Document.Expectation);
        Assert.NotEmpty(file.Document.Targets);
    });

    private static List<Violation> Violations(ProgramDocument document, string name)
    {
        using var target = new SimulatedTarget(name["sim/".Length..]);
        var judge = new Judge(new ModelAnswers(Dialect.Of(target.Platform.Dialect), target.Platform));
        var violations = new List<Violation>();
        foreach (var history in target.Run([document.Program], new RunRequest(1, document.Schedule)))
            Assert.Null(judge.Violations(document.Program, history, violations));
        return violations;
    }

    internal static IEnumerable<(string Name, ProgramDocument Document)> Documents() =>
        Directory.GetFiles(Folder, "*.vprog").Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), ProgramText.Parse(File.ReadAllText(file), file)));
}
