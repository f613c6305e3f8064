using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Simplifies the schedule of a failing run: first the schedule without choices (the lowest runnable task always runs), then
/// shorter ones, then fewer choices that differ from the lowest. Each such choice is a context switch against the default order.
/// </summary>
internal sealed class ScheduleShrinker(Reproducer reproducer, int lastRun)
{
    public (Schedule Schedule, Reproduction Failing) Shrink(Program program, FindingKey key, Reproduction failing)
    {
        var taken = failing.Request.Replay ?? failing.Schedule;
        if (Replays(program, key, [], failing) is { } unscheduled)
            return (Schedule.Empty, unscheduled);
        if (Replays(program, key, Trimmed(taken.Choices), failing) is not { } current)
            return (taken, failing);
        var best = Trimmed(taken.Choices);
        while (best.Length > 1 && Replays(program, key, Trimmed(best[..(best.Length / 2)]), failing) is { } shorter)
            (best, current) = (Trimmed(best[..(best.Length / 2)]), shorter);
        for (var i = best.Length - 1; i >= 0; i--)
        {
            if (i >= best.Length || best[i] == 0)
                continue;
            var simpler = Trimmed(best.SetItem(i, 0));
            if (Replays(program, key, simpler, failing) is { } again)
                (best, current) = (simpler, again);
        }
        return (new Schedule(best), current);
    }

    private Reproduction? Replays(Program program, FindingKey key, ImmutableArray<byte> choices, Reproduction failing) =>
        reproducer.Runs >= lastRun
            ? null
            : reproducer.Try(program, key, failing.Request with { Replay = new Schedule(choices) });

    /// <summary>Without the trailing zeros: where a schedule ends, the lowest runnable task runs.</summary>
    private static ImmutableArray<byte> Trimmed(ImmutableArray<byte> choices)
    {
        var length = choices.Length;
        while (length > 0 && choices[length - 1] == 0)
            length--;
        return choices[..length];
    }
}
