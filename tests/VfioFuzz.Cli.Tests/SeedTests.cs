using System.Collections.Immutable;
using VfioFuzz.Campaigns;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Tests;

/// <summary>Every file of corpus/seeds, replayed: those that a hand wrote on a design that waits, the drawn ones on the target that each names.</summary>
public sealed class SeedTests
{
    private static readonly string Folder = AppContext.BaseDirectory;

    private readonly Dictionary<string, (SimulatedTarget Target, Judge Judge)> machines = new(StringComparer.Ordinal);

    [Fact]
    public void Every_drawn_seed_breaks_no_rule_and_answers_as_its_file_tells() => Assert.All(Documents("seeds/drawn"), file =>
    {
        var name = Assert.Single(file.Document.Targets);
        var (answers, violations) = Run(file.Document, name);
        Assert.Empty(violations);
        Assert.Equal(file.Document.ExpectedAnswers.Select(answer => answer!), answers.Select(answer => answer.ToString()));
    });

    /// <summary>A call that is stuck for good breaks a rule, so it is shown by regressions.</summary>
    [Fact]
    public void Every_outcome_that_programs_reach_on_a_simulated_machine_is_shown()
    {
        var shown = new HashSet<(OperationKind, Outcome)>();
        var simulated = Documents("seeds/drawn")
            .Concat(Documents("regressions").Where(file => file.Document.Targets[0].StartsWith("sim/", StringComparison.Ordinal)));
        foreach (var (_, document) in simulated)
        {
            var (answers, _) = Run(document, document.Targets[0]);
            for (var line = 0; line < answers.Length; line++)
                shown.Add((document.Program.Lines[line].Operation.Kind, Outcome.Of(answers[line])));
        }
        var platform = Machine("sim/blocking").Target.Platform;
        var missing =
            from form in OperationForm.All
            where !KindSet.OfKernels.Has(form.Kind) // no design has them
            from expected in ExpectedOutcomes.Of(form.Kind)
            where expected.WhyUnreachable(platform) is null && !shown.Contains((form.Kind, expected.Outcome))
            select $"{form.Mnemonic} {expected.Outcome}";
        Assert.True(!missing.Any(), string.Join(", ", missing));
    }

    [Fact]
    public void Every_seed_of_a_hand_says_why_it_is_there_and_answers_as_the_contract_says() => Assert.All(Documents("seeds"), file =>
    {
        Assert.NotEmpty(file.Document.Notes);
        // No design tracks dirty pages: what such a seed says is judged on kernels.
        if (file.Document.Program.Lines.Any(line => line.Operation.Kind == OperationKind.DirtyPages))
            return;
        var (_, violations) = Run(file.Document, "sim/blocking");
        Assert.DoesNotContain(violations, violation => violation.Key.Rule == RuleBook.AnswerAllowed.Name);
    });

    private (ImmutableArray<Answer> Answers, List<Violation> Violations) Run(ProgramDocument document, string name)
    {
        var (target, judge) = Machine(name);
        var violations = new List<Violation>();
        var history = target.Run([document.Program], new RunRequest(1, document.Schedule)).Single();
        Assert.Null(judge.Violations(document.Program, history, violations));
        return (RunRecord.Answers(history, document.Program.Lines.Length), violations);
    }

    private (SimulatedTarget Target, Judge Judge) Machine(string name)
    {
        if (machines.TryGetValue(name, out var known))
            return known;
        var target = new SimulatedTarget(name["sim/".Length..]);
        return machines[name] = (target, new Judge(new ModelAnswers(Dialect.Of(target.Platform.Dialect), target.Platform)));
    }

    private static List<(string Name, ProgramDocument Document)> Documents(string folder)
    {
        var files = Directory.GetFiles(Path.Combine(Folder, folder), "*.vprog").Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), ProgramText.Parse(File.ReadAllText(file), file))).ToList();
        Assert.NotEmpty(files);
        return files;
    }
}
