using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Exploring;

/// <summary>How far a search may go.</summary>
public sealed record ExplorationBounds
{
    /// <summary>Operations of any path.</summary>
    public int OperationsMax { get; init; } = 4;

    /// <summary>Bytes of states: those that were seen and the frontier together.</summary>
    public long MemoryMax { get; init; } = 4L << 30;

    /// <summary>
    /// Whether states from which one step suffices, or nothing follows (<see cref="IMachine{TState}.Pass"/>), are looked at and not stored. All
    /// findings stay, with their number of operations; counts of states are those of the states that were looked at.
    /// </summary>
    public bool ReducesOrder { get; init; }

    /// <summary>Whether whole states are kept instead of fingerprints or parts.</summary>
    public bool IsExact { get; init; }

    /// <summary>The search ends with the level at which such a finding is first seen; null: it goes on to its bound.</summary>
    public Func<ulong, bool>? StopsAt { get; init; }

    /// <summary>Whether a path is wanted for each finding.</summary>
    public bool WantsPaths { get; init; } = true;
}

/// <summary>A finding with the nearest place where it shows.</summary>
/// <param name="Key">The machine's key.</param>
/// <param name="Operations">Operations of the shortest path to it.</param>
/// <param name="Steps">
/// Steps of that path, operations included. A search that reduces by partial order and wants no paths may have taken steps on its way that the
/// shortest path to a broken rule leaves out; to a deadlock there are none.
/// </param>
/// <param name="States">States that show it, within the bound: of the unreduced machine, unless partial order reduces it.</param>
/// <param name="Path">The lexicographically first of the shortest paths; empty when none was asked for.</param>
public sealed record ExploredFinding(ulong Key, int Operations, int Steps, ulong States, ImmutableArray<Choice> Path)
{
    /// <summary>Whether it is worth counting but breaks no rule; facts have no paths.</summary>
    public bool IsFact => (Key & IMachine<int>.FactBit) != 0;
}

/// <summary>All states that are first reached with one number of operations.</summary>
public readonly record struct OperationLayer(int Operations, long States, ulong Weight, long Transitions, int Depth);

/// <summary>What a search came to.</summary>
public sealed record Exploration
{
    /// <summary>The named bound that ended it early, or null: then everything within the bounds was seen.</summary>
    public string? Bound { get; init; }

    /// <summary>States gone on from: all that are stored, unless a bound ended the search.</summary>
    public required long States { get; init; }

    /// <summary>States stored: those gone on from, and those that still waited when a bound ended the search.</summary>
    public required long Stored { get; init; }

    /// <summary>States of the unreduced machine that these stand for.</summary>
    public required ulong Weight { get; init; }

    public required long Transitions { get; init; }

    /// <summary>States that were looked at on the way and not stored; one that is met twice counts twice.</summary>
    public required long Passed { get; init; }

    /// <summary>Steps of the longest of all shortest paths.</summary>
    public required int Depth { get; init; }

    /// <summary>By operations; the last one is incomplete when a bound was reached.</summary>
    public required ImmutableArray<OperationLayer> Layers { get; init; }

    /// <summary>By rank, then by key.</summary>
    public required ImmutableArray<ExploredFinding> Findings { get; init; }

    /// <summary>Bytes of the states seen, at the end.</summary>
    public required long SeenBytes { get; init; }

    /// <summary>Most bytes of states seen and frontier at any time.</summary>
    public required long PeakBytes { get; init; }

    /// <summary>States without any successor.</summary>
    public required ulong FinalStates { get; init; }

    /// <summary>Upper bound of the probability that two states were taken for one; 0 where states are compared and not fingerprints.</summary>
    public required double CollisionProbability { get; init; }

    /// <summary>The largest number of operations for which everything was seen, or -1.</summary>
    public int OperationsComplete => Bound is null ? Layers.Length - 1 : Layers.Length - 2;
}

/// <summary>How far a search is.</summary>
public readonly record struct ExplorationProgress(int Operations, int Steps, long States, long Transitions, long Bytes, int Findings);
