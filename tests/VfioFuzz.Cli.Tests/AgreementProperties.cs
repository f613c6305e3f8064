using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VfioFuzz.Campaigns;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;
using VfioFuzz.Testing;

namespace VfioFuzz.Cli.Tests;

/// <summary>What holds of programs, designs, model and minimizer together.</summary>
public sealed class AgreementProperties
{
    private static readonly RunRequest Request = new(1);

    [Property(Arbitrary = [typeof(Arbitraries)], MaxTest = 300)]
    public Property Answers_of_the_blocking_design_are_allowed_by_the_model(SequentialProgram sample) => Agrees(sample, "blocking");

    [Property(Arbitrary = [typeof(Arbitraries)], MaxTest = 300)]
    public Property Answers_of_removal_are_allowed_by_the_model(SequentialProgram sample) => Agrees(sample, "removal");

    [Property(Arbitrary = [typeof(Arbitraries)], MaxTest = 300)]
    public Property Answers_of_exclusion_are_allowed_by_the_model(SequentialProgram sample) => Agrees(sample, "exclusion");

    [Theory]
    [InlineData("blocking", 2)]
    [InlineData("exclusion", 2)]
    [InlineData("blocking?notify=chain", 1)]
    [InlineData("waiters", 1)]
    [InlineData("sticky", 1)]
    [InlineData("removal", 2)]
    [InlineData("file", 1)]
    [InlineData("change-mm", 1)]
    [InlineData("iommufd", 1)]
    public void Answers_of_each_design_are_allowed_by_the_model(string design, int threads)
    {
        var recorded = new RecordedAnswers(design, threads, programs: 3000);
        Assert.True(recorded.Count > 1500, $"{recorded.Count} programs");
        Assert.Null(recorded.FirstRefused());
    }

    [Property(Arbitrary = [typeof(Arbitraries)], MaxTest = 100)]
    public Property A_shrunk_program_fails_in_the_same_way_and_no_candidate_does(SequentialProgram sample)
    {
        using var target = new SimulatedTarget("blocking");
        var judge = JudgeOf(target);
        if (!IsKnownTo(target, sample.Program) || First(target, judge, sample.Program) is not { } seen)
            return true.ToProperty();
        var reproducer = new Reproducer(target, judge);
        var minimized = new Minimizer(reproducer, ReproductionPolicy.Simulated, Candidates.SimplerThan)
            .Minimize(sample.Program, seen.Key, Request)!;
        var replay = Request with { Replay = minimized.Schedule };
        var same = reproducer.Try(minimized.Program, seen.Key, replay) is not null;
        var simpler = Candidates.SimplerThan(minimized.Program)
            .FirstOrDefault(candidate => reproducer.Try(candidate, seen.Key, Request) is not null);
        return (same && simpler is null).Label($"{seen.Key}\n{ProgramText.Print(minimized.Program)}");
    }

    [Property(Arbitrary = [typeof(Arbitraries)], MaxTest = 200)]
    public bool The_schedule_of_a_run_replays_it(Program program)
    {
        using var target = new SimulatedTarget("blocking");
        var first = target.Run([program], new RunRequest(7)).Select(RunRecord.Copy).Single();
        var again = target.Run([program], new RunRequest(8, first.Schedule)).Single();
        return first.Events.SequenceEqual(again.Events);
    }

    private static Property Agrees(SequentialProgram sample, string design)
    {
        using var target = new SimulatedTarget(design);
        if (!IsKnownTo(target, sample.Program) || KnownDefects.Reached(sample.Program, target.Platform) is not null)
            return true.ToProperty();
        var answers = AnswersOf(target);
        var verdict = target.Run([sample.Program], Request).Select(history => answers.Judge(sample.Program, history)).Single();
        return (verdict is not Violation).Label($"{(verdict as Violation)?.Evidence}\n{ProgramText.Print(sample.Program)}");
    }

    /// <summary>Dirty tracking, for one, is no design's: its answers are nobody's promise.</summary>
    private static bool IsKnownTo(SimulatedTarget target, Program program) =>
        program.Lines.All(line => target.Kinds.Has(line.Operation.Kind));

    private static Violation? First(SimulatedTarget target, Judge judge, Program program) =>
        target.Run([program], Request).Select(history => judge.JudgeRun(program, history)).Single() as Violation;

    private static Judge JudgeOf(SimulatedTarget target) => new(AnswersOf(target));

    private static ModelAnswers AnswersOf(SimulatedTarget target) =>
        new(Dialect.Of(target.Platform.Dialect), target.Platform);
}
