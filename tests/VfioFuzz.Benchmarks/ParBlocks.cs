using System.Collections.Immutable;
using System.Diagnostics;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Benchmarks;

/// <summary>
/// How long the search takes to decide a <c>par</c> block of three threads with six operations each: a distribution, which no mean
/// tells. The operations are those that generated programs go on with after their set-up.
/// </summary>
internal static class ParBlocks
{
    public const int Threads = 3;
    public const int OperationsOfThread = 6;

    private const int SetUpLines = 16;

    private static readonly TaskId[] Tasks = [TaskId.Of(0, 0), TaskId.Of(0, 1), TaskId.Of(1, 0)];

    /// <summary>Milliseconds of each block, ascending, and how many were left undecided by a named bound.</summary>
    public sealed record Decisions(ImmutableArray<double> Milliseconds, int Undecided)
    {
        public double Percentile(double share) => Milliseconds[(int)(share * (Milliseconds.Length - 1))];
    }

    public static Decisions Measure(string design, DialectName dialect, int blocks)
    {
        var acceptor = new Acceptor(Dialect.Of(dialect), Platform.Simulated);
        var recorded = Samples.Record(design, Enumerable.Range(0, blocks).Select(index => Block((ulong)index)));
        var times = new double[recorded.Length];
        var undecided = 0;
        foreach (var (program, history) in recorded.Take(blocks / 10))
            acceptor.Accept(program, history);
        for (var i = 0; i < recorded.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var acceptance = acceptor.Accept(recorded[i].Program, recorded[i].History);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            undecided += acceptance is Acceptance.Undecided { Bound: var bound } && bound.StartsWith("interleavings", StringComparison.Ordinal) ? 1 : 0;
        }
        Array.Sort(times);
        return new Decisions([.. times], undecided);
    }

    /// <summary>A generated program's first lines with a second process in them, then its next eighteen operations dealt to three threads.</summary>
    private static Program Block(ulong index)
    {
        var options = GeneratorOptions.Default with
        {
            LinesLeast = Limits.LinesMax,
            LinesMost = Limits.LinesMax,
            Kinds = GeneratorOptions.Default.Kinds.Without(KindSet.Processes),
        };
        var drawn = Generator.Generate(Choices.OfSeed(Randomness.SeedOf(3, index)), options);
        var lines = drawn.Lines.Take(SetUpLines).ToList();
        lines.Add(new Line(Operation.Fork(Tasks[0], 1), 0));
        foreach (var (i, line) in drawn.Lines.Skip(SetUpLines).Take(Threads * OperationsOfThread).Index())
            lines.Add(new Line(line.Operation with { Task = Tasks[i % Threads] }, 1));
        return new Program(drawn.World, [.. lines]);
    }
}
