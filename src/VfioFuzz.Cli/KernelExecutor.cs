using System.Collections;
using System.Runtime.InteropServices;
using VfioFuzz.Campaigns;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Checking;
using VfioFuzz.Linux;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli;

/// <summary>
/// Runs inputs on a real kernel whose type1 tells where they have been. Features are its blocks and the steps between them, and what the model went
/// through. An input that can reach a known defect is not run: it would end the guest, or be seen again and again.
/// </summary>
internal sealed class KernelExecutor : IBatchExecutor
{
    /// <summary>Keys of steps, and starts of blocks, are below this (guest/cover/cover.h).</summary>
    private const int Keys = 0x2_0000;

    private readonly LinuxTarget target;
    private readonly Judge judge;
    private readonly ModelTrail model = new();
    private readonly ExecutedRun execution = new();
    private readonly BitArray known = new(FeatureSpace.Size);
    private readonly List<int> edges = [];
    private readonly List<Reached> states = [];
    private readonly List<int> unseen = [];

    public KernelExecutor(LinuxTarget target)
    {
        this.target = target;
        Coverage = new CodeCoverage(target.Blocks);
        judge = new Judge(new ModelAnswers(Dialect.Of(target.Platform.Dialect), target.Platform, trail: model));
    }

    public string Target => target.Name;

    public KindSet Kinds => GeneratorOptions.Default.Kinds;

    /// <summary>Where all runs together have been.</summary>
    public CodeCoverage Coverage { get; }

    /// <summary>Inputs that were not run, for a known defect or for want of devices.</summary>
    public long Avoided { get; private set; }

    public bool IsRepeatable => false;

    public ExecutedRun Execute(Program program, RunRequest request)
    {
        if (IsRun(program))
        {
            Take(program, target.Run([program], request).Single());
            return execution;
        }
        Clear();
        execution.History.Clear();
        return execution;
    }

    public IEnumerable<(FuzzInput Input, ExecutedRun Run)> Execute(IEnumerable<FuzzInput> inputs)
    {
        var underWay = new Queue<FuzzInput>();
        foreach (var history in target.Run(Programs(), default))
        {
            var input = underWay.Dequeue();
            Take(input.Program, history);
            yield return (input, execution);
        }

        IEnumerable<Program> Programs()
        {
            foreach (var input in inputs)
            {
                if (!IsRun(input.Program))
                    continue;
                underWay.Enqueue(input);
                yield return input.Program;
            }
        }
    }

    private bool IsRun(Program program)
    {
        var isRun = HasDevices(program.World) && KnownDefects.Reached(program, target.Platform) is null;
        Avoided += isRun ? 0 : 1;
        return isRun;
    }

    private void Clear()
    {
        execution.Violations.Clear();
        execution.Bound = null;
        model.Start();
        edges.Clear();
        states.Clear();
    }

    private void Take(Program program, History history)
    {
        Clear();
        execution.History = history;
        execution.Bound = judge.Violations(program, history, execution.Violations);
        Coverage.Add(history);
        foreach (var step in history.Steps)
            edges.Add(FeatureSpace.Of(FeatureKind.Edge, (int)(step % Keys)));
        foreach (var block in history.Blocks)
            edges.Add(FeatureSpace.Of(FeatureKind.Edge, Keys + (int)(block % Keys)));
        foreach (var (number, line, isState) in model.Marks)
            states.Add(new Reached(FeatureSpace.Of(isState ? FeatureKind.State : FeatureKind.Model, number), line));
    }

    /// <summary>Mutation may want a device more than the guest has.</summary>
    private static bool HasDevices(World world)
    {
        int mdevs = 0, pcis = 0, siblings = 0;
        for (var number = 0; number < Limits.DevicesMax; number++)
        {
            mdevs += world.Device(number).Kind == DeviceKind.Mdev ? 1 : 0;
            pcis += world.Device(number).Kind == DeviceKind.Pci ? 1 : 0;
            siblings += world.Device(number).HasSibling ? 1 : 0;
        }
        return mdevs <= GeneratorOptions.Default.MdevsMax && pcis <= GeneratorOptions.Default.PcisMax && siblings <= 1;
    }

    public ReadOnlySpan<int> Unseen()
    {
        unseen.Clear();
        foreach (var edge in edges)
            See(edge);
        foreach (var (state, _) in states)
            See(state);
        return CollectionsMarshal.AsSpan(unseen);
    }

    private void See(int feature)
    {
        if (!FeatureSpace.IsKept(feature) || known[feature])
            return;
        known[feature] = true;
        unseen.Add(feature);
    }

    public ReadOnlySpan<Reached> States => CollectionsMarshal.AsSpan(states);

    public void Features(List<int> into) => into.AddRange(
        edges.Concat(states.Select(state => state.Feature).Where(FeatureSpace.IsKept)).Distinct().Order());

    public void Dispose()
    {
    }
}
