using System.Numerics;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Running;

/// <summary>Which kinds of waits a run comes through, for those who want to see new ones.</summary>
internal sealed partial class Simulator<TDesign>
{
    /// <summary>A task that has just moved and cannot go on has gone to sleep.</summary>
    private void NoteWait(int task, WaitTrail waits)
    {
        if (machine.State.Tasks[task].Wants != 0 && !machine.CanRun(task))
            waits.Add(WaitOf(task));
    }

    /// <summary>All that sleep when nothing can run.</summary>
    private void NoteRest(WaitTrail waits)
    {
        var all = 0UL;
        for (uint active = machine.State.Active; active != 0; active &= active - 1)
            all = WaitTrail.With(all, WaitOf(BitOperations.TrailingZeroCount(active)));
        waits.Add(all);
    }

    private ulong WaitOf(int task)
    {
        ref readonly var sleeper = ref machine.State.Tasks[task];
        var holder = machine.HolderOf(task) is { } holding ? machine.State.Tasks[holding].Label : Label.User;
        return WaitTrail.Of(sleeper.Label, sleeper.Wants, holder);
    }
}
