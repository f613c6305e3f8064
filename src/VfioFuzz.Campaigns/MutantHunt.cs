using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>What caught a mutant, and after how many programs.</summary>
/// <param name="Programs">Programs run until then, that one included.</param>
/// <param name="Key">The first finding that the design itself does not show on that program.</param>
public sealed record MutantCatch(int Programs, FindingKey Key);

/// <summary>
/// Runs generated programs on a mutant of a design until a rule catches it. The design's own findings (its deadlocks, its kernel's known
/// defects) do not count: a finding is the mutant's when the design, on the same program and schedule, does not have it.
/// </summary>
public sealed class MutantHunt(ITarget mutant, ITarget design, IAnswerRule answers, Func<ulong, int, Program> draw)
{
    private readonly Judge judge = new(answers);
    private readonly List<Violation> found = [];
    private readonly List<Violation> own = [];

    /// <summary>The catch within <paramref name="programsMax"/> programs of a seed, or null: the mutant survives.</summary>
    public MutantCatch? Hunt(ulong seed, int programsMax, SchedulePolicy policy = default)
    {
        var request = new RunRequest(seed, Policy: policy);
        for (var index = 0; index < programsMax; index++)
        {
            var program = draw(seed, index);
            Judged(mutant, program, request, found);
            if (found.Count == 0)
                continue;
            Judged(design, program, request, own);
            foreach (var violation in found)
            {
                if (!own.Exists(known => known.Key == violation.Key))
                    return new MutantCatch(index + 1, violation.Key);
            }
        }
        return null;
    }

    private void Judged(ITarget target, Program program, RunRequest request, List<Violation> into)
    {
        into.Clear();
        foreach (var history in target.Run([program], request))
            judge.Violations(program, history, into);
    }
}
