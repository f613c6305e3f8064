using System.Collections.Immutable;
using System.Diagnostics;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>What a comparison is made of.</summary>
public sealed record DiffSetup
{
    public required ITarget First { get; init; }

    public required ITarget Second { get; init; }

    public required IProgramSource Source { get; init; }

    /// <summary>The minimizer's candidates.</summary>
    public required Func<Program, IEnumerable<Program>> SimplerThan { get; init; }

    /// <summary>Where findings go at once; null keeps them in the report only.</summary>
    public FindingStore? Store { get; init; }

    /// <summary>Told now and then how far it is.</summary>
    public Action<CheckProgress>? Progress { get; init; }
}

/// <summary>
/// Runs the same programs on two targets and explains every difference by what they promise, or reports it. Findings are
/// stored when they are seen and shrunk at the end, each on the target that is wrong. One object is one run.
/// </summary>
public sealed class DiffCampaign(DiffSetup setup, CheckOptions options, CancellationToken stop = default)
{
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromMilliseconds(100);

    private readonly Comparer comparer = new(SideOf(setup.First), SideOf(setup.Second));
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly Tally inconclusive = new();
    private readonly Tally avoided = new();
    private readonly Dictionary<string, int> places = [];
    private readonly List<ExplainedDifference> explained = [];
    private readonly Dictionary<(FindingKey Key, bool IsSecond), int> sights = [];
    private readonly List<UnexplainedDifference> findings = [];

    /// <summary>What the lines of each finding's program answered when it was seen.</summary>
    private readonly List<ImmutableArray<Answer>> answers = [];
    private readonly RunRequest request = new(options.Seed);
    private CanaryCount canary;
    private TimeSpan told;
    private int programs;
    private int alike;

    public DiffReport Run()
    {
        try
        {
            RunBoth();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The user's stop reached a target in the middle of a program: what was compared so far stands.
        }
        for (var index = 0; index < findings.Count; index++)
            findings[index] = Shrunk(findings[index], answers[index]);
        return Report();
    }

    private static Side SideOf(ITarget target) => new(Dialect.Of(target.Platform.Dialect), target.Platform);

    private bool IsOver => clock.Elapsed >= options.TimeMax || stop.IsCancellationRequested;

    private void RunBoth()
    {
        var running = new Queue<(int Index, Program Program)>();
        using var firsts = setup.First.Run(Draw(running), request).GetEnumerator();
        using var seconds = setup.Second.Run(Draw(null), request).GetEnumerator();
        while (!IsOver && firsts.MoveNext() && seconds.MoveNext())
        {
            var (index, program) = running.Dequeue();
            programs++;
            Count(index, program, firsts.Current, seconds.Current);
            Tell(null);
        }
    }

    /// <summary>The same programs for both; the first one's are noted.</summary>
    private IEnumerable<Program> Draw(Queue<(int, Program)>? running)
    {
        for (var index = 0; index < options.ProgramsMax && !IsOver; index++)
        {
            var program = setup.Source.Draw(options.Seed, index);
            if (options.AvoidKnown && Reached(program) is { } defect)
            {
                if (running is not null)
                    avoided.Add(defect.Id);
                continue;
            }
            running?.Enqueue((index, program));
            yield return program;
        }
    }

    private KnownDefect? Reached(Program program) =>
        KnownDefects.Reached(program, setup.First.Platform) ?? KnownDefects.Reached(program, setup.Second.Platform);

    private void Count(int index, Program program, History one, History other)
    {
        switch (comparer.Compare(program, one, other))
        {
            case Comparison.Alike:
                Plant(program, one, other);
                break;
            case Comparison.Explained difference:
                Add(index, difference);
                break;
            case Comparison.Undecided undecided:
                inconclusive.Add(undecided.Bound);
                break;
            case Comparison.Broken difference:
                Collect(index, program, difference, difference.IsSecond ? other : one);
                break;
        }
    }

    /// <summary>
    /// A comparer that explains an impossible answer away proves nothing. Which of the two is called wrong is open where both deadlock: the
    /// planted answer may hide the second one's deadlock.
    /// </summary>
    private void Plant(Program program, History one, History other)
    {
        if (++alike % options.CanaryPeriod != 0)
            return;
        var line = RunRecord.Answers(other, program.Lines.Length).ToList().FindLastIndex(answer => answer.Kind == AnswerKind.Returned);
        if (line < 0)
            return;
        var planted = RunRecord.WithAnswer(other, line, ModelAnswers.Impossible);
        var caught = comparer.Compare(program, one, planted) is Comparison.Broken;
        canary = new CanaryCount(canary.Planted + 1, canary.Caught + (caught ? 1 : 0));
    }

    private void Add(int index, Comparison.Explained difference)
    {
        var causes = string.Join(' ', difference.Causes);
        if (places.TryGetValue(causes, out var place))
            explained[place] = explained[place] with { Count = explained[place].Count + 1 };
        else
        {
            places[causes] = explained.Count;
            explained.Add(new ExplainedDifference(difference.Causes, 1, index, difference.Parting));
        }
    }

    private void Collect(int index, Program program, Comparison.Broken difference, History history)
    {
        var key = (difference.Violation.Key, difference.IsSecond);
        if (sights.TryGetValue(key, out var place))
        {
            var again = findings[place].Seen;
            findings[place] = findings[place] with { Seen = again with { Count = again.Count + 1 } };
            return;
        }
        if (findings.Count >= options.FindingsMax)
        {
            inconclusive.Add($"a further finding beyond {options.FindingsMax}");
            return;
        }
        answers.Add(RunRecord.Answers(history, program.Lines.Length));
        var (wrong, right) = difference.IsSecond ? (setup.Second, setup.First) : (setup.First, setup.Second);
        var finding = new Finding
        {
            Key = difference.Violation.Key,
            Program = program,
            Schedule = history.Schedule,
            Targets = [wrong.Name],
            Origin = new Origin(options.Seed, index),
            Evidence = $"{PartedAt(difference.Parting)}\n{difference.Violation.Evidence}",
            Answers = [.. answers[^1].Select(answer => answer.ToString())],
            Results = answers[^1],
            Deviation = difference.Violation.Deviation,
            Remarks = [$"differs from {right.Name}; as it was seen, not shrunk"],
        };
        sights[key] = findings.Count;
        var known = KnownDefects.Explaining(finding.AsSeen, wrong.Platform);
        var seen = new SeenFinding(finding, known, setup.Store?.Write(finding), 1, clock.Elapsed, TimeSpan.Zero);
        findings.Add(new UnexplainedDifference(seen, difference.Parting));
    }

    private UnexplainedDifference Shrunk(UnexplainedDifference found, ImmutableArray<Answer> seenAnswers)
    {
        var start = clock.Elapsed;
        var seen = found.Seen;
        Tell(seen.Finding.Key);
        var target = seen.Finding.Targets[0] == setup.Second.Name ? setup.Second : setup.First;
        var side = SideOf(target);
        var shrinking = new Shrinking(target, new Judge(new ModelAnswers(side.Dialect, side.Platform)), setup.SimplerThan)
        {
            RunsMax = options.MinimizerRunsMax,
            RateRuns = options.RateRuns,
        };
        var shrunk = shrinking.Shrink(seen.Finding, seenAnswers, request, stop);
        if (!shrunk.Evidence.StartsWith(PartedAt(found.Parting), StringComparison.Ordinal))
            shrunk = shrunk with { Evidence = $"{PartedAt(found.Parting)}\n{shrunk.Evidence}" };
        return found with
        {
            Seen = seen with
            {
                Finding = shrunk,
                Path = setup.Store?.Write(shrunk) ?? seen.Path,
                ShrinkTime = clock.Elapsed - start,
            },
        };
    }

    private string PartedAt(Parting parting) => $"first seen as {setup.First.Name} | {setup.Second.Name}: {parting}";

    private void Tell(FindingKey? shrinking)
    {
        if (setup.Progress is null || shrinking is null && clock.Elapsed - told < ProgressPeriod)
            return;
        told = clock.Elapsed;
        setup.Progress(new CheckProgress(programs, told, findings.Count, shrinking));
    }

    private DiffReport Report() => new()
    {
        First = setup.First.Name,
        Second = setup.Second.Name,
        Seed = options.Seed,
        Programs = programs,
        Elapsed = clock.Elapsed,
        Differences = [.. comparer.Differences],
        Explained = [.. explained],
        Findings = [.. findings],
        Inconclusive = inconclusive.Counts,
        Avoided = avoided.Counts,
        Canary = canary,
        Stopped = stop.IsCancellationRequested,
    };
}
