using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>What is kept of a history: the last answer of each line, in the order of lines.</summary>
public static class RunRecord
{
    /// <summary>
    /// The answers of a program of <paramref name="lines"/> lines. A line that blocked and answered later has its answer; one still asleep
    /// is blocked.
    /// </summary>
    public static ImmutableArray<Answer> Answers(History history, int lines)
    {
        var answers = new Answer[lines];
        foreach (ref readonly var happened in history.Events)
        {
            if (happened.Kind is EventKind.Answered or EventKind.Blocked && happened.Line < lines)
                answers[happened.Line] = happened.Answer;
        }
        return ImmutableArray.Create(answers);
    }

    /// <summary>A history of the same facts in a buffer of its own.</summary>
    public static History Copy(History history) => With(history, happened => happened);

    /// <summary>The same facts, but for one line's answer.</summary>
    public static History WithAnswer(History history, int line, Answer answer) => With(history, happened =>
        happened.Kind is EventKind.Answered or EventKind.Blocked && happened.Line == line
            ? HistoryEvent.Answered(line, answer, happened.Ticket)
            : happened);

    /// <summary>The same facts with each event changed as told.</summary>
    public static History With(History history, Func<HistoryEvent, HistoryEvent> change)
    {
        var copy = new History
        {
            Platform = history.Platform,
            Console = history.Console,
            Incomplete = history.Incomplete,
            Schedule = history.Schedule,
        };
        foreach (ref readonly var happened in history.Events)
            copy.Add(change(happened));
        foreach (var outcome in history.Freezes)
            copy.Add(outcome);
        foreach (var violation in history.StateViolations)
            copy.Add(violation);
        return copy;
    }
}
