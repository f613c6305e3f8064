using System.Numerics;
using System.Runtime.CompilerServices;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Kernel;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>
/// A simulated kernel with the users of a menu, step by step: what a search sees of a design. Lines of the machine's program are the
/// prologue and then the menu.
/// </summary>
internal sealed class ExploredKernel<TDesign> : IMachineObserver
    where TDesign : struct, IDesign
{
    private readonly ExplorationSetup setup;
    private readonly FindingKeys keys;
    private readonly StateMerging merging;

    /// <summary>Threads that start operations, a bit for each.</summary>
    private readonly uint threads;

    private readonly Machine<TDesign> machine;
    private readonly FrozenRuns<TDesign> frozen;
    private ulong broken;

    public ExploredKernel(ExplorationSetup setup, FindingKeys keys, Slip slip = Slip.None, StateMerging merging = StateMerging.All)
    {
        this.setup = setup;
        this.keys = keys;
        this.merging = merging;
        foreach (var operation in setup.Menu)
            threads |= 1u << operation.Task.Value;
        machine = new Machine<TDesign>(slip);
        frozen = new FrozenRuns<TDesign>(machine);
        machine.Observer = this;
        machine.Load(Program.Sequential(setup.World, [.. setup.Prologue, .. setup.Menu]));
    }

    public ExplorationSetup Setup => setup;

    public Machine<TDesign> Machine => machine;

    /// <summary>Each task may go on, and each operation may start.</summary>
    public int SuccessorsMax => Limits.TasksMax + setup.Menu.Length;

    public string? Exhausted => machine.Exhausted;

    /// <summary>A machine with the prologue behind it.</summary>
    public void Initial(out ExploredState state)
    {
        machine.Load(Program.Sequential(setup.World, [.. setup.Prologue, .. setup.Menu]));
        for (var line = 0; line < setup.Prologue.Length; line++)
        {
            machine.Start(setup.Prologue[line].Task.Value, line);
            RunUntilQuiet();
        }
        Store(default, out state);
    }

    public int Successors(in ExploredState state, bool operations, Span<ExploredState> successors, Span<Choice> choices)
    {
        if (state.Broken != 0)
            return 0;
        var count = 0;
        // What a frozen run broke is no part of this path.
        broken = 0;
        machine.State = state.Machine;
        var runnable = machine.Runnable();
        for (var rest = runnable; rest != 0; rest &= rest - 1)
        {
            var task = BitOperations.TrailingZeroCount(rest);
            if (count != 0)
                machine.State = state.Machine;
            machine.Advance(task);
            choices[count] = Choice.Step(task);
            Store(in state.Machine, out successors[count++]);
        }
        if (operations && (runnable == 0 || !setup.IsSequential))
            count = StartOperations(in state, successors, choices, count);
        return machine.Exhausted is null ? count : -1;
    }

    /// <summary>
    /// A step that nobody else can notice, or, when no operation can start before it, one that commutes with all that the others may do before
    /// it. A step that breaks a rule ends its path, so it suffices only when it is the only one. Where nobody is in the kernel and no operation
    /// is left there is nothing to freeze either.
    /// </summary>
    public Onward Pass(in ExploredState state, bool operations, out ExploredState behind)
    {
        Unsafe.SkipInit(out behind);
        if (state.Broken != 0)
            return Onward.EveryWay;
        if (!operations && state.Machine.Active == 0)
            return Onward.Nothing;
        machine.State = state.Machine;
        var runnable = machine.Runnable();
        var forced = Unnoticed(runnable);
        if (forced == 0)
            forced = operations && !setup.IsSequential ? OnlyOne(runnable) : Commuting(runnable);
        if (forced == 0)
            return Onward.EveryWay;
        broken = 0;
        machine.Advance(BitOperations.TrailingZeroCount(forced));
        if (machine.Exhausted is not null || (broken != 0 && forced != runnable))
            return Onward.EveryWay;
        Store(in state.Machine, out behind);
        return Onward.OneStep;
    }

    /// <summary>What went wrong in a state: the rule that was broken, or, when nothing can run, who is stuck in which frozen mode.</summary>
    public int Findings(in ExploredState state, Span<ulong> findings)
    {
        if (state.Broken != 0)
        {
            findings[0] = state.Broken;
            return 1;
        }
        broken = 0;
        StateRules<TDesign>.Check(in state.Machine, this);
        var count = 0;
        if (broken != 0)
            findings[count++] = broken;
        if (state.Machine.Active == 0)
            return count;
        machine.State = state.Machine;
        return machine.Runnable() != 0 ? count : Freeze(in state.Machine, findings, count);
    }

    public void Answered(int line, Answer answer)
    {
    }

    public void Broken(string rule, int line, string evidence)
    {
        if (broken == 0)
            broken = keys.OfRule(rule, evidence);
    }

    /// <summary>Whether a thread can begin an operation that may do more than refuse at once a descriptor that is not there.</summary>
    public bool CanStart(in Operation operation) => Startable.CanStart(machine, in operation);

    /// <summary>The lowest runnable task whose step nobody else can notice, as a bit; 0 when there is none.</summary>
    private uint Unnoticed(uint runnable)
    {
        for (; runnable != 0; runnable &= runnable - 1)
        {
            var task = BitOperations.TrailingZeroCount(runnable);
            if (machine.IsUnnoticed(task, (threads >> (task ^ 1) & 1) != 0))
                return runnable & ~(runnable - 1);
        }
        return 0;
    }

    /// <summary>The only task that can run, when no operation can start beside it.</summary>
    private uint OnlyOne(uint runnable)
    {
        if ((runnable & (runnable - 1)) != 0)
            return 0;
        foreach (ref readonly var operation in setup.Menu.AsSpan())
        {
            if (CanStart(in operation))
                return 0;
        }
        return runnable;
    }

    /// <summary>The lowest runnable task whose step commutes with all that the others may do before it.</summary>
    private uint Commuting(uint runnable)
    {
        if ((runnable & (runnable - 1)) == 0)
            return runnable;
        for (var rest = runnable; rest != 0; rest &= rest - 1)
        {
            if (machine.CommutesWithOthers(BitOperations.TrailingZeroCount(rest), runnable))
                return rest & ~(rest - 1);
        }
        return 0;
    }

    private int StartOperations(in ExploredState state, Span<ExploredState> successors, Span<Choice> choices, int count)
    {
        var menu = setup.Menu.AsSpan();
        if (count != 0)
            machine.State = state.Machine;
        for (var item = 0; item < menu.Length; item++)
        {
            if (!CanStart(in menu[item]))
                continue;
            machine.Start(menu[item].Task.Value, setup.Prologue.Length + item);
            choices[count] = Choice.Operation(item);
            Store(in state.Machine, out successors[count++]);
            machine.State = state.Machine;
        }
        return count;
    }

    /// <param name="before">What the machine's state was before the step; zeros before an initial one.</param>
    /// <param name="state">What it is now, made canonical.</param>
    private void Store(in MachineState before, out ExploredState state)
    {
        CanonicalState.Normalize(ref machine.State, in before, merging);
        state.Machine = machine.State;
        state.Broken = broken;
        broken = 0;
    }

    private int Freeze(in MachineState state, Span<ulong> findings, int count)
    {
        findings[count++] = Key("blocks", isFact: true, state.Active);
        if (machine.Exhausted is null && Stuck(FreezeMode.Help, 0, in state) is not 0 and var helpless)
            findings[count++] = Key("blocks beyond help", isFact: true, helpless);
        var before = count;
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            if (state.Processes[process].State is not (ProcessState.Alive or ProcessState.Exiting))
                continue;
            if (CircleOf(process, Stuck(FreezeMode.KillOne, process, in state)) is not 0 and var circle)
                findings[count++] = Key(Runs(circle) ? "livelock/kill-one" : "deadlock/kill-one", isFact: false, circle);
        }
        if (count == before && Stuck(FreezeMode.KillAll, 0, in state) is not 0 and var undead)
            findings[count++] = Key(Runs(undead) ? "livelock/kill-all" : "deadlock/kill-all", isFact: false, undead);
        return count;
    }

    private uint Stuck(FreezeMode mode, int process, in MachineState state)
    {
        machine.State = state;
        return frozen.Run(mode, process);
    }

    /// <summary>Whether one of the stuck tasks takes steps for ever, where the machine's state has them.</summary>
    private bool Runs(uint stuck) => (machine.Runnable() & stuck) != 0;

    /// <summary>The stuck threads of the killed process and everybody they wait for, step by step.</summary>
    private uint CircleOf(int killed, uint stuck)
    {
        const uint threads = (1u << Limits.ThreadsPerProcess) - 1;
        var circle = stuck & threads << killed * Limits.ThreadsPerProcess;
        for (var known = 0u; known != circle;)
        {
            known = circle;
            for (var rest = circle; rest != 0; rest &= rest - 1)
            {
                if (machine.HolderOf(BitOperations.TrailingZeroCount(rest)) is { } holder)
                    circle |= stuck & 1u << holder;
            }
        }
        return circle;
    }

    /// <summary>The key of stuck tasks where the machine's state has them.</summary>
    private ulong Key(string grade, bool isFact, uint stuck)
    {
        Span<ushort> pairs = stackalloc ushort[Limits.TasksMax];
        var count = 0;
        for (; stuck != 0; stuck &= stuck - 1)
        {
            var pair = machine.DoingAt(BitOperations.TrailingZeroCount(stuck));
            var to = 0;
            while (to < count && pairs[to] < pair)
                to++;
            if (to < count && pairs[to] == pair)
                continue;
            pairs[to..count].CopyTo(pairs[(to + 1)..]);
            pairs[to] = pair;
            count++;
        }
        return keys.OfStuck(grade, isFact, pairs[..count]);
    }

    private void RunUntilQuiet()
    {
        while (machine.Runnable() is not 0 and var runnable)
            machine.Advance(BitOperations.TrailingZeroCount(runnable));
    }
}

/// <summary>A design as a search's machine.</summary>
internal readonly struct ExploredMachine<TDesign>(ExploredKernel<TDesign> kernel, ExplorationSetup setup, FindingKeys keys)
    : IMachine<ExploredState>
    where TDesign : struct, IDesign
{
    public int SuccessorsMax => kernel.SuccessorsMax;

    public string? Exhausted => kernel.Exhausted;

    public void Initial(out ExploredState state) => kernel.Initial(out state);

    public int Successors(in ExploredState state, bool operations, Span<ExploredState> successors, Span<Choice> choices) =>
        kernel.Successors(in state, operations, successors, choices);

    public Onward Pass(in ExploredState state, bool operations, out ExploredState behind) => kernel.Pass(in state, operations, out behind);

    public int Findings(in ExploredState state, bool isFinal, Span<ulong> findings) => kernel.Findings(in state, findings);

    public ulong Weight(in ExploredState state) => 1;

    public string Describe(Choice choice) =>
        choice.IsOperation ? setup.Menu[choice.Number].ToString() : new TaskId((byte)choice.Number).ToString();

    public string Describe(ulong finding) => keys.Describe(finding);
}
