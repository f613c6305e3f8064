using System.Runtime.InteropServices;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests.Fuzzing;

/// <summary>
/// A machine whose features are pairs of kinds of operations in a row, and how far a program climbs a stair of kinds; it breaks a rule when
/// a program forks behind an exec. Nothing of it is shown by one line alone.
/// </summary>
internal sealed class FakeExecutor : IExecutor
{
    private static readonly OperationKind[] Stair =
    [
        OperationKind.Map, OperationKind.Observe, OperationKind.Unmap, OperationKind.Fork, OperationKind.Pin, OperationKind.Close, OperationKind.Dup,
        OperationKind.Mmap, OperationKind.Detach, OperationKind.Kill,
    ];

    private readonly ExecutedRun run = new();
    private readonly HashSet<int> seen = [];
    private readonly List<int> last = [];
    private readonly List<int> unseen = [];
    private readonly List<Reached> states = [];

    public string Target => "sim/fake";

    public KindSet Kinds => KindSet.All.Without(KindSet.Reserved);

    /// <summary>Stands in for a run that does not end: waited for before a program with that kind is run.</summary>
    public (OperationKind Kind, WaitHandle Until)? Hang { get; init; }

    /// <summary>The highest step of the stair that a program climbed.</summary>
    public int Highest { get; private set; }

    public ExecutedRun Execute(Program program, RunRequest request)
    {
        if (Hang is { } hang && program.Lines.Any(line => line.Operation.Kind == hang.Kind))
            hang.Until.WaitOne();
        run.Violations.Clear();
        run.History.Clear();
        run.History.Schedule = request.Replay ?? Schedule.Empty;
        last.Clear();
        states.Clear();
        last.Add(FeatureSpace.Of(FeatureKind.Model, 0));
        var before = OperationKind.None;
        var step = 0;
        for (var line = 0; line < program.Lines.Length; line++)
        {
            var kind = program.Lines[line].Operation.Kind;
            run.History.Add(HistoryEvent.Answered(line, Answer.Ok(), (ulong)line));
            last.Add(FeatureSpace.Of(FeatureKind.Edge, (int)before << 8 | (int)kind));
            if (before == OperationKind.Exec && kind == OperationKind.Fork)
                run.Violations.Add(new Violation(new FindingKey("pin-balance", Grade.None, "leaked"), line, "a fork behind an exec"));
            before = kind;
            step += step < Stair.Length && kind == Stair[step] ? 1 : 0;
            last.Add(FeatureSpace.Of(FeatureKind.Model, step));
            states.Add(new Reached(FeatureSpace.Of(FeatureKind.Model, step), line));
            Highest = Math.Max(Highest, step);
        }
        var distinct = last.Distinct().Order().ToArray();
        last.Clear();
        last.AddRange(distinct);
        return run;
    }

    public ReadOnlySpan<int> Unseen()
    {
        unseen.Clear();
        unseen.AddRange(last.Where(seen.Add));
        return CollectionsMarshal.AsSpan(unseen);
    }

    public bool IsRepeatable => true;

    public ReadOnlySpan<Reached> States => CollectionsMarshal.AsSpan(states);

    public void Features(List<int> into) => into.AddRange(last);

    public void Dispose()
    {
    }
}
