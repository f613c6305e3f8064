using System.Collections.Immutable;
using System.Diagnostics;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>What a campaign is made of.</summary>
public sealed record CheckSetup
{
    /// <summary>What answers.</summary>
    public required ITarget Target { get; init; }

    /// <summary>The rule of single answers: the model.</summary>
    public required IAnswerRule Answers { get; init; }

    /// <summary>What is run.</summary>
    public required IProgramSource Source { get; init; }

    /// <summary>The minimizer's candidates.</summary>
    public required Func<Program, IEnumerable<Program>> SimplerThan { get; init; }

    /// <summary>What the table of outcomes lacks to be worth a pass, one a line.</summary>
    public Func<OutcomeTable, IEnumerable<string>> Vacuity { get; init; } = _ => [];

    /// <summary>The code that histories tell of (<see cref="History.Blocks"/>); empty where they do not.</summary>
    public ImmutableArray<CodeBlock> Code { get; init; } = [];

    /// <summary>Where findings go at once; null keeps them in the report only.</summary>
    public FindingStore? Store { get; init; }

    /// <summary>Told now and then how far the campaign is.</summary>
    public Action<CheckProgress>? Progress { get; init; }
}

/// <summary>
/// Draws programs, runs them on a target, judges each history and shrinks and stores each new finding. On a simulated target the same seed and
/// number of programs give byte-identical findings. One object is one run.
/// </summary>
public sealed class CheckCampaign(CheckSetup setup, CheckOptions options, CancellationToken stop = default)
{
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromMilliseconds(100);

    private readonly Judge judge = new(setup.Answers);
    private readonly RuleUses? uses = (setup.Answers as ModelAnswers)?.Uses;
    private readonly Canary canary = new(new Judge(setup.Answers), options.CanaryPeriod);
    private readonly Triage triage = new(options.FindingsMax);
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly OutcomeTable outcomes = new();
    private readonly WorldTable worlds = new();
    private readonly CodeCoverage? coverage = setup.Code.IsEmpty ? null : new(setup.Code);
    private readonly Tally inconclusive = new();
    private readonly Tally avoided = new();
    private readonly Queue<(int Index, Program Program)> running = new();
    private readonly List<Violation> violations = [];
    private readonly List<Sight> sights = [];
    private readonly int[] lanePrograms = new int[setup.Source.Lanes.Count];
    private readonly TimeSpan[] laneTimes = new TimeSpan[setup.Source.Lanes.Count];
    private readonly RunRequest request = new(options.Seed, Policy: options.Schedule);
    private TimeSpan shrinkTime;
    private TimeSpan told;
    private int next;
    private int avoidedBefore;
    private int programs;
    private int blocking;
    private bool races;

    public CheckReport Run()
    {
        while (!IsOver)
            Stream();
        return Report();
    }

    private bool IsOver =>
        next >= options.ProgramsMax || clock.Elapsed - shrinkTime >= options.TimeMax || stop.IsCancellationRequested;

    /// <summary>Runs programs until one shows something new, then shrinks that; a target runs one stream at a time.</summary>
    private void Stream()
    {
        running.Clear();
        sights.Clear();
        try
        {
            Judge();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The user's stop reached the target in the middle of a program: what was judged so far stands.
        }
        if (running.Count > 0 && !IsOver)
            throw new InvalidOperationException($"{setup.Target.Name} yielded no history for program {running.Peek().Index}");
        if (sights.Count == 0 && !IsOver)
            next = Math.Max(next, avoidedBefore);
        foreach (var sight in sights)
            Collect(sight);
    }

    /// <summary>
    /// Once something new is seen no more programs are drawn, but what the target has drawn ahead runs to its end: a real kernel would have
    /// to run it again.
    /// </summary>
    private void Judge()
    {
        var last = clock.Elapsed;
        foreach (var history in setup.Target.Run(Draw(), request))
        {
            var (index, program) = running.Dequeue();
            next = index + 1;
            var now = clock.Elapsed;
            Count(index, program, history, now - last);
            last = now;
            See(index, program, history);
            Tell(null);
            if (IsOver)
                return;
        }
    }

    private IEnumerable<Program> Draw()
    {
        for (var index = next; index < options.ProgramsMax && sights.Count == 0 && !IsOver; index++)
        {
            var program = setup.Source.Draw(options.Seed, index);
            if (options.AvoidKnown && KnownDefects.Reached(program, setup.Target.Platform) is { } defect)
            {
                if (index >= avoidedBefore)
                {
                    avoided.Add(defect.Id);
                    avoidedBefore = index + 1;
                }
                continue;
            }
            running.Enqueue((index, program));
            yield return program;
        }
    }

    private void Count(int index, Program program, History history, TimeSpan time)
    {
        programs++;
        races |= ReproductionPolicy.Races(program);
        var lane = setup.Source.LaneOf(index);
        lanePrograms[lane]++;
        laneTimes[lane] += history.Took > TimeSpan.Zero ? history.Took : time;
        outcomes.Add(program, history);
        worlds.Add(program.World);
        coverage?.Add(history);
    }

    /// <summary>Judges a history; what is new is stored as it was seen: a campaign killed before it is shrunk has lost nothing.</summary>
    private void See(int index, Program program, History history)
    {
        violations.Clear();
        var bound = Judged(program, history);
        if (bound is not null)
            inconclusive.Add(bound);
        if (violations.Count == 0)
        {
            if (history.Freezes.Count > 0)
                blocking++;
            if (bound is null)
                canary.Passed(program, history);
            return;
        }
        foreach (var violation in violations)
        {
            if (!triage.IsNew(violation.Key))
                continue;
            var answers = RunRecord.Answers(history, program.Lines.Length);
            var after = clock.Elapsed - shrinkTime;
            sights.Add(new Sight(index, program, violation, history.Schedule, answers, after));
            setup.Store?.Write(sights[^1].AsFinding(setup.Target, options.Seed));
        }
    }

    /// <summary>Only what the campaign draws counts for its table of rules, not what it plants or shrinks.</summary>
    private string? Judged(Program program, History history)
    {
        if (uses is not null)
            uses.IsOn = true;
        var bound = judge.Violations(program, history, violations);
        if (uses is not null)
            uses.IsOn = false;
        return bound;
    }

    /// <summary>Shrinks what was seen, and stores it in the place of what was stored.</summary>
    private void Collect(Sight sight)
    {
        var start = clock.Elapsed;
        var finding = sight.AsFinding(setup.Target, options.Seed);
        Tell(sight.Violation.Key);
        if (!options.Shrinks)
            finding = finding with { Remarks = ["not shrunk, as asked"] };
        else if (IsFurtherSight(finding))
            finding = finding with { Remarks = ["another sight of a known defect that was shrunk before: not shrunk"] };
        else
            finding = Shrunk(finding, sight.Answers);
        var path = setup.Store?.Write(finding);
        var known = KnownDefects.Explaining(finding.AsSeen, setup.Target.Platform);
        var took = clock.Elapsed - start;
        shrinkTime += took;
        triage.Collect(new SeenFinding(finding, known, path, 1, sight.After, took));
    }

    /// <summary>
    /// Where runs are dear, one program of a known defect is shrunk; what else looks like it is stored as it was seen.
    /// </summary>
    private bool IsFurtherSight(Finding finding) =>
        !ReproductionPolicy.For(setup.Target.Name).Scheduled
        && KnownDefects.Explaining(finding.AsSeen, setup.Target.Platform) is { } known
        && triage.Findings.Any(seen => seen.Known == known);

    private Finding Shrunk(Finding finding, ImmutableArray<Answer> answers)
    {
        var shrinking = new Shrinking(setup.Target, judge, setup.SimplerThan)
        {
            RunsMax = options.MinimizerRunsMax,
            RateRuns = options.RateRuns,
        };
        return shrinking.Shrink(finding, answers, request, stop);
    }

    private void Tell(FindingKey? shrinking)
    {
        if (setup.Progress is null || shrinking is null && clock.Elapsed - told < ProgressPeriod)
            return;
        told = clock.Elapsed;
        setup.Progress(new CheckProgress(programs, told, triage.Count, shrinking));
    }

    /// <summary>
    /// The campaign's wall clock without the shrinking, oracle and all, in the proportion of the times that the target
    /// was at each lane's programs: runs overlap, so no lane has a wall clock of its own.
    /// </summary>
    private IEnumerable<LaneRate> LaneRates()
    {
        var busy = laneTimes.Sum(time => time.TotalSeconds);
        var share = busy > 0 ? (clock.Elapsed - shrinkTime).TotalSeconds / busy : 1;
        return setup.Source.Lanes.Select((lane, i) => new LaneRate(lane, lanePrograms[i], laneTimes[i] * share));
    }

    private CheckReport Report() => new()
    {
        Target = setup.Target.Name,
        Seed = options.Seed,
        Programs = programs,
        Elapsed = clock.Elapsed,
        Findings = triage.Findings,
        Uncollected = triage.Uncollected,
        Lanes = [.. LaneRates()],
        Outcomes = outcomes,
        Platform = setup.Target.Platform,
        Worlds = worlds.Rows(),
        Vacuities = [.. setup.Vacuity(outcomes)],
        Inconclusive = inconclusive.Counts,
        Avoided = avoided.Counts,
        Blocking = blocking,
        Canary = canary.Count,
        Dialect = (setup.Answers as ModelAnswers)?.Dialect.Name ?? DialectName.Unspecified,
        Code = coverage,
        Rules = setup.Answers is ModelAnswers { Uses: { } counted } model
            ? RuleCoverage.Of(counted.All(), new RunConditions(model.Dialect, setup.Target.Platform, races), options.AvoidKnown)
            : null,
        Stopped = stop.IsCancellationRequested,
    };
}
