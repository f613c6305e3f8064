using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>How programs are looked for in a trial.</summary>
public enum FindMethod
{
    /// <summary>The generator's programs, one after the other, without feedback.</summary>
    Random,

    /// <summary>The feedback loop, from an empty queue, with the same generator.</summary>
    Guided,
}

/// <summary>How soon one trial found a planted bug.</summary>
/// <param name="Method">How it looked.</param>
/// <param name="Seed">Its randomness.</param>
/// <param name="Executions">Runs until the find, that one included, or the bound.</param>
/// <param name="IsFound">Whether it found the bug within its bound.</param>
/// <param name="Seconds">Processor time.</param>
public readonly record struct FindResult(FindMethod Method, ulong Seed, long Executions, bool IsFound, double Seconds);

/// <summary>
/// Looks for a planted bug: an input on which the mutant of a design breaks a rule that the design itself, on the same program and schedule, keeps.
/// Both methods run the same executor, draw from the same generator and stop by the same test; runs of the design itself are not counted.
/// </summary>
public sealed class FindTrial(Func<IExecutor> mutant, ITarget design, Judge judge, int threads)
{
    private readonly List<Violation> own = [];

    public FindResult Run(FindMethod method, ulong seed, long executionsMax)
    {
        using var executor = mutant();
        var queue = new Queue();
        var frontier = new Frontier();
        var maker = new InputMaker(queue, frontier, executor.Kinds, threads, seed);
        var loop = new FeedbackLoop(executor, queue, frontier, maker);
        var start = Environment.CpuUsage.TotalTime;
        var (executions, found) = (0L, false);
        while (!found && executions < executionsMax)
        {
            var input = method == FindMethod.Guided ? loop.Next() : maker.Fresh();
            var run = method == FindMethod.Guided ? loop.Run(input) : executor.Execute(input.Program, input.Request);
            executions = method == FindMethod.Guided ? loop.Executions : executions + 1;
            found = run.Violations.Count > 0 && IsPlanted(input.Program, run);
        }
        return new FindResult(method, seed, executions, found, (Environment.CpuUsage.TotalTime - start).TotalSeconds);
    }

    private bool IsPlanted(Program program, ExecutedRun run)
    {
        own.Clear();
        foreach (var history in design.Run([program], new RunRequest(0, run.History.Schedule)))
            judge.Violations(program, history, own);
        return run.Violations.Exists(violation => !own.Exists(known => known.Key == violation.Key));
    }
}
