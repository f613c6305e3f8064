using System.Collections.Immutable;

namespace VfioFuzz.Programs;

/// <summary>What users still do once a run is frozen (design decision 5).</summary>
public enum FreezeMode
{
    /// <summary>Users do nothing more. A task that stays asleep merely <i>blocks</i>.</summary>
    Idle,

    /// <summary>Every live, unblocked holder of a container fd re-maps each invalid vaddr, then unmaps all.</summary>
    Help,

    /// <summary>One process is killed, all others idle. A kernel must survive this.</summary>
    KillOne,

    /// <summary>Every process is killed. A kernel must survive this.</summary>
    KillAll,
}

/// <summary>
/// A task that has not finished when nothing can run: what it is doing (<c>close</c>, <c>exit</c>, <c>submit-pin</c>),
/// the kernel place where it sleeps, what it waits for and who holds that (null when nobody does).
/// </summary>
/// <param name="Runs">Whether it does not sleep at all: it takes steps for ever that lead nowhere, and the run is a livelock.</param>
public sealed record StuckTask(TaskId Task, string Doing, string Place, string WaitsFor, TaskId? Holder, bool Runs = false)
{
    public override string ToString() =>
        $"{Task} in {Doing} at {Place} waits for {WaitsFor}" + (Holder is { } holder ? $" held by {holder}" : "");
}

/// <summary>The end of a frozen run: nobody stuck, or who.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="Process">The process killed, for <see cref="FreezeMode.KillOne"/>.</param>
/// <param name="Stuck">The tasks that had not finished, in task order.</param>
public sealed record FreezeOutcome(FreezeMode Mode, int Process, ImmutableArray<StuckTask> Stuck);

/// <summary>
/// A state rule that a simulated machine saw broken: the rule's name, the line that was running, the evidence.
/// </summary>
public sealed record StateViolation(string Rule, int Line, string Evidence);
