using System.Runtime.InteropServices;

namespace VfioFuzz.Programs;

/// <summary>
/// What kind of fact a history event states. Codes are fixed: they are on the wire and in stored histories.
/// </summary>
public enum EventKind : byte
{
    None = 0,

    /// <summary>Line <see cref="HistoryEvent.Line"/> was started.</summary>
    Called = 1,

    /// <summary>
    /// Line <see cref="HistoryEvent.Line"/> answered (returned, busy, not-run or killed). A call that was blocked may
    /// return much later: after the Called of a later line and before that line has settled.
    /// </summary>
    Answered = 2,

    /// <summary>The line was seen asleep with nothing else runnable. An Answered may follow later.</summary>
    Blocked = 3,

    /// <summary>The lines started so far have settled (no line is started before).</summary>
    Settled = 4,

    /// <summary>
    /// VmLck, in pages (value), of process <see cref="HistoryEvent.Line"/> after the last line settled, before
    /// tear-down.
    /// </summary>
    LockedAtEnd = 5,

    /// <summary>VmLck of process p0 after tear-down, when it is still alive.</summary>
    LockedAfterTeardown = 6,

    /// <summary>
    /// Pages pinned (acquired minus released, as a signed value) over this run; only where the target can know it per
    /// run.
    /// </summary>
    PinBalance = 7,

    /// <summary>
    /// Tear-down did not bring the target back to its initial state; value: a <see cref="ResetReason"/>.
    /// </summary>
    ResetFailed = 8,
}

/// <summary>What a tear-down waited for in vain: the guest's <c>enum reset_reason</c>. A simulated design has none.</summary>
public enum ResetReason : ulong
{
    None = 0,

    /// <summary>A task does not die, and all were killed.</summary>
    TaskDoesNotDie = 1,

    /// <summary>The type1 module is still in use.</summary>
    Type1IsBusy = 2,

    /// <summary>A test mdev is still open, or its driver has pages pinned.</summary>
    MdevIsBusy = 3,

    /// <summary>A task does not die, and its process alone was killed.</summary>
    TaskDoesNotDieAlone = 4,

    /// <summary>
    /// The release of a file that was still in a mailbox does not end. Mailboxes are the harness's and outlive all processes
    /// (<see cref="OperationKind.SendFd"/>), so what was asked of the program has been answered by then.
    /// </summary>
    MailDoesNotEnd = 5,

    /// <summary>A device that the program unbound does not get its driver again.</summary>
    DeviceIsUnbound = 6,
}

/// <summary>
/// One fact, 24 bytes, as on the wire. Tickets come from one counter and grow with the order of events.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
public readonly record struct HistoryEvent(EventKind Kind, AnswerKind AnswerKind, ushort Line, int ErrnoValue, ulong Value, ulong Ticket)
{
    public Answer Answer => new(AnswerKind, (Errno)ErrnoValue, Value);

    /// <summary>Of <see cref="EventKind.ResetFailed"/>.</summary>
    public ResetReason ResetReason => (ResetReason)Value;

    public static HistoryEvent Called(int line, ulong ticket) => new(EventKind.Called, 0, (ushort)line, 0, 0, ticket);

    public static HistoryEvent Answered(int line, Answer answer, ulong ticket) =>
        new(EventKind.Answered, answer.Kind, (ushort)line, (int)answer.Errno, answer.Value, ticket);

    public static HistoryEvent Blocked(int line, ulong ticket) =>
        new(EventKind.Blocked, AnswerKind.Blocked, (ushort)line, 0, 0, ticket);

    public static HistoryEvent Settled(ulong ticket) => new(EventKind.Settled, 0, 0, 0, 0, ticket);
}

/// <summary>
/// What happened in one run, in order: facts, no opinions. A buffer to be filled again by the next run (<see
/// cref="Clear"/>); copy it to keep it. How the run ended beyond its lines (who was stuck, what the console said) is in
/// the lists below.
/// </summary>
public sealed class History
{
    private readonly List<HistoryEvent> events = new(3 * Limits.LinesMax);
    private readonly List<FreezeOutcome> freezes = [];
    private readonly List<StateViolation> stateViolations = [];
    private readonly List<uint> blocks = [];
    private readonly List<uint> steps = [];

    /// <summary>The machine that answered: first record of every stored history.</summary>
    public Platform Platform { get; set; } = Platform.Simulated;

    public ReadOnlySpan<HistoryEvent> Events => CollectionsMarshal.AsSpan(events);

    /// <summary>What became of the run when it was frozen with a task still blocked (design decision 5).</summary>
    public IReadOnlyList<FreezeOutcome> Freezes => freezes;

    /// <summary>
    /// Rules about the state (not the answers) that the target itself saw broken: simulated machines only.
    /// </summary>
    public IReadOnlyList<StateViolation> StateViolations => stateViolations;

    /// <summary>Console lines of a real kernel that are not ordinary: splats, panics, hung tasks.</summary>
    public string Console { get; set; } = "";

    /// <summary>
    /// Why the run could not be carried to its end (capacity, budget, target lost), or null. Never a pass.
    /// </summary>
    public string? Incomplete { get; set; }

    /// <summary>The schedule that was taken, as the choices that replay it; empty for a real kernel.</summary>
    public Schedule Schedule { get; set; } = Schedule.Empty;

    /// <summary>
    /// How long the target was at this run, where it knows (guests work side by side and ahead); else zero. No fact to
    /// judge.
    /// </summary>
    public TimeSpan Took { get; set; }

    /// <summary>Blocks of the kernel's code that ran (<see cref="CodeBlock.Start"/>), in the order of first sight; empty where the target does not tell.</summary>
    public ReadOnlySpan<uint> Blocks => CollectionsMarshal.AsSpan(blocks);

    /// <summary>Keys of steps from one block to the next, each once: equal steps have equal keys, now and then others have too.</summary>
    public ReadOnlySpan<uint> Steps => CollectionsMarshal.AsSpan(steps);

    public void AddCoverage(ReadOnlySpan<uint> ran, ReadOnlySpan<uint> taken)
    {
        blocks.AddRange(ran);
        steps.AddRange(taken);
    }

    public void Add(HistoryEvent happened) => events.Add(happened);

    public void Add(FreezeOutcome outcome) => freezes.Add(outcome);

    public void Add(StateViolation violation) => stateViolations.Add(violation);

    public void Clear()
    {
        events.Clear();
        freezes.Clear();
        stateViolations.Clear();
        blocks.Clear();
        steps.Clear();
        Console = "";
        Incomplete = null;
        Schedule = Schedule.Empty;
        Took = TimeSpan.Zero;
    }
}
