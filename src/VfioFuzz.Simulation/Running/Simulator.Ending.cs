using VfioFuzz.Programs;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Running;

/// <summary>After the last line: what is locked, frozen modes when a task is blocked, tear-down when none is.</summary>
internal sealed partial class Simulator<TDesign>
{
    private void End(bool freeze)
    {
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            if (IsAlive(process))
                history!.Add(Locked(EventKind.LockedAtEnd, process));
        }
        recording = false;
        if (machine.State.Active == 0)
            TearDown();
        else if (freeze)
            FreezeAll();
    }

    private bool IsAlive(int process) => machine.State.Processes[process].State == ProcessState.Alive;

    private HistoryEvent Locked(EventKind kind, int process) =>
        new(kind, 0, (ushort)process, 0, machine.VmLckOf(process), ticket++);

    /// <summary>
    /// Kills the other processes, closes p0's files, unlocks its own memory and drops messages. A crash leaves locks, pins and files behind for ever, so then
    /// nothing is asked of the end.
    /// </summary>
    private void TearDown()
    {
        scheduler = Scheduler.LowestFirst;
        for (var process = 1; process < Limits.ProcessesMax; process++)
        {
            if (!IsAlive(process))
                continue;
            machine.KillProcess(process);
            RunUntilQuiet();
        }
        machine.CloseAll(process: 0);
        machine.Munlock(process: 0);
        RunUntilQuiet();
        machine.DropMessages();
        RunUntilQuiet();
        if (IsAlive(0))
            history!.Add(Locked(EventKind.LockedAfterTeardown, 0));
        if (machine.State.Active != 0)
            history!.Add(new HistoryEvent(EventKind.ResetFailed, 0, 0, 0, 0, ticket++));
        else if (machine.State.Hardware.PinsTaken != 0)
            Broken(RuleName.PinBalance, line - 1, $"{machine.State.Hardware.PinsTaken} pins were never returned");
    }

    /// <summary>Each mode from a copy of the state at the end (design decision 5).</summary>
    private void FreezeAll()
    {
        var end = machine.State;
        Freeze(FreezeMode.Idle, 0, in end);
        Freeze(FreezeMode.Help, 0, in end);
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            if (end.Processes[process].State is ProcessState.Alive or ProcessState.Exiting)
                Freeze(FreezeMode.KillOne, process, in end);
        }
        Freeze(FreezeMode.KillAll, 0, in end);
        machine.State = end;
    }

    private void Freeze(FreezeMode mode, int process, in MachineState end)
    {
        machine.State = end;
        history!.Add(new FreezeOutcome(mode, process, frozen.Describe(frozen.Run(mode, process))));
    }
}
