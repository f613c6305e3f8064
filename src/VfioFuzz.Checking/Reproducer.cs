using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>A run that failed in the wanted way.</summary>
/// <param name="Violation">The violation, with the evidence of this run.</param>
/// <param name="Request">What to ask the target for to see it again.</param>
/// <param name="Schedule">The schedule the target took.</param>
/// <param name="Answers">The last answer of each line.</param>
public sealed record Reproduction(Violation Violation, RunRequest Request, Schedule Schedule, ImmutableArray<Answer> Answers);

/// <summary>Runs one program on one target and says whether it fails in a given way: same rule, grade and place.</summary>
public sealed class Reproducer(ITarget target, Judge judge)
{
    private readonly List<Violation> violations = [];

    /// <summary>Runs so far: the measure of a minimizer's work.</summary>
    public int Runs { get; private set; }

    /// <summary>The failing run, or null when this run did not fail that way.</summary>
    public Reproduction? Try(Program program, FindingKey key, RunRequest request) => Try(program, key, request, 1);

    /// <summary>
    /// The first failing of so many runs, or null. They are one stream: a real kernel runs them in batches, at a fraction of the price of as
    /// many single runs.
    /// </summary>
    public Reproduction? Try(Program program, FindingKey key, RunRequest request, int runs)
    {
        foreach (var history in target.Run(Enumerable.Repeat(program, runs), request))
        {
            Runs++;
            if (Fails(program, key, history) is { } found)
                return new Reproduction(found, request, history.Schedule, RunRecord.Answers(history, program.Lines.Length));
        }
        return null;
    }

    /// <summary>How many of so many runs fail that way.</summary>
    public int Count(Program program, FindingKey key, RunRequest request, int runs, CancellationToken stop)
    {
        var failures = 0;
        foreach (var history in target.Run(Enumerable.Repeat(program, runs).TakeWhile(_ => !stop.IsCancellationRequested), request))
        {
            Runs++;
            failures += Fails(program, key, history) is null ? 0 : 1;
        }
        return failures;
    }

    private Violation? Fails(Program program, FindingKey key, History history)
    {
        violations.Clear();
        judge.Violations(program, history, violations);
        return violations.Find(violation => violation.Key == key);
    }
}
