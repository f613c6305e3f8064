using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests;

/// <summary>Programs of five reads whose pages are the digits of a mix of seed and index.</summary>
internal sealed class ReadingSource : IProgramSource
{
    public IReadOnlyList<string> Lanes { get; } = ["even", "odd"];

    public int LaneOf(int index) => index % 2;

    public Program Draw(ulong seed, int index)
    {
        var mix = (seed * 0x9e3779b97f4a7c15 + (ulong)index) * 0xbf58476d1ce4e5b9;
        var lines = Enumerable.Range(0, 5).Select(i => Operation.ReadPage(TaskId.Of(0, 0), (int)(mix >> (i * 8 + 16)) & 15));
        return Program.Sequential(new World(DeviceSpec.Mdev), [.. lines]);
    }
}

/// <summary>
/// Answers every line with 0; a program that reads page 7 breaks a state rule, in a place that depends on whether it reads page 3 too.
/// </summary>
internal sealed class LeakyTarget : ITarget
{
    private readonly History history = new();

    public string Name => "sim/leaky";

    public Platform Platform => Platform.Simulated;

    public int Runs { get; private set; }

    public IEnumerable<History> Run(IEnumerable<Program> programs, RunRequest request)
    {
        foreach (var program in programs)
        {
            Runs++;
            history.Clear();
            for (var line = 0; line < program.Lines.Length; line++)
                history.Add(HistoryEvent.Answered(line, Answer.Ok(), (ulong)line));
            var pages = program.Lines.Select(line => line.Operation.Page).ToArray();
            if (pages.Contains(7))
                history.Add(new StateViolation("leaked-pin", 0, pages.Contains(3) ? "both" : "seven"));
            yield return history;
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>Draws so many programs before it yields their histories, as a real kernel's batches do.</summary>
internal sealed class AheadTarget(ITarget inner, int ahead) : ITarget
{
    public string Name => inner.Name;

    public Platform Platform => inner.Platform;

    public int Yielded { get; private set; }

    public IEnumerable<History> Run(IEnumerable<Program> programs, RunRequest request)
    {
        foreach (var batch in programs.Chunk(ahead))
        {
            foreach (var history in inner.Run(batch, request))
            {
                Yielded++;
                yield return history;
            }
        }
    }

    public void Dispose() => inner.Dispose();
}

/// <summary>
/// A kernel that is not reproducible: a program whose block has both an unmap and a close fails once in so many rounds of them, anything else
/// never.
/// </summary>
internal sealed class RacyTarget(int roundsPerFailure) : ITarget
{
    private int rounds;

    public string Name => "linux/racy";

    public Platform Platform => Platform.Simulated;

    public int Runs { get; private set; }

    public IEnumerable<History> Run(IEnumerable<Program> programs, RunRequest request)
    {
        foreach (var program in programs)
        {
            Runs++;
            var history = new History();
            for (var line = 0; line < program.Lines.Length; line++)
                history.Add(HistoryEvent.Answered(line, Answer.Ok(), (ulong)line));
            var before = rounds / roundsPerFailure;
            rounds += Rounds(program);
            if (rounds / roundsPerFailure > before)
                history.Add(new StateViolation("leaked-pin", 0, "raced"));
            yield return history;
        }
    }

    public void Dispose()
    {
    }

    private static int Rounds(Program program) => Math.Min(Of(program, OperationKind.Unmap), Of(program, OperationKind.Close));

    private static int Of(Program program, OperationKind kind) =>
        program.Lines.Count(line => line.IsParallel && line.Operation.Kind == kind);
}

/// <summary>Allows success only.</summary>
internal sealed class OnlySuccess : IAnswerRule
{
    public Verdict Judge(Program program, History history)
    {
        foreach (ref readonly var happened in history.Events)
        {
            if (happened.Kind == EventKind.Answered && !happened.Answer.IsOk)
                return new Violation(new FindingKey("answer-allowed", Grade.None, "read"), happened.Line, "");
        }
        return new Pass();
    }
}

internal static class Make
{
    public static CheckSetup Setup(ITarget target, IAnswerRule? answers = null) => new()
    {
        Target = target,
        Answers = answers ?? new OnlySuccess(),
        Source = new ReadingSource(),
        SimplerThan = program => Enumerable.Range(0, program.Lines.Length).Select(program.Without),
    };
}
