using System.Collections;
using System.Runtime.InteropServices;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Fuzz;

/// <summary>
/// Runs inputs on a simulated design in this process and judges them by the reference model and every other rule. Features are edges of design, model
/// and judge, what the model went through, and kinds of waits.
/// </summary>
internal sealed class DesignExecutor : IExecutor
{
    private readonly SimulatedTarget target;
    private readonly Judge judge;
    private readonly ExecutedRun execution = new();
    private readonly CoverageMap edges = new();
    private readonly ModelTrail model = new();
    private readonly WaitTrail waits = new();
    private readonly BitArray known = new(FeatureSpace.Size);
    private readonly List<int> unseen = [];
    private readonly List<Reached> states = [];

    /// <param name="name">A simulated target, as on the command line: <c>sim/blocking</c>.</param>
    /// <param name="planted">A wrong rule for the model, which the campaign must find.</param>
    /// <exception cref="ArgumentException">No such target.</exception>
    public DesignExecutor(string name, PlantedError planted = PlantedError.None)
    {
        target = FuzzedDesign.Open(name);
        target.Waits = waits;
        judge = new Judge(new ModelAnswers(Dialect.Of(target.Platform.Dialect), target.Platform, planted, trail: model));
    }

    public string Target => target.Name;

    public KindSet Kinds => target.Kinds;

    public bool IsRepeatable => true;

    public ExecutedRun Execute(Program program, RunRequest request)
    {
        edges.Start();
        return Run(program, request);
    }

    /// <summary>
    /// Runs a program of a folder as afl-fuzz runs its file: what bytes went through in the decoder is theirs too.
    /// </summary>
    public ExecutedRun Execute(CorpusProgram stored)
    {
        edges.Start();
        return Run(stored.Bytes is { } bytes ? ProgramBytes.Decode(bytes) : stored.Program, stored.Request);
    }

    private ExecutedRun Run(Program program, RunRequest request)
    {
        execution.Violations.Clear();
        model.Start();
        target.Run(program, request, execution.History);
        execution.Bound = judge.Violations(program, execution.History, execution.Violations);
        edges.Stop();
        states.Clear();
        foreach (var (number, line, isState) in model.Marks)
            states.Add(new Reached(FeatureSpace.Of(isState ? FeatureKind.State : FeatureKind.Model, number), line));
        foreach (var number in waits.Numbers)
            states.Add(new Reached(FeatureSpace.Of(FeatureKind.Wait, number), program.Lines.Length - 1));
        return execution;
    }

    public ReadOnlySpan<int> Unseen()
    {
        unseen.Clear();
        edges.Unseen(unseen);
        foreach (var (feature, _) in States)
        {
            if (!FeatureSpace.IsKept(feature) || known[feature])
                continue;
            known[feature] = true;
            unseen.Add(feature);
        }
        return CollectionsMarshal.AsSpan(unseen);
    }

    public ReadOnlySpan<Reached> States => CollectionsMarshal.AsSpan(states);

    public void Features(List<int> into)
    {
        edges.Features(into);
        var first = into.Count; // edges are told in their order, and before all others
        foreach (var (feature, _) in states)
        {
            if (FeatureSpace.IsKept(feature))
                into.Add(feature);
        }
        Sort(into, first);
    }

    public void Dispose() => target.Dispose();

    /// <summary>Ascending, each once, from <paramref name="first"/> on.</summary>
    private static void Sort(List<int> features, int first)
    {
        var added = CollectionsMarshal.AsSpan(features)[first..];
        added.Sort();
        var kept = first;
        foreach (var feature in added)
        {
            if (kept == first || features[kept - 1] != feature)
                features[kept++] = feature;
        }
        features.RemoveRange(kept, features.Count - kept);
    }
}
