using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Benchmarks;

/// <summary>The speed table's rates of one core, all in one run and on the same programs.</summary>
[MemoryDiagnoser]
public class Throughput : IDisposable
{
    private readonly Acceptor acceptor = new(Samples.Dialect, Platform.Simulated);
    private readonly Judge judge = new(new ModelAnswers(Samples.Dialect, Platform.Simulated));
    private readonly SimulatedTarget design = new(Samples.Design);
    private ImmutableArray<Program> programs;
    private ImmutableArray<Recorded> sequential;
    private ImmutableArray<Recorded> stored;

    [GlobalSetup]
    public void SetUp()
    {
        programs = Samples.Sequential();
        sequential = Samples.Record(Samples.Design, programs);
        stored = Samples.Record(Samples.Design, Enumerable.Range(0, Samples.Histories).Select(index =>
            Generator.Generate(Choices.OfSeed(Randomness.SeedOf(2, (ulong)index)), Samples.Options)));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        design.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The model follows a history: one operation is one line, run and compared.</summary>
    [Benchmark(OperationsPerInvoke = Samples.Lines)]
    public int ModelOperation()
    {
        var accepted = 0;
        foreach (var (program, history) in sequential)
            accepted += acceptor.Accept(program, history) is Acceptance.Accepted ? 1 : 0;
        return accepted;
    }

    /// <summary>A simulated design runs a line, history off.</summary>
    [Benchmark(OperationsPerInvoke = Samples.Lines)]
    public void SimulatedOperation()
    {
        foreach (var program in programs)
            design.RunBare(program, 1);
    }

    /// <summary>Every rule on a stored history of the ordinary mix.</summary>
    [Benchmark(OperationsPerInvoke = Samples.Histories)]
    public int StoredHistory()
    {
        var passed = 0;
        foreach (var (program, history) in stored)
            passed += judge.JudgeRun(program, history) is Pass ? 1 : 0;
        return passed;
    }
}
