namespace VfioFuzz.Simulation.Exploring;

/// <summary>
/// By what a search takes states for one that are not equal byte by byte. Either way the two have the same choices before them and come to
/// the same findings by them, so findings, grades, numbers of operations and steps, and paths stay; only states are counted otherwise.
/// </summary>
[Flags]
public enum StateMerging
{
    None = 0,

    /// <summary>They differ in what no later step reads: locals that the rest of a path does not use, and what is left in freed objects.</summary>
    DeadData = 1,

    /// <summary>They are images of each other under a renaming that every step respects: of numbers of mappings, files and external pins.</summary>
    Symmetry = 2,

    All = DeadData | Symmetry,
}
