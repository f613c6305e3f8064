using VfioFuzz.Programs;

namespace VfioFuzz.Model.Judging;

/// <summary>
/// What a history says of the lines of one window: the lines that were started together (one, or a <c>par</c> block) and everything
/// that was answered until they had settled.
/// </summary>
internal sealed class Observations
{
    private readonly Answer[] answers = new Answer[Limits.LinesMax];
    private readonly ulong[] calledAt = new ulong[Limits.LinesMax];
    private readonly ulong[] answeredAt = new ulong[Limits.LinesMax];

    /// <summary>The lines that were started, bit by line.</summary>
    public ulong Called { get; private set; }

    /// <summary>The lines answered in this window, bit by line; some may have been started in an earlier one.</summary>
    public ulong Answered { get; private set; }

    /// <summary>The lines whose thread was killed in them, bit by line.</summary>
    public ulong Killed { get; private set; }

    public void Start() => Called = Answered = Killed = 0;

    public void Add(in HistoryEvent happened)
    {
        var line = happened.Line;
        if (line >= Limits.LinesMax)
            return;
        if (happened.Kind == EventKind.Called)
        {
            Called |= 1UL << line;
            calledAt[line] = happened.Ticket;
        }
        else if (happened.Kind == EventKind.Answered)
        {
            Answered |= 1UL << line;
            if (happened.AnswerKind == AnswerKind.Killed)
                Killed |= 1UL << line;
            answers[line] = happened.Answer;
            answeredAt[line] = happened.Ticket;
        }
    }

    /// <summary>What the line answered; blocked when it did not.</summary>
    public Answer Of(int line) => IsAnswered(line) ? answers[line] : Answer.Blocked;

    public bool IsAnswered(int line) => (Answered >> line & 1) != 0;

    /// <summary>Lines that must have returned before <paramref name="line"/> can begin: those answered before it was called.</summary>
    public ulong Before(int line)
    {
        ulong before = 0;
        for (var rest = Answered; rest != 0; rest &= rest - 1)
        {
            var other = System.Numerics.BitOperations.TrailingZeroCount(rest);
            if (answeredAt[other] < calledAt[line])
                before |= 1UL << other;
        }
        return before;
    }

    /// <summary>Whether the contract's answer is the observed one, in what the operation's kind promises.</summary>
    public bool Matches(int line, in Operation operation, in Answer allowed) =>
        IsAnswered(line) && Same(operation.Kind, answers[line], allowed);

    /// <summary>
    /// Values count where the kind defines one. VmLck is compared modulo 2^62 pages: after an underflow the proc file prints a wrapped
    /// count of kilobytes (type1-semantics 6.3).
    /// </summary>
    public static bool Same(OperationKind kind, in Answer observed, in Answer allowed)
    {
        if (observed.Kind != allowed.Kind || observed.Errno != allowed.Errno)
            return false;
        if (!allowed.IsOk || !HasValue(kind))
            return true;
        return kind == OperationKind.Observe
            ? SamePages(observed.Value, allowed.Value)
            : observed.Value == allowed.Value;
    }

    public static bool SamePages(ulong observed, ulong allowed) => (observed - allowed) << 2 == 0;

    private static bool HasValue(OperationKind kind) => kind is
        OperationKind.GetInfo or OperationKind.DirtyPages or OperationKind.GetApiVersion or OperationKind.CheckExtension or OperationKind.GroupStatus or OperationKind.Unmap
        or OperationKind.Pin or OperationKind.Unpin or OperationKind.DmaRw
        or OperationKind.SubmitPin or OperationKind.SubmitUnpin or OperationKind.SubmitDmaRw
        or OperationKind.Dma or OperationKind.ReadPage or OperationKind.Observe;
}
