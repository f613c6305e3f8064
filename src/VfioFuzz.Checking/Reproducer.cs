using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>A run that failed in the wanted way.</summary>
/// <param name="Violation">The violation, with the evidence of this run.</param>
/// <param name="Request">What to ask the target for to see it again.</param>
/// <param name="Schedule">The schedule the target took.</param>
/// <param name="Answers">The last answer of each line.</param>
public sealed record Reproduction(Violation Violation, RunRequest Request, Schedule Schedule, ImmutableArray<Answer> Answers);

/// <summary>How often a program fails in one way.</summary>
/// <param name="Runs">Runs.</param>
/// <param name="Failures">Those that failed that way.</param>
/// <param name="First">The first of them, or null.</param>
public sealed record MeasuredRate(int Runs, int Failures, Reproduction? First)
{
    /// <summary>Runs that it took to fail once, on average; the runs when it never did.</summary>
    public int RunsPerFailure => Runs / Math.Max(1, Failures);
}

/// <summary>Runs one program on one target and says whether it fails in a given way: same rule, grade and place.</summary>
public sealed class Reproducer(ITarget target, Judge judge)
{
    private const int StreamMax = 256;

    private readonly List<Violation> violations = [];

    /// <summary>Runs so far: the measure of a minimizer's work.</summary>
    public int Runs { get; private set; }

    /// <summary>The failing run, or null when this run did not fail that way.</summary>
    public Reproduction? Try(Program program, FindingKey key, RunRequest request) => Try(program, key, request, 1, 1);

    /// <summary>
    /// The first failing of so many runs, or null. They come in streams that grow: a real kernel runs one in batches, at a fraction of the
    /// price of as many single runs, but it ends what it has begun, and each run that gets stuck costs a new guest.
    /// </summary>
    /// <param name="program">What is run.</param>
    /// <param name="key">How it is to fail.</param>
    /// <param name="request">Under which schedule, where there are any.</param>
    /// <param name="runs">Runs at most.</param>
    /// <param name="stream">Runs of the first stream: best about as many as it takes to fail once.</param>
    /// <param name="stop">Ends it between two streams.</param>
    public Reproduction? Try(
        Program program, FindingKey key, RunRequest request, int runs, int stream, CancellationToken stop = default)
    {
        for (var (ran, next) = (0, stream); ran < runs && !stop.IsCancellationRequested; next = Math.Min(2 * next, StreamMax))
        {
            var more = Stream(program, key, request, Math.Min(runs - ran, next));
            if (more.First is { } failing)
                return failing;
            ran += Math.Max(1, more.Runs);
        }
        return null;
    }

    /// <summary>Runs a program until it has failed so often, or for so many runs.</summary>
    public MeasuredRate Measure(
        Program program, FindingKey key, RunRequest request, int failuresWanted, int runsMax, CancellationToken stop)
    {
        var rate = new MeasuredRate(0, 0, null);
        var stream = 1;
        while (rate.Failures < failuresWanted && rate.Runs < runsMax && !stop.IsCancellationRequested)
        {
            var more = Stream(program, key, request, Math.Min(stream, runsMax - rate.Runs));
            rate = new MeasuredRate(rate.Runs + more.Runs, rate.Failures + more.Failures, rate.First ?? more.First);
            stream = Math.Min(more.Failures > 0 ? Math.Max(1, rate.RunsPerFailure / 2) : 2 * stream, StreamMax);
        }
        return rate;
    }

    private MeasuredRate Stream(Program program, FindingKey key, RunRequest request, int runs)
    {
        Reproduction? first = null;
        var (ran, failures) = (0, 0);
        foreach (var history in target.Run(Enumerable.Repeat(program, runs), request))
        {
            Runs++;
            ran++;
            if (Fails(program, key, history) is not { } found)
                continue;
            failures++;
            first ??= new Reproduction(found, request, history.Schedule, RunRecord.Answers(history, program.Lines.Length));
        }
        return new MeasuredRate(ran, failures, first);
    }

    private Violation? Fails(Program program, FindingKey key, History history)
    {
        violations.Clear();
        judge.Violations(program, history, violations);
        return violations.Find(violation => violation.Key == key);
    }
}
