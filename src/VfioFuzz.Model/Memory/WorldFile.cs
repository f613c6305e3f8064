using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Memory;

/// <summary>
/// ftruncate and hole punching of the world's file. A page that leaves the file stays with whoever has it pinned; CPUs and new pins see
/// what the file has now.
/// </summary>
internal static class WorldFile
{
    public static Outcome Truncate(in Step step)
    {
        ref var state = ref step.State;
        var (before, after) = (Limits.WindowPages - state.FileCut, (int)Math.Min(step.Operation.Pages, Limits.WindowPages));
        state.FileCut = (byte)(Limits.WindowPages - after);
        for (var page = Math.Min(before, after); page < Limits.WindowPages; page++)
            Replace(ref state, page);
        return Outcome.Ok(RuleId.FileSize);
    }

    public static Outcome PunchHole(in Step step)
    {
        var (first, end) = Window.Range(step.Operation);
        if (first >= end)
            return Outcome.Fails(Errno.EINVAL, RuleId.MemoryPages);
        for (var page = first; page < end; page++)
            Replace(ref step.State, page);
        return Outcome.Ok(RuleId.FileSize);
    }

    private static void Replace(ref ModelState state, int page)
    {
        state.FilePages[page] = 0;
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            ref var entry = ref state.Processes[process].Window[page];
            if (entry.Kind == MemoryKind.File)
                entry.Frame = Window.Backing(ref state, MemoryKind.File, page);
        }
    }
}
