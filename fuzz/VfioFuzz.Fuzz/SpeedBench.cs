using System.Diagnostics;
using System.Globalization;
using VfioFuzz.Campaigns;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>
/// The speed table's row of the in-process engine, from one run: what the engine costs (mutation, map, corpus) beside the bare instrumented loop on the
/// same inputs. Time is the process's own CPU time, so that a busy machine changes little.
/// </summary>
internal static class SpeedBench
{
    private const int Sample = 10_000;

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
        for (var i = 0; i < 5 * Sample; i++)
            loop.Run(maker.Next());
        var inputs = new FuzzInput[Sample];
        for (var i = 0; i < Sample; i++)
            inputs[i] = maker.Next();
        var (operations, blocked) = Count(executor, inputs);
        var bare = Time(() =>
        {
            foreach (var input in inputs)
                executor.Execute(input.Program, input.Request);
        });
        var making = Time(() =>
        {
            for (var i = 0; i < Sample; i++)
                maker.Next();
        });
        var whole = Time(() =>
        {
            for (var i = 0; i < Sample; i++)
                loop.Run(maker.Next());
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{loop.Seen} races {queue.Entries.ToArray().Count(e => e.IsRace)} fav {queue.Favoured} len {queue.Entries.ToArray().Average(e => e.Program.Lines.Length)}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, {threads} threads a process: {(double)operations / Sample:n1} executed operations a program, {100.0 * blocked / Sample:n0} % blocked, queue {queue.Length}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bare instrumented loop {bare / Sample * 1e6:n2} us a program, {operations / bare:n0} judged operations/s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"making inputs {making / Sample * 1e6:n2} us a program"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"engine {whole / Sample * 1e6:n2} us a program, {operations / whole:n0} judged operations/s, {100 * (whole / bare - 1):n0} % over bare"));
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
        var process = Process.GetCurrentProcess();
        process.Refresh();
        var start = process.TotalProcessorTime;
        action();
        process.Refresh();
        return (process.TotalProcessorTime - start).TotalSeconds;
    }
}
