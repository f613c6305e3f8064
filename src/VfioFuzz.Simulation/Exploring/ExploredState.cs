using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>A machine's state, and the rule that the last step broke: a machine goes on after that, a search does not.</summary>
internal struct ExploredState
{
    public MachineState Machine;

    /// <summary>Key of the broken rule; 0: none.</summary>
    public ulong Broken;
}
