using System.Collections.Immutable;

namespace VfioFuzz.Programs;

/// <summary>Where an exhaustive search begins and what users may do in it.</summary>
/// <param name="World">The world.</param>
/// <param name="Prologue">Operations done before the search, one after the other; they do not count.</param>
/// <param name="Menu">
/// Operations to choose from, any number of times each. One may start whenever its thread is in user space, beside calls of other threads
/// and workers that are under way.
/// </param>
public sealed record ExplorationSetup(World World, ImmutableArray<Operation> Prologue, ImmutableArray<Operation> Menu)
{
    /// <summary>Whether an operation may start only when everything else has returned or sleeps, as the lines of a sequential program do.</summary>
    public bool IsSequential { get; init; }
}
