using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>Counts what a run really did.</summary>
public static class ExecutedOperations
{
    /// <summary>
    /// Lines whose operation the target executed: it returned, sleeps, or was killed in it. Lines whose process was gone or whose thread was busy are
    /// answered by the harness and no work.
    /// </summary>
    public static int In(History history)
    {
        ulong executed = 0;
        foreach (ref readonly var happened in history.Events)
        {
            if (happened.Kind is EventKind.Answered or EventKind.Blocked
                && happened.Answer.Kind is AnswerKind.Returned or AnswerKind.Blocked or AnswerKind.Killed)
                executed |= 1UL << happened.Line;
        }
        return System.Numerics.BitOperations.PopCount(executed);
    }
}
