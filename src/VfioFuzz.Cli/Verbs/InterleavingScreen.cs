using System.Collections.Immutable;
using System.Globalization;
using Spectre.Console;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Cli.Screens;

/// <summary>
/// An interleaving as a table: a column for each task, time downwards, and beside them the locks that are held, the mappings and the pins
/// where they changed. A line that one task runs alone to its end is one row unless every step is asked for.
/// </summary>
internal sealed class InterleavingScreen(IAnsiConsole console, Program program, bool everyStep)
{
    private const int LockWidth = 26;

    public void Print(Interleaving interleaving, History history)
    {
        var tasks = Tasks(interleaving);
        var table = Screen.Table(["line", .. tasks.Select(task => task.ToString()), "locks held", "mappings", "pins"]);
        table.ShowRowSeparators = false;
        var (mappings, pins) = ("", "");
        foreach (var moments in Rows(interleaving))
        {
            var last = moments[^1];
            var cells = new List<string> { (last.Line + 1).ToString(CultureInfo.InvariantCulture) };
            cells.AddRange(tasks.Select(task => Cell(task, moments)));
            cells.Add(Locks(last));
            cells.Add(Changed(string.Join("\n", last.Mappings), ref mappings));
            cells.Add(Changed(string.Join("\n", last.Pins), ref pins));
            table.AddRow(Screen.Cells([.. cells]));
        }
        console.Write(table);
        foreach (var outcome in history.Freezes)
            Print(outcome);
    }

    private void Print(FreezeOutcome outcome)
    {
        var mode = outcome.Mode switch
        {
            FreezeMode.Idle => "then, users idle",
            FreezeMode.Help => "or users help",
            FreezeMode.KillOne => string.Create(CultureInfo.InvariantCulture, $"or p{outcome.Process} is killed"),
            _ => "or all are killed",
        };
        var words = outcome.Stuck.IsEmpty ? ["everything ends"] : outcome.Stuck.Select(task => task.ToString());
        console.Write(new Text($"{mode}: {string.Join("\n    ", words)}\n"));
    }

    /// <summary>Tasks that ever did something, threads before workers.</summary>
    private static ImmutableArray<TaskId> Tasks(Interleaving interleaving) =>
    [
        .. interleaving.Moments.SelectMany(moment => moment.Tasks.Select(task => task.Task).Append(moment.Task))
            .Distinct().OrderBy(task => task.Value),
    ];

    private IEnumerable<List<Moment>> Rows(Interleaving interleaving)
    {
        var row = new List<Moment>();
        foreach (var moment in interleaving.Moments)
        {
            if (row.Count > 0 && !Joins(row[^1], moment))
            {
                yield return row;
                row = [];
            }
            row.Add(moment);
        }
        if (row.Count > 0)
            yield return row;
    }

    /// <summary>Steps of one task in one line are a row when nobody else is in the kernel meanwhile.</summary>
    private bool Joins(Moment before, Moment moment) =>
        !everyStep && !moment.Starts && before.Line == moment.Line && before.Task == moment.Task &&
        before.Tasks.All(task => task.Task == moment.Task) && !program.Lines[moment.Line].IsParallel;

    private string Cell(TaskId task, List<Moment> moments)
    {
        var last = moments[^1];
        var words = new List<string>();
        if (moments[0].Task == task)
            words.Add(moments[0].Starts || moments.Count == 1 ? moments[0].Step : last.Step);
        foreach (var (line, answer) in moments.SelectMany(moment => moment.Answers))
        {
            if (last.Task == task || program.Lines[line].Operation.Task == task)
                words.Add(program.Lines[line].Operation.Task == last.Task || last.Task == task ? $"= {answer}" : "");
        }
        if (last.Tasks.FirstOrDefault(inside => inside.Task == task) is { } now)
        {
            if (now.WaitsFor.Length > 0)
                words.Add($"waits for {now.WaitsFor}{(now.Holder is { } holder ? $" ({holder})" : "")}");
            else if (last.Task != task)
                words.Add("may run");
        }
        return string.Join("\n", words.Where(word => word.Length > 0).Distinct());
    }

    private static string Locks(Moment moment) => string.Join("\n", moment.Tasks
        .Where(task => !task.Holds.IsEmpty)
        .Select(task => $"{task.Task}: {Folded(task.Holds)}"));

    private static string Folded(ImmutableArray<string> locks) =>
        string.Join(string.Join(", ", locks).Length > LockWidth ? ",\n  " : ", ", locks);

    private static string Changed(string now, ref string before)
    {
        if (now == before)
            return "";
        before = now;
        return now.Length == 0 ? "none" : now;
    }
}
