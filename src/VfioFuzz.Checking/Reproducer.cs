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
    private readonly Program[] one = new Program[1];

    /// <summary>Runs so far: the measure of a minimizer's work.</summary>
    public int Runs { get; private set; }

    /// <summary>The failing run, or null when this run did not fail that way.</summary>
    public Reproduction? Try(Program program, FindingKey key, RunRequest request)
    {
        Runs++;
        one[0] = program;
        foreach (var history in target.Run(one, request))
        {
            violations.Clear();
            judge.Violations(program, history, violations);
            if (violations.Find(violation => violation.Key == key) is { } found)
                return new Reproduction(found, request, history.Schedule, RunRecord.Answers(history, program.Lines.Length));
        }
        return null;
    }
}
