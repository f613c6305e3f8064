using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests;

/// <summary>Every outcome of every rule is either exercised by generated programs or carries the reason why none comes to it.</summary>
public sealed class RuleReachTests
{
    private const int Programs = 20_000;
    private const int OrdersOfAFile = 100;
    private const ulong Seed = 1;

    /// <summary>More lines than this race only in files that say the same over and over, to meet a real kernel's window.</summary>
    private const int RacingLinesMost = 24;

    /// <summary>The mix of a check's lanes (GeneratedPrograms), as lanes by turn.</summary>
    private static readonly Lanes[] Mix =
        [Lanes.InProcess, Lanes.Processes, Lanes.InProcess, Lanes.Processes, Lanes.PciDevice, Lanes.InProcess, Lanes.Processes];

    public static TheoryData<DialectName> Dialects() => [.. Dialect.All.Select(dialect => dialect.Name)];

    [Theory]
    [MemberData(nameof(Dialects))]
    public void An_outcome_that_programs_do_not_come_to_has_a_reason(DialectName name)
    {
        var dialect = Dialect.Of(name);
        var uses = new RuleUses { IsOn = true };
        Exercise(dialect, threads: 1, Programs, uses);
        Exercise(dialect, threads: 2, Programs / 4, uses);
        ExerciseCorpus(dialect, uses);
        var never = uses.All()
            .Where(use => use.Count == 0 && RuleReach.WhyNot(use.Rule, use.Outcome, new(dialect, Platform.Simulated, Races: true)) is null)
            .Select(use => $"{use.Rule} {use.Outcome}");
        Assert.True(!never.Any(), string.Join(", ", never));
    }

    /// <summary>The other way round: a reason is not an excuse for what does happen.</summary>
    [Theory]
    [MemberData(nameof(Dialects))]
    public void An_outcome_with_a_reason_does_not_come_up(DialectName name)
    {
        var dialect = Dialect.Of(name);
        var uses = new RuleUses { IsOn = true };
        Exercise(dialect, threads: 1, Programs / 4, uses);
        var excused = uses.All()
            .Where(use => use.Count > 0 && RuleReach.WhyNot(use.Rule, use.Outcome, new(dialect, Platform.Simulated, Races: false)) is not null)
            .Select(use => $"{use.Rule} {use.Outcome}");
        Assert.True(!excused.Any(), string.Join(", ", excused));
    }

    [Fact]
    public void Reasons_are_for_outcomes_that_rules_state() => Assert.All(
        RuleReach.Named, named => Assert.Contains(named, Rules.All.SelectMany(rule => rule.Outcomes.Select(outcome => $"{rule.Name} {outcome}"))));

    private static void Exercise(Dialect dialect, int threads, int programs, RuleUses uses)
    {
        var run = new ModelledRun(dialect, Platform.Simulated);
        var acceptor = new Acceptor(dialect, Platform.Simulated, uses: uses);
        var choices = Choices.OfSeed(0);
        for (var index = 0; index < programs; index++)
        {
            choices.Reset(Randomness.SeedOf(Seed, (ulong)index));
            var program = Generator.Generate(
                choices,
                GeneratorOptions.Default with { Threads = threads, Kinds = KindsOf(dialect), Lanes = Mix[index % Mix.Length] });
            Judge(run, acceptor, program, Seed + (ulong)index);
        }
    }

    /// <summary>What takes many processes in step, or a window of a few instructions, is in hand-written programs.</summary>
    private static void ExerciseCorpus(Dialect dialect, RuleUses uses)
    {
        var run = new ModelledRun(dialect, Platform.Simulated);
        var acceptor = new Acceptor(dialect, Platform.Simulated, uses: uses);
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "corpus"), "*.vprog", SearchOption.AllDirectories))
        {
            var program = ProgramText.Parse(File.ReadAllText(file), file).Program;
            if (program.Lines.Count(line => line.Block != 0) > RacingLinesMost)
                continue;
            for (ulong order = 0; order < OrdersOfAFile; order++)
                Judge(run, acceptor, program, order);
        }
    }

    private static void Judge(ModelledRun run, Acceptor acceptor, Program program, ulong order)
    {
        if (!run.Run(program, order))
            return;
        run.History.Add(new HistoryEvent(EventKind.LockedAfterTeardown, 0, 0, 0, 0, ulong.MaxValue));
        acceptor.Accept(program, run.History);
    }

    private static KindSet KindsOf(Dialect dialect) =>
        KindSet.Of([.. OperationForm.All.Select(form => form.Kind).Where(kind => dialect.Knows(kind) && (kind != OperationKind.Unbind || dialect.LocksGroups))]);
}
