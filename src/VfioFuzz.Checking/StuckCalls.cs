using System.Collections.Immutable;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Tasks of a real kernel that never came back. Such a kernel cannot be frozen into every mode: while calls wait, its tear-down kills one process
/// and then all (all at once where an unbind waits: it does, killed or not, until others close the device), and what does not die then is a deadlock
/// of that grade. A call that never returned is stuck even when it could be killed, unless its dialect waits for user space or there is an unbind that
/// it may wait for; whether it may is for the model to say.
/// </summary>
internal static class StuckCalls
{
    public static Violation? Find(Program program, History history)
    {
        if (history.Freezes.Count > 0 || history is { Incomplete: not null, Console: "" })
            return null;
        var lines = BlockedLines(program, history);
        var undead = GradeOf(history);
        var waits = Waits(history.Platform.Dialect) || lines.Any(line => program.Lines[line].Operation.Kind == OperationKind.Unbind);
        if (undead == Grade.None && (lines.IsEmpty || waits) && !HangsGuest(history))
            return null;
        var tasks = StuckText.Tasks(history.Console, program, lines);
        var place = tasks.IsEmpty ? Doings(program, lines, history) : Deadlocks.Place(tasks);
        var (rule, grade) = undead != Grade.None && waits ? (RuleBook.Deadlock, undead) : (RuleBook.Stuck, Grade.None);
        return new Violation(
            new FindingKey(rule.Name, grade, place), lines.IsEmpty ? -1 : lines[0], Evidence(program, lines, history));
    }

    /// <summary>Whether calls of this dialect wait for user space (type1-semantics 0.1, 5.5).</summary>
    private static bool Waits(DialectName dialect) =>
        dialect == DialectName.Unspecified || Dialect.Of(dialect).WaitsForVaddr;

    /// <summary>Which kill a task of the run survived, if any.</summary>
    internal static Grade GradeOf(History history)
    {
        foreach (ref readonly var happened in history.Events)
        {
            if (happened is { Kind: EventKind.ResetFailed, ResetReason: ResetReason.TaskDoesNotDie or ResetReason.TaskDoesNotDieAlone })
                return happened.ResetReason == ResetReason.TaskDoesNotDie ? Grade.KillAll : Grade.KillOne;
        }
        return Grade.None;
    }

    /// <summary>The guest was lost in a program and its kernel said nothing about it.</summary>
    private static bool HangsGuest(History history) => history.Incomplete is not null && history.Console.Length > 0;

    /// <summary>Lines that blocked and never answered.</summary>
    private static ImmutableArray<int> BlockedLines(Program program, History history)
    {
        ulong blocked = 0;
        foreach (ref readonly var happened in history.Events)
        {
            if (happened.Kind == EventKind.Blocked)
                blocked |= 1UL << happened.Line;
            else if (happened.Kind == EventKind.Answered)
                blocked &= ~(1UL << happened.Line);
        }
        return [.. Enumerable.Range(0, program.Lines.Length).Where(line => (blocked >> line & 1) != 0)];
    }

    private static string Doings(Program program, ImmutableArray<int> lines, History history)
    {
        if (lines.IsEmpty && LastCalled(program, history) is { } last)
            lines = [last];
        return lines.IsEmpty ? "tear-down" : string.Join(" + ", lines
            .Select(line => OperationForm.Of(program.Lines[line].Operation.Kind).Mnemonic)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal));
    }

    /// <summary>The line that was running when the guest was lost.</summary>
    private static int? LastCalled(Program program, History history)
    {
        int? running = null;
        foreach (ref readonly var happened in history.Events)
        {
            if (happened.Kind == EventKind.Called && happened.Line < program.Lines.Length)
                running = happened.Line;
            else if (happened.Kind == EventKind.Answered && happened.Line == running)
                running = null;
        }
        return running;
    }

    private static string Evidence(Program program, ImmutableArray<int> lines, History history)
    {
        var facts = lines
            .Select(line => $"never returned: line {line + 1}: {OperationText.Print(program.Lines[line].Operation)}")
            .Append(history.Console.TrimEnd());
        return string.Join('\n', facts.Where(fact => fact.Length > 0));
    }
}
