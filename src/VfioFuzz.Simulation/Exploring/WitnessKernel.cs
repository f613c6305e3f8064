using System.Collections.Immutable;
using System.Numerics;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Kernel;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>
/// A simulated kernel that runs one program under every schedule: tasks step in any order, and lines start in the program's order, of a
/// par block in that of each thread. A line whose thread cannot take it when nothing runs is left out, as a run answers it busy.
/// </summary>
internal sealed class WitnessKernel<TDesign> : IMachineObserver
    where TDesign : struct, IDesign
{
    /// <summary>Choices from here on are lines; below, tasks.</summary>
    public const int FirstLine = Limits.TasksMax;

    private readonly WitnessSetup setup;
    private readonly FindingKeys keys;
    private readonly Machine<TDesign> machine;
    private readonly FrozenRuns<TDesign> frozen;
    private readonly Line[] lines;
    private ulong broken;
    private byte watched;

    public WitnessKernel(WitnessSetup setup, FindingKeys keys, Slip slip)
    {
        this.setup = setup;
        this.keys = keys;
        machine = new Machine<TDesign>(slip);
        frozen = new FrozenRuns<TDesign>(machine);
        lines = [.. setup.Program.Lines];
        machine.Observer = this;
        machine.Load(setup.Program);
    }

    public int SuccessorsMax => Limits.TasksMax + lines.Length;

    public string? Exhausted => machine.Exhausted;

    public void Initial(out WitnessState state)
    {
        machine.Load(setup.Program);
        state = default;
        state.Pending = lines.Length == Limits.LinesMax ? ulong.MaxValue : (1UL << lines.Length) - 1;
        Store(ref state);
    }

    public int Successors(in WitnessState from, Span<WitnessState> successors, Span<Choice> choices)
    {
        if (from.Explored.Broken != 0)
            return 0;
        // What a frozen run broke is no part of this path.
        (broken, watched) = (0, 0);
        machine.State = from.Explored.Machine;
        var runnable = machine.Runnable();
        var count = 0;
        for (var rest = runnable; rest != 0; rest &= rest - 1)
        {
            var task = BitOperations.TrailingZeroCount(rest);
            (machine.State, successors[count]) = (from.Explored.Machine, from);
            machine.Advance(task);
            choices[count] = Choice.Step(task);
            Store(ref successors[count++]);
        }
        for (var candidates = Candidates(in from); candidates != 0; candidates &= candidates - 1)
        {
            var line = BitOperations.TrailingZeroCount(candidates);
            (machine.State, successors[count]) = (from.Explored.Machine, from);
            if (!CanStart(line, in from, runnable))
                continue;
            Start(line, ref successors[count]);
            choices[count] = Choice.Step(FirstLine + line);
            Store(ref successors[count++]);
        }
        return machine.Exhausted is null ? count : -1;
    }

    /// <summary>The judge's word on a state in which nothing can run, or in which a rule is broken; 0: nothing.</summary>
    public ulong Finding(in WitnessState at)
    {
        var rule = at.Explored.Broken;
        machine.State = at.Explored.Machine;
        if (rule == 0)
        {
            (broken, watched) = (0, 0);
            StateRules<TDesign>.Check(in at.Explored.Machine, this);
            (rule, broken) = (broken, 0);
        }
        if (rule == 0 && (machine.Runnable() != 0 || (!setup.Space.Selects && at.Pending != 0)))
            return 0;
        var freezes = rule != 0 || at.Explored.Machine.Active == 0 ? [] : Freezes(in at.Explored.Machine);
        var pinsLeft = freezes.IsEmpty ? 0 : machine.State.Hardware.PinsTaken;
        var grade = setup.Judge(new QuietState(
            freezes, rule == 0 ? "" : keys.Describe(rule), at.Watched, In(ProcessState.Alive, in at.Explored.Machine),
            In(ProcessState.Dead, in at.Explored.Machine), at.Explored.Machine.Hardware.PinsTaken, pinsLeft));
        return grade == 0 ? 0 : (ulong)grade << 8 | at.Started;
    }

    public void Answered(int line, Answer answer)
    {
        for (var i = 0; i < setup.Watched.Length; i++)
        {
            if (setup.Watched[i].Line == line && setup.Watched[i].Answer == answer.ToString())
                watched |= (byte)(1 << i);
        }
    }

    public void Broken(string rule, int line, string evidence)
    {
        if (broken == 0)
            broken = keys.OfRule(rule, evidence);
    }

    private static int In(ProcessState wanted, in MachineState state)
    {
        var processes = 0;
        for (var process = 0; process < Limits.ProcessesMax; process++)
            processes |= state.Processes[process].State == wanted ? 1 << process : 0;
        return processes;
    }

    /// <summary>Lines that may be next: the first one and its block's; when lines may be left out, any.</summary>
    private ulong Candidates(in WitnessState state)
    {
        if (setup.Space.Selects || state.Pending == 0)
            return state.Pending;
        var first = BitOperations.TrailingZeroCount(state.Pending);
        return lines[first].IsParallel ? FirstOfThreads(state.Pending, lines[first].Block) : 1UL << first;
    }

    private ulong FirstOfThreads(ulong pending, byte block)
    {
        var (candidates, threads) = (0UL, 0u);
        for (; pending != 0; pending &= pending - 1)
        {
            var line = BitOperations.TrailingZeroCount(pending);
            var thread = 1u << lines[line].Operation.Task.Value;
            if (lines[line].Block != block)
                break;
            if ((threads & thread) == 0)
                candidates |= 1UL << line;
            threads |= thread;
        }
        return candidates;
    }

    private bool CanStart(int line, in WitnessState state, uint runnable)
    {
        var mayOverlap = setup.Space.Overlaps || (lines[line].IsParallel && lines[line].Block == state.Block);
        if (runnable != 0 && !mayOverlap)
            return false;
        return setup.Space.Selects
            ? Startable.CanStart(machine, lines[line].Operation)
            : machine.Readiness(lines[line].Operation.Task.Value) == AnswerKind.None;
    }

    private void Start(int line, ref WitnessState state)
    {
        var operation = lines[line].Operation;
        machine.Start(operation.Task.Value, line);
        state.Block = lines[line].Block;
        state.Pending &= ~(1UL << line);
        if (!setup.Space.Selects)
            return;
        state.Started++;
        for (var before = 0; before < line; before++)
        {
            if (lines[before].Block == 0 || lines[before].Block != lines[line].Block || lines[before].Operation.Task == operation.Task)
                state.Pending &= ~(1UL << before);
        }
    }

    private void Store(ref WitnessState state)
    {
        if (!setup.Space.Selects && machine.Runnable() == 0)
            state.Pending = WithoutRefused(state.Pending);
        // What the state holds yet is the one before.
        CanonicalState.Normalize(ref machine.State, in state.Explored.Machine);
        state.Explored.Machine = machine.State;
        state.Explored.Broken = broken;
        state.Watched |= watched;
        (broken, watched) = (0, 0);
    }

    private ulong WithoutRefused(ulong pending)
    {
        for (var rest = pending; rest != 0; rest &= rest - 1)
        {
            var line = BitOperations.TrailingZeroCount(rest);
            if (machine.Readiness(lines[line].Operation.Task.Value) == AnswerKind.None)
                return pending;
            pending &= ~(1UL << line);
        }
        return pending;
    }

    /// <summary>Leaves the machine as the death of all processes leaves it.</summary>
    private ImmutableArray<FreezeOutcome> Freezes(in MachineState state)
    {
        var outcomes = ImmutableArray.CreateBuilder<FreezeOutcome>();
        Add(FreezeMode.Idle, 0, in state, outcomes);
        Add(FreezeMode.Help, 0, in state, outcomes);
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            if (state.Processes[process].State is ProcessState.Alive or ProcessState.Exiting)
                Add(FreezeMode.KillOne, process, in state, outcomes);
        }
        Add(FreezeMode.KillAll, 0, in state, outcomes);
        return outcomes.ToImmutable();
    }

    private void Add(FreezeMode mode, int process, in MachineState state, ImmutableArray<FreezeOutcome>.Builder outcomes)
    {
        machine.State = state;
        outcomes.Add(new FreezeOutcome(mode, process, frozen.Describe(frozen.Run(mode, process))));
    }
}

/// <summary>One program on a design as a search's machine. All choices are steps: the search goes by depth alone.</summary>
internal readonly struct WitnessMachine<TDesign>(WitnessKernel<TDesign> kernel) : IMachine<WitnessState>
    where TDesign : struct, IDesign
{
    public int SuccessorsMax => kernel.SuccessorsMax;

    public string? Exhausted => kernel.Exhausted;

    public void Initial(out WitnessState state) => kernel.Initial(out state);

    public int Successors(in WitnessState state, bool operations, Span<WitnessState> successors, Span<Choice> choices) =>
        kernel.Successors(in state, successors, choices);

    /// <summary>A search of one program looks for a way to one state, and takes every way.</summary>
    public Onward Pass(in WitnessState state, bool operations, out WitnessState behind)
    {
        behind = default;
        return Onward.EveryWay;
    }

    public int Findings(in WitnessState state, bool isFinal, Span<ulong> findings)
    {
        findings[0] = kernel.Finding(in state);
        return findings[0] == 0 ? 0 : 1;
    }

    public ulong Weight(in WitnessState state) => 1;

    public string Describe(Choice choice) => choice.ToString();

    public string Describe(ulong finding) => finding.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
}
