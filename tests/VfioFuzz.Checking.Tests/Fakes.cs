using VfioFuzz.Programs;
using VfioFuzz.Checking;

namespace VfioFuzz.Checking.Tests;

/// <summary>A target that answers as the given function says; its runs are counted.</summary>
internal sealed class FakeTarget(Action<Program, RunRequest, History> run) : ITarget
{
    private readonly History history = new();

    public string Name => "sim/fake";

    public Platform Platform => Platform.Simulated;

    public IEnumerable<History> Run(IEnumerable<Program> programs, RunRequest request)
    {
        foreach (var program in programs)
        {
            history.Clear();
            run(program, request, history);
            yield return history;
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>An answer rule that refuses a line's answer when the given function says so.</summary>
internal sealed class FakeAnswerRule(Func<Program, History, Verdict> judge) : IAnswerRule
{
    public Verdict Judge(Program program, History history) => judge(program, history);
}

/// <summary>Small programs and stuck tasks to build cases from.</summary>
internal static class Make
{
    public static readonly TaskId P0 = TaskId.Of(0, 0);

    public static readonly TaskId P1 = TaskId.Of(1, 0);

    public static readonly TaskId W0 = TaskId.WorkerOf(0);

    public static readonly World OneMdev = new(DeviceSpec.Mdev);

    public static Program Reads(params int[] pages) =>
        Program.Sequential(OneMdev, [.. pages.Select(page => Operation.ReadPage(P0, page))]);

    public static StuckTask Stuck(TaskId task, string doing, string place, TaskId? holder = null) =>
        new(task, doing, place, "something", holder);

    public static FreezeOutcome Idle(params StuckTask[] stuck) => new(FreezeMode.Idle, 0, [.. stuck]);

    public static FreezeOutcome Help(params StuckTask[] stuck) => new(FreezeMode.Help, 0, [.. stuck]);

    public static FreezeOutcome KillOne(int process, params StuckTask[] stuck) =>
        new(FreezeMode.KillOne, process, [.. stuck]);

    public static FreezeOutcome KillAll(params StuckTask[] stuck) => new(FreezeMode.KillAll, 0, [.. stuck]);

    public static History Frozen(params FreezeOutcome[] outcomes)
    {
        var history = new History();
        foreach (var outcome in outcomes)
            history.Add(outcome);
        return history;
    }

    /// <summary>All programs with one line fewer: the simplest candidates that a minimizer needs.</summary>
    public static IEnumerable<Program> OneLineFewer(Program program) =>
        Enumerable.Range(0, program.Lines.Length).Select(program.Without);
}
