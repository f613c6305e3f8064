using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>One cell of the table: how often an operation had an outcome.</summary>
public readonly record struct OutcomeCount(OperationKind Kind, Outcome Outcome, long Count);

/// <summary>What became of a line, without its value: success, an errno, or a word of the harness.</summary>
public readonly record struct Outcome(AnswerKind Kind, Errno Errno)
{
    public static Outcome Ok => new(AnswerKind.Returned, Errno.None);

    public static Outcome Of(Answer answer) => new(answer.Kind, answer.Kind == AnswerKind.Returned ? answer.Errno : Errno.None);

    public static Outcome Fails(Errno errno) => new(AnswerKind.Returned, errno);

    public override string ToString() => Kind switch
    {
        AnswerKind.Returned when Errno == Errno.None => "ok",
        AnswerKind.Returned => Errno.ToString(),
        AnswerKind.NotRun => "not-run",
        _ => Kind.ToString().ToLowerInvariant(),
    };
}

/// <summary>
/// How often each kind of operation had each outcome in a campaign. A call that blocked and returned later counts in both columns: both
/// were seen.
/// </summary>
public sealed class OutcomeTable
{
    private const int ErrnoMax = 4096;
    private const int WordsMax = 8;

    private readonly long[] lines = new long[256];
    private readonly Dictionary<int, long> cells = [];

    /// <summary>Lines run.</summary>
    public long Lines { get; private set; }

    public void Add(Program program, History history)
    {
        foreach (var line in program.Lines)
            lines[(byte)line.Operation.Kind]++;
        Lines += program.Lines.Length;
        foreach (ref readonly var happened in history.Events)
        {
            if (happened.Kind is EventKind.Answered or EventKind.Blocked && happened.Line < program.Lines.Length)
                cells[Cell(program.Lines[happened.Line].Operation.Kind, Outcome.Of(happened.Answer))] =
                    Count(program.Lines[happened.Line].Operation.Kind, Outcome.Of(happened.Answer)) + 1;
        }
    }

    /// <summary>Lines of that kind.</summary>
    public long CountOf(OperationKind kind) => lines[(byte)kind];

    public long Count(OperationKind kind, Outcome outcome) => cells.GetValueOrDefault(Cell(kind, outcome));

    /// <summary>Every cell that is not zero, by kind, then success before errnos before the harness's words.</summary>
    public ImmutableArray<OutcomeCount> Cells() =>
        [.. cells.OrderBy(cell => cell.Key).Select(cell => new OutcomeCount(
            (OperationKind)(cell.Key / (ErrnoMax * WordsMax)),
            new Outcome((AnswerKind)(cell.Key / ErrnoMax % WordsMax), (Errno)(cell.Key % ErrnoMax)),
            cell.Value))];

    private static int Cell(OperationKind kind, Outcome outcome) =>
        ((int)kind * WordsMax + (int)outcome.Kind) * ErrnoMax + (int)outcome.Errno;
}
