using System.Globalization;
using VfioFuzz.Checking;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// Findings of a search as findings of a run: the path becomes a program with a schedule, the target runs it, and the judge must see the
/// same rule broken. What the explorer says is believed only when <c>replay</c> would show it.
/// </summary>
internal sealed class ExploredFindings(string targetName, SimulatedSpace space) : IDisposable
{
    private readonly ITarget target = Targets.Open(targetName, new TargetWishes(null, 1, Quiet: true, CancellationToken.None));

    /// <summary>The finding with its program, or null when running that program does not show it.</summary>
    /// <param name="found">What the search saw.</param>
    /// <param name="wanted">The finding it must be; null: any that the search's words fit.</param>
    public Finding? Of(ExploredFinding found, FindingKey? wanted = null)
    {
        var (program, schedule) = space.Replay(found.Path);
        var words = space.Describe(found.Key);
        var judge = Composition.Judge(target, DialectName.Unspecified);
        foreach (var history in target.Run([program], new RunRequest(1, schedule)))
        {
            var violations = new List<Violation>();
            judge.Violations(program, history, violations);
            if (violations.Find(violation => wanted is { } key ? violation.Key == key : IsSame(violation.Key, words)) is not { } seen)
                continue;
            return new Finding
            {
                Key = seen.Key,
                Program = program,
                Schedule = Trimmed(schedule),
                Targets = [targetName],
                Evidence = seen.Evidence,
                Answers = [.. RunRecord.Answers(history, program.Lines.Length).Select(answer => answer.ToString())],
                Remarks = [Minimum(found)],
            };
        }
        return null;
    }

    public void Dispose() => target.Dispose();

    private string Minimum(ExploredFinding found) => string.Create(
        CultureInfo.InvariantCulture,
        $"minimum (proved): {found.Operations} of {space.Setup.Menu.Length} operations{After()}; no program with fewer of them does it");

    private string After() => space.Setup.Prologue.IsEmpty
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $" after a prologue of {space.Setup.Prologue.Length}");

    /// <summary>The same rule and grade at the same place; evidence of state rules is worded by the judge.</summary>
    public static bool IsSame(FindingKey seen, string words) =>
        seen.ToString() == words || seen.Grade == Grade.None && words.StartsWith($"{seen.Rule} (", StringComparison.Ordinal);

    /// <summary>Where a schedule ends, the lowest runnable task runs.</summary>
    private static Schedule Trimmed(Schedule schedule)
    {
        var length = schedule.Choices.Length;
        while (length > 0 && schedule.Choices[length - 1] == 0)
            length--;
        return new Schedule(schedule.Choices[..length]);
    }
}
