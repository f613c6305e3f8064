using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Grades what became of a frozen run. A task asleep while its users are idle merely blocks. Killing a process must end each of its threads:
/// one that stays is a deadlock of grade kill-one, together with those it waits for. When all are killed everything must end, kernel
/// workers too: nobody is left who could wake them. Where a task that should have ended takes steps in a cycle instead of sleeping, it is a
/// livelock of that grade.
/// </summary>
public static class Deadlocks
{
    internal static void Find(History history, List<Violation> into)
    {
        var before = into.Count;
        foreach (var outcome in history.Freezes)
        {
            if (outcome.Mode == FreezeMode.KillOne)
                Add(outcome, Grade.KillOne, Circle(outcome), history, into);
        }
        if (into.Count > before)
            return;
        foreach (var outcome in history.Freezes)
        {
            if (outcome.Mode == FreezeMode.KillAll)
                Add(outcome, Grade.KillAll, outcome.Stuck, history, into);
        }
    }

    /// <summary>
    /// The sets of tasks that are stuck when users die: the circle of each killed process, else all that the death of all leaves.
    /// </summary>
    public static IEnumerable<(Grade Grade, ImmutableArray<StuckTask> Stuck)> Circles(IReadOnlyCollection<FreezeOutcome> outcomes)
    {
        var killed = outcomes.Where(outcome => outcome.Mode == FreezeMode.KillOne)
            .Select(Circle).Where(circle => !circle.IsEmpty).Select(circle => (Grade.KillOne, circle)).ToList();
        return killed.Count > 0 ? killed : outcomes
            .Where(outcome => outcome.Mode == FreezeMode.KillAll && !outcome.Stuck.IsEmpty)
            .Select(outcome => (Grade.KillAll, outcome.Stuck));
    }

    /// <summary>
    /// What a real kernel's tear-down would tell of: it waits for those that were killed before, then kills the first process that lives, then
    /// all.
    /// </summary>
    internal static Grade GradeOf(Program program, History history)
    {
        var answers = RunRecord.Answers(history, program.Lines.Length);
        var killed = history.Freezes.Where(outcome => outcome.Mode == FreezeMode.KillOne).ToLookup(outcome => IsEnding(program, answers, outcome.Process));
        return killed[true].Concat(killed[false].Take(1)).Any(outcome => !Circle(outcome).IsEmpty) ? Grade.KillOne
            : Of(history, FreezeMode.KillAll) is { Stuck.IsEmpty: false } ? Grade.KillAll
            : Grade.None;
    }

    /// <summary>Whether a process that still stands was to end in a line of the program that was carried out.</summary>
    private static bool IsEnding(Program program, ImmutableArray<Answer> answers, int process)
    {
        for (var line = 0; line < program.Lines.Length; line++)
        {
            var operation = program.Lines[line].Operation;
            var ends = operation.Kind == OperationKind.Kill ? operation.PeerProcess == process
                : operation.Kind == OperationKind.Exit && operation.Task.Process == process;
            if (ends && answers[line].Kind is not (AnswerKind.Busy or AnswerKind.NotRun))
                return true;
        }
        return false;
    }

    /// <summary>Who blocks while its users are idle, and whether help frees them; empty when nobody does.</summary>
    internal static string Note(History history)
    {
        var idle = Of(history, FreezeMode.Idle);
        if (idle is null || idle.Stuck.IsEmpty)
            return "";
        return $"blocks: {string.Join("; ", idle.Stuck)}{Recovery(history)}";
    }

    /// <summary>Tasks that all sleep are in a deadlock; one that takes steps for ever makes it a livelock.</summary>
    public static Rule RuleOf(IEnumerable<StuckTask> stuck) => stuck.Any(task => task.Runs) ? RuleBook.Livelock : RuleBook.Deadlock;

    /// <summary>The sorted distinct pairs of doing and kernel place.</summary>
    public static string Place(IEnumerable<StuckTask> stuck) => string.Join(" + ", stuck
        .Select(task => $"{task.Doing} @ {KernelText.PlaceOf(task.Place)}")
        .Distinct(StringComparer.Ordinal)
        .Order(StringComparer.Ordinal));

    private static void Add(
        FreezeOutcome outcome, Grade grade, ImmutableArray<StuckTask> stuck, History history, List<Violation> into)
    {
        if (stuck.IsEmpty)
            return;
        var key = new FindingKey(RuleOf(stuck).Name, grade, Place(stuck));
        if (into.Exists(violation => violation.Key == key))
            return;
        var mode = grade == Grade.KillOne ? $"p{outcome.Process} is killed, all others idle" : "every process is killed";
        into.Add(new Violation(key, -1, $"when {mode}:\n{string.Join('\n', stuck)}{Recovery(history)}"));
    }

    /// <summary>
    /// The stuck threads of the killed process and everybody they wait for, step by step. Tasks of other processes that merely sleep do
    /// not belong to the finding.
    /// </summary>
    private static ImmutableArray<StuckTask> Circle(FreezeOutcome outcome)
    {
        var members = new bool[Limits.TasksMax];
        foreach (var task in outcome.Stuck)
        {
            if (!task.Task.IsWorker && task.Task.Process == outcome.Process)
                members[task.Task.Value] = true;
        }
        for (var grown = true; grown;)
        {
            grown = false;
            foreach (var task in outcome.Stuck)
            {
                if (members[task.Task.Value] && task.Holder is { } holder && !members[holder.Value])
                    grown = members[holder.Value] = true;
            }
        }
        return [.. outcome.Stuck.Where(task => members[task.Task.Value])];
    }

    private static string Recovery(History history) => Of(history, FreezeMode.Help) switch
    {
        null => "",
        { Stuck.IsEmpty: true } => "\nrecoverable before the kill: a live holder of the container that maps each vaddr again frees them",
        { } help => $"\nnot recoverable: after every live holder of a container mapped each vaddr again, still stuck:\n"
            + string.Join('\n', help.Stuck),
    };

    private static FreezeOutcome? Of(History history, FreezeMode mode) =>
        history.Freezes.FirstOrDefault(outcome => outcome.Mode == mode);
}
