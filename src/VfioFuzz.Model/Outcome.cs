using VfioFuzz.Programs;

namespace VfioFuzz.Model;

internal enum OutcomeStatus : byte
{
    /// <summary>The call returned (or its thread died in it): <see cref="Outcome.Answer"/>.</summary>
    Returned,

    /// <summary>A section was run and more follow.</summary>
    More,

    /// <summary>Nothing was done: the call waits for something that does not hold yet.</summary>
    Waits,

    /// <summary>The kernel has BUGged in the call; nothing is promised any more.</summary>
    Crashed,

    /// <summary>The line was given to a worker, which will answer it.</summary>
    Handed,

    /// <summary>A named capacity of the model was reached.</summary>
    Undecided,
}

/// <summary>What one step of a call came to, and the rule it follows.</summary>
internal readonly record struct Outcome(OutcomeStatus Status, RuleId Rule, Answer Answer)
{
    public static Outcome Ok(RuleId rule, ulong value = 0) => new(OutcomeStatus.Returned, rule, Answer.Ok(value));

    public static Outcome Fails(Errno errno, RuleId rule) => new(OutcomeStatus.Returned, rule, Answer.Fails(errno));

    public static Outcome NotRun => new(OutcomeStatus.Returned, RuleId.NotRun, Answer.NotRun);

    public static Outcome DeviceIoctl => new(OutcomeStatus.Returned, RuleId.DeviceIoctl, Answer.NotRun);

    public static Outcome Busy => new(OutcomeStatus.Returned, RuleId.Busy, Answer.Busy);

    public static Outcome More => new(OutcomeStatus.More, RuleId.None, default);

    public static Outcome Waits(RuleId rule) => new(OutcomeStatus.Waits, rule, Answer.Blocked);

    public static Outcome Handed => new(OutcomeStatus.Handed, RuleId.None, default);

    /// <summary>A fatal signal ended the call before it did anything (EINTR, which nobody lives to see).</summary>
    public static Outcome Interrupted => new(OutcomeStatus.Returned, RuleId.Killed, Answer.Killed);

    public static Outcome Crashed => new(OutcomeStatus.Crashed, RuleId.UnmapBug, Answer.Killed);

    public static Outcome Undecided => new(OutcomeStatus.Undecided, RuleId.None, default);

    /// <summary>This outcome of a section that has changed something before: a wait is then met by the next section.</summary>
    public Outcome AfterProgress() => Status == OutcomeStatus.Waits ? More : this;

    public bool HasReturned => Status == OutcomeStatus.Returned;
}
