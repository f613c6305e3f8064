using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Tests;

public sealed class MinimizerTests
{
    private static readonly FindingKey Key = new("leaked-pin", Grade.None, "here");

    [Theory]
    [InlineData(new[] { 1, 2, 3, 4, 5, 6, 7, 8 }, new[] { 3, 6 }, new[] { 3, 6 })]
    [InlineData(new[] { 6, 3, 6, 3, 3 }, new[] { 3, 6 }, new[] { 6, 3 })]
    [InlineData(new[] { 5 }, new[] { 5 }, new[] { 5 })]
    public void The_result_keeps_exactly_what_the_failure_needs(int[] pages, int[] needed, int[] left)
    {
        using var target = Failing((program, _) => Array.TrueForAll(needed, page => Pages(program).Contains(page)));
        var minimized = Minimize(target, Make.Reads(pages));
        Assert.Equal(left.Order(), Pages(minimized!.Program).Order());
        Assert.True(minimized.IsOneMinimal);
        Assert.Equal(Key, minimized.Reproduction.Violation.Key);
    }

    [Fact]
    public void A_program_that_fails_in_another_place_is_not_taken()
    {
        using var target = new FakeTarget((program, _, history) =>
            history.Add(new StateViolation("leaked-pin", 0, program.Lines.Length == 3 ? "here" : "elsewhere")));
        Assert.Equal(3, Minimize(target, Make.Reads(1, 2, 3))!.Program.Lines.Length);
    }

    [Fact]
    public void A_failure_that_does_not_come_back_is_not_minimized()
    {
        using var target = Failing((_, _) => false);
        Assert.Null(Minimize(target, Make.Reads(1)));
    }

    [Fact]
    public void A_bound_on_runs_ends_the_search_and_says_so()
    {
        using var target = Failing((program, _) => Pages(program).Contains(1));
        var minimized = Minimize(target, Make.Reads([.. Enumerable.Range(1, 15)]), runsMax: 5);
        Assert.False(minimized!.IsOneMinimal);
        Assert.True(minimized.Runs <= 5);
    }

    [Fact]
    public void Other_schedules_are_tried_when_the_found_one_no_longer_fails()
    {
        using var target = Failing((program, request) => program.Lines.Length switch
        {
            2 => request.ScheduleSeed == 7,
            1 => request.ScheduleSeed > 7 && request.Replay is null,
            _ => false,
        });
        var racing = new Program(Make.OneMdev, [.. Make.Reads(1, 2).Lines.Select(line => line with { Block = 1 })]);
        Assert.Single(Minimize(target, racing, seed: 7)!.Program.Lines);
    }

    [Theory]
    [InlineData(new byte[] { 0, 1, 0, 2, 1, 0, 0 }, new byte[] { 0, 0, 0, 2 })]
    [InlineData(new byte[] { 0, 0, 0, 2 }, new byte[] { 0, 0, 0, 2 })]
    public void The_schedule_keeps_only_the_choices_that_matter(byte[] taken, byte[] left)
    {
        using var target = Failing(
            (_, request) => request.Replay is not { } replay || replay.Choices.Length > 3 && replay.Choices[3] == 2,
            new Schedule([.. taken]));
        Assert.Equal(left, Minimize(target, Make.Reads(1))!.Schedule.Choices);
    }

    [Fact]
    public void A_failure_that_needs_no_schedule_is_left_without_one()
    {
        using var target = Failing((_, _) => true, new Schedule([3, 1]));
        Assert.Empty(Minimize(target, Make.Reads(1))!.Schedule.Choices);
    }

    [Theory]
    [InlineData(20, 1)]
    [InlineData(60, 0)]
    public void A_race_gets_the_runs_that_its_rate_asks_for(int tries, int left)
    {
        var runs = 0;
        using var target = Failing((program, _) => program.Lines.Length > 0 || ++runs % 50 == 0);
        var minimizer = new Minimizer(
            Reproducer(target), new ReproductionPolicy(tries, tries, false), Make.OneLineFewer);
        Assert.Equal(left, minimizer.Minimize(Make.Reads(1, 2), Key, new RunRequest(1))!.Program.Lines.Length);
    }

    [Fact]
    public void Where_runs_are_dear_no_candidate_is_tried_twice_and_the_result_is_one_minimal()
    {
        var tried = new Dictionary<Program, int>();
        using var target = Failing((program, _) =>
        {
            tried[program] = tried.GetValueOrDefault(program) + 1;
            return Pages(program).Contains(3) && Pages(program).Contains(6) && Pages(program).First() != 6;
        });
        var minimizer = new Minimizer(Reproducer(target), ReproductionPolicy.Real, Make.OneLineFewer);
        var minimized = minimizer.Minimize(Make.Reads(1, 3, 2, 6, 5, 4), Key, new RunRequest(1))!;
        Assert.Equal([3, 6], Pages(minimized.Program));
        Assert.True(minimized.IsOneMinimal);
        Assert.All(tried.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public void A_run_that_failed_already_is_not_repeated()
    {
        var runs = 0;
        using var target = Failing((_, _) => ++runs < 0);
        var seen = new Reproduction(new Violation(Key, -1, ""), new RunRequest(1), Schedule.Empty, [Answer.Ok()]);
        var minimizer = new Minimizer(Reproducer(target), ReproductionPolicy.Real, Make.OneLineFewer);
        Assert.Single(minimizer.Minimize(Make.Reads(1), Key, new RunRequest(1), seen)!.Program.Lines);
        Assert.Equal(1, runs);
    }

    [Fact]
    public void A_rate_is_measured_until_enough_runs_have_failed()
    {
        var runs = 0;
        using var target = Failing((_, _) => ++runs % 10 == 0);
        var rate = Reproducer(target).Measure(Make.Reads(1), Key, new RunRequest(1), 3, 1000, default);
        Assert.InRange(rate.Failures, 3, 5);
        Assert.InRange(rate.RunsPerFailure, 8, 12);
        Assert.NotNull(rate.First);
    }

    [Fact]
    public void A_rate_of_what_never_fails_ends_at_its_bound()
    {
        using var target = Failing((_, _) => false);
        var rate = Reproducer(target).Measure(Make.Reads(1), Key, new RunRequest(1), 3, 1000, default);
        Assert.Equal(new MeasuredRate(1000, 0, null), rate);
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(200, 600)]
    [InlineData(100_000, ReproductionPolicy.TriesMax)]
    public void Rare_races_get_more_runs_within_a_bound(int runsPerFailure, int tries) =>
        Assert.Equal(tries, ReproductionPolicy.Real.AtRate(runsPerFailure).Tries);

    private static Minimized? Minimize(
        FakeTarget target, Program program, int runsMax = Minimizer.RunsMaxDefault, ulong seed = 1) =>
        new Minimizer(Reproducer(target), ReproductionPolicy.Simulated, Make.OneLineFewer) { RunsMax = runsMax }
            .Minimize(program, Key, new RunRequest(seed));

    private static Reproducer Reproducer(FakeTarget target) => new(target, new Judge(new NoAnswerRule()));

    private static FakeTarget Failing(Func<Program, RunRequest, bool> fails, Schedule? taken = null) =>
        new((program, request, history) =>
        {
            history.Schedule = taken ?? Schedule.Empty;
            if (fails(program, request))
                history.Add(new StateViolation(Key.Rule, 0, Key.Place));
        });

    private static IEnumerable<int> Pages(Program program) => program.Lines.Select(line => line.Operation.Page);
}
