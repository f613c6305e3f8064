using System.Globalization;
using VfioFuzz.Campaigns.Fuzzing;

namespace VfioFuzz.Fuzz;

/// <summary>
/// The speed table's row of the in-process engine, from one run: what the engine costs (mutation, map, corpus) beside the bare instrumented loop on the
/// same inputs. The engine runs as in a campaign; then the inputs that it made are run again by the executor alone. Time is the process's own processor
/// time, so that a busy machine changes little; a figure is the median of its rounds.
/// </summary>
internal static class SpeedBench
{
    private const int WarmUp = 60_000;
    private const int Sample = 10_000;
    private const int Rounds = 7;

    public static int Run(string name, ulong seed)
    {
        for (var threads = 1; threads <= 2; threads++)
            Measure(name, threads, seed);
        return 0;
    }

    private static void Measure(string name, int threads, ulong seed)
    {
        using var executor = new DesignExecutor(name);
        var queue = new Queue();
        var frontier = new Frontier();
        var maker = new InputMaker(queue, frontier, executor.Kinds, threads, seed);
        var loop = new FeedbackLoop(executor, queue, frontier, maker);
        for (var i = 0; i < WarmUp; i++)
            loop.Run(maker.Next());
        var inputs = new FuzzInput[Sample];
        var rounds = new Round[Rounds];
        for (var i = 0; i < Rounds; i++)
            rounds[i] = OneRound(executor, loop, maker, inputs);
        var (operations, blocked) = Count(executor, inputs);
        Say($"{name}, {threads} threads a process: {(double)operations / Sample:n1} executed operations a program, {100.0 * blocked / Sample:n0} % blocked, queue {queue.Length}, {frontier.Length:n0} states");
        Say($"bare instrumented loop {Median(rounds, x => x.Bare) / Sample * 1e6:n2} us a program, {Median(rounds, x => x.Operations / x.Bare):n0} judged operations/s");
        Say($"engine {Median(rounds, x => x.Whole) / Sample * 1e6:n2} us a program, {Median(rounds, x => x.Operations / x.Whole):n0} judged operations/s, {100 * (Median(rounds, x => x.Whole / x.Bare) - 1):n0} % over bare; {Median(rounds, x => x.Making) / Sample * 1e6:n2} us of it making inputs");
    }

    private static Round OneRound(DesignExecutor executor, FeedbackLoop loop, InputMaker maker, FuzzInput[] inputs)
    {
        var before = loop.Operations;
        var whole = Time(() =>
        {
            for (var i = 0; i < inputs.Length; i++)
                loop.Run(inputs[i] = maker.Next());
        });
        var operations = loop.Operations - before;
        var bare = Time(() =>
        {
            foreach (var input in inputs)
                executor.Execute(input.Program, input.Request);
        });
        var making = Time(() =>
        {
            for (var i = 0; i < inputs.Length; i++)
                maker.Next();
        });
        return new Round(whole, bare, making, operations);
    }

    private static (long Operations, int Blocked) Count(DesignExecutor executor, FuzzInput[] inputs)
    {
        var (operations, blocked) = (0L, 0);
        foreach (var input in inputs)
        {
            var history = executor.Execute(input.Program, input.Request).History;
            operations += ExecutedOperations.In(history);
            blocked += history.Freezes.Count > 0 ? 1 : 0;
        }
        return (operations, blocked);
    }

    private static double Time(Action action)
    {
        var start = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - start).TotalSeconds;
    }

    private static double Median(Round[] rounds, Func<Round, double> figure) => rounds.Select(figure).Order().ElementAt(rounds.Length / 2);

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    /// <summary>Processor seconds of one round, and the operations that its runs executed.</summary>
    private readonly record struct Round(double Whole, double Bare, double Making, long Operations);
}
