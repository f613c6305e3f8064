using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Programs without lines that, going by the answers of a failing run, had no part in it. Guesses like other candidates, but good ones: where
/// each step of a minimizer costs a new guest, a few of them take the place of many.
/// </summary>
public static class IdleLines
{
    /// <summary>The boldest first; each has fewer lines.</summary>
    public static IEnumerable<Program> LeftOut(Program program, ImmutableArray<Answer> answers)
    {
        if (answers.Length != program.Lines.Length)
            return [];
        var last = LastAsleep(answers);
        Func<int, bool>[] parts =
        [
            line => HasWorked(answers[line]) && !IsBehind(program, answers, line, last),
            line => HasWorked(answers[line]),
            line => HasBegun(answers[line]) && !IsBehind(program, answers, line, last),
            line => HasBegun(answers[line]),
        ];
        return parts.Select(part => Only(program, part)).Where(left => left.Lines.Length < program.Lines.Length).Distinct();
    }

    private static Program Only(Program program, Func<int, bool> isKept) =>
        new Program(program.World, [.. program.Lines.Where((_, line) => isKept(line))]).Canonical();

    private static bool HasBegun(Answer answer) => answer.Kind is not (AnswerKind.None or AnswerKind.Busy or AnswerKind.NotRun);

    private static bool HasWorked(Answer answer) => HasBegun(answer) && (answer.Kind != AnswerKind.Returned || answer.IsOk);

    /// <summary>The last line that never returned, or -1.</summary>
    private static int LastAsleep(ImmutableArray<Answer> answers)
    {
        for (var line = answers.Length - 1; line >= 0; line--)
        {
            if (answers[line].Kind == AnswerKind.Blocked)
                return line;
        }
        return -1;
    }

    /// <summary>Whether a line came after everything that sleeps: outside its block, or behind it.</summary>
    private static bool IsBehind(Program program, ImmutableArray<Answer> answers, int line, int last)
    {
        if (last < 0 || answers[line].Kind == AnswerKind.Blocked)
            return false;
        var lines = program.Lines;
        return line > last && (!lines[line].IsParallel || lines[line].Block != lines[last].Block);
    }
}
