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
