using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Calls that never came back from a kernel that cannot be frozen into modes. Where the dialect waits for user space (the blocking
/// ones) a sleeping call alone says nothing.
/// </summary>
internal static class StuckCalls
{
    public static Violation? Find(Program program, History history)
    {
        if (Waits(history.Platform.Dialect) || WasFrozenByModes(history))
            return null;
        var lines = Lines(program, history);
        var idle = history.Freezes.FirstOrDefault(outcome => outcome.Mode == FreezeMode.Idle);
        if (lines.IsEmpty && (idle is null || idle.Stuck.IsEmpty))
            return null;
        var place = idle is { Stuck.IsEmpty: false } ? Deadlocks.Place(idle.Stuck) : Doings(program, lines);
        var evidence = idle is { Stuck.IsEmpty: false }
            ? string.Join('\n', idle.Stuck)
            : $"never returned: {string.Join(", ", lines.Select(line => $"line {line + 1} ({Doing(program, line)})"))}";
        return new Violation(new FindingKey(RuleBook.Stuck.Name, Grade.None, place), lines.IsEmpty ? -1 : lines[0], evidence);
    }

    /// <summary>Whether calls of this dialect wait for user space (type1-semantics 0.1).</summary>
    private static bool Waits(DialectName dialect) => dialect
        is DialectName.Unspecified or DialectName.Blk1 or DialectName.Blk2 or DialectName.Blk3;

    private static bool WasFrozenByModes(History history) =>
        history.Freezes.Any(outcome => outcome.Mode != FreezeMode.Idle);

    private static ImmutableArray<int> Lines(Program program, History history)
    {
        ulong blocked = 0;
        foreach (ref readonly var happened in history.Events)
        {
            if (happened.Kind == EventKind.Blocked)
                blocked |= 1UL << happened.Line;
            else if (happened.Kind == EventKind.Answered)
                blocked &= ~(1UL << happened.Line);
        }
        return [.. Enumerable.Range(0, program.Lines.Length).Where(line => (blocked >> line & 1) != 0)];
    }

    private static string Doings(Program program, ImmutableArray<int> lines) => string.Join(" + ", lines
        .Select(line => Doing(program, line))
        .Order(StringComparer.Ordinal));

    private static string Doing(Program program, int line) => OperationForm.Of(program.Lines[line].Operation.Kind).Mnemonic;
}
