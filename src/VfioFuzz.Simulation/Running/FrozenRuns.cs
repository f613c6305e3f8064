using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Running;

/// <summary>
/// What becomes of a machine whose users stop (design decision 5): kernel steps, the lowest task first, and the mode's fixed script.
/// </summary>
internal sealed class FrozenRuns<TDesign>(Machine<TDesign> machine)
    where TDesign : struct, IDesign
{
    /// <summary>Steps of one mode or script after which a cycle is looked for; what ends does so long before.</summary>
    private const int QuietMax = 1_000;

    /// <summary>Steps in which a cycle must close; beyond them the run is inconclusive.</summary>
    private const int CycleMax = 20_000;

    /// <summary>Runs the machine on in a mode, from its state; the tasks that are stuck in the end, a bit for each.</summary>
    public uint Run(FreezeMode mode, int process)
    {
        switch (mode)
        {
            case FreezeMode.Help:
                Help();
                break;
            case FreezeMode.KillOne:
                Kill(process);
                break;
            case FreezeMode.KillAll:
                for (var each = 0; each < Limits.ProcessesMax; each++)
                    Kill(each);
                break;
            default:
                break;
        }
        RunUntilQuiet();
        return mode switch
        {
            FreezeMode.KillOne => StuckWith(1u << process),
            FreezeMode.KillAll => StuckWith((1u << Limits.ProcessesMax) - 1),
            _ => machine.State.Active,
        };
    }

    /// <summary>Stuck tasks in words, where the machine's state has them.</summary>
    public ImmutableArray<StuckTask> Describe(uint stuck)
    {
        var described = ImmutableArray.CreateBuilder<StuckTask>(BitOperations.PopCount(stuck));
        for (; stuck != 0; stuck &= stuck - 1)
        {
            var task = BitOperations.TrailingZeroCount(stuck);
            described.Add(new StuckTask(
                new TaskId((byte)task),
                machine.DoingOf(task),
                Place.Describe(machine.State.Tasks[task].Label),
                machine.WaitOf(task),
                machine.HolderOf(task) is { } holder ? new TaskId((byte)holder) : null,
                machine.CanRun(task)));
        }
        return described.MoveToImmutable();
    }

    private void RunUntilQuiet()
    {
        for (var steps = 0; machine.Exhausted is null && machine.Runnable() is not 0 and var runnable; steps++)
        {
            if (steps == QuietMax)
            {
                RunInTurns();
                return;
            }
            machine.Advance(BitOperations.TrailingZeroCount(runnable));
        }
    }

    /// <summary>
    /// Every task that can run has its turn, so that nobody merely waits for one that was never let go. Ends in a livelock when a state comes
    /// back at the same turn: the steps between lead nowhere, and would for ever. The state to come back to is chosen anew at each power of two
    /// (Brent), so that it comes to lie on the cycle.
    /// </summary>
    private void RunInTurns()
    {
        var (kept, keptTurn, turn) = (machine.State, -1, 0);
        for (int steps = 0, chosen = 1; machine.Exhausted is null && machine.Runnable() is not 0 and var runnable; steps++)
        {
            if (steps == CycleMax)
            {
                machine.Exhaust("steps of a frozen run");
                return;
            }
            if (steps == chosen)
                (kept, keptTurn, chosen) = (machine.State, turn, 2 * chosen);
            var later = runnable & ~((2u << turn) - 1);
            turn = BitOperations.TrailingZeroCount(later != 0 ? later : runnable);
            machine.Advance(turn);
            if (turn == keptTurn && IsSame(in kept))
                return;
        }
    }

    private bool IsSame(in MachineState kept) => MemoryMarshal.AsBytes(new ReadOnlySpan<MachineState>(in kept))
        .SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<MachineState>(in machine.State)));

    private bool IsAlive(int process) => machine.State.Processes[process].State == ProcessState.Alive;

    private void Kill(int process)
    {
        if (IsAlive(process))
            machine.KillProcess(process);
    }

    /// <summary>
    /// Threads of killed processes that have not died, with whoever they wait for and whoever waits for them, over any number of
    /// steps. A worker that merely waits for user space beside them is not stuck by the kill.
    /// </summary>
    private uint StuckWith(uint killed)
    {
        var active = (uint)machine.State.Active;
        var stuck = 0u;
        for (var task = 0; task < Limits.UserTasksMax; task++)
        {
            if ((killed >> task / Limits.ThreadsPerProcess & 1) != 0)
                stuck |= active & 1u << task;
        }
        for (var known = 0u; known != stuck;)
        {
            known = stuck;
            for (var rest = active; rest != 0; rest &= rest - 1)
            {
                var task = BitOperations.TrailingZeroCount(rest);
                if (machine.HolderOf(task) is not { } holder || (active >> holder & 1) == 0)
                    continue;
                if ((stuck >> task & 1) != 0 || (stuck >> holder & 1) != 0)
                    stuck |= 1u << task | 1u << holder;
            }
        }
        return stuck;
    }

    /// <summary>
    /// Every live process with an idle thread, for every container it holds a fd of: MAP with VADDR of each invalid mapping at its old
    /// address, or the window's when that lies outside; then UNMAP of all.
    /// </summary>
    private void Help()
    {
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            for (var slot = 0; slot < Limits.SlotsMax && IsAlive(process); slot++)
            {
                if (machine.InstanceAt(process, slot) is { } instance)
                    HelpContainer(process, slot, instance);
            }
        }
    }

    private void HelpContainer(int process, int slot, int instance)
    {
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            ref readonly var mapping = ref machine.State.Mappings[m];
            if (mapping.InUse != instance + 1 || (mapping.Flags & MappingFlags.VaddrInvalid) == 0)
                continue;
            var vaddr = mapping.Vaddr is >= Limits.WindowBase and < Limits.WindowEnd ? mapping.Vaddr : Limits.WindowBase;
            RunScript(process, Operation.Map(
                default, slot, new(mapping.Iova), new(mapping.Size), new(vaddr), MapFlags.Vaddr));
        }
        RunScript(process, Operation.Unmap(default, slot, new(0), new(0), UnmapFlags.All));
    }

    private void RunScript(int process, Operation operation)
    {
        for (var thread = 0; thread < Limits.ThreadsPerProcess; thread++)
        {
            var task = TaskId.Of(process, thread);
            if (machine.Readiness(task.Value) != AnswerKind.None || machine.Script(operation with { Task = task }) is not { } script)
                continue;
            machine.Start(task.Value, script);
            RunUntilQuiet();
            return;
        }
    }
}
