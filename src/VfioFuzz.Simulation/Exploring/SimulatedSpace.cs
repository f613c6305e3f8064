using System.Collections.Immutable;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>Everything that can happen on a simulated design from a setup: what a search walks through.</summary>
public abstract class SimulatedSpace
{
    private protected SimulatedSpace(ExplorationSetup setup)
    {
        if (setup.Prologue.Length + setup.Menu.Length > Limits.LinesMax)
            throw new ArgumentException($"prologue and menu have more than {Limits.LinesMax} operations", nameof(setup));
        Setup = setup;
    }

    public ExplorationSetup Setup { get; }

    /// <summary>Which states are taken for one; switched off to check that nothing is lost.</summary>
    public StateMerging Merging { get; init; } = StateMerging.All;

    /// <summary>The design's name, without <c>sim/</c>.</summary>
    public abstract string Design { get; }

    public abstract DialectName Dialect { get; }

    /// <summary>The space of one of <see cref="SimulatedTarget.Designs"/> or <see cref="SimulatedTarget.Mutants"/>.</summary>
    /// <exception cref="ArgumentException">No such design.</exception>
    public static SimulatedSpace Of(string design, ExplorationSetup setup, StateMerging merging = StateMerging.All) =>
        DesignTable.Space(design, setup, merging) ?? throw new ArgumentException($"no simulated design '{design}'", nameof(design));

    /// <summary>Does something with the machine of this space.</summary>
    public abstract TResult Accept<TResult>(IMachineVisitor<TResult> visitor);

    /// <summary>The program and the schedule that take a path of the search, for every target that runs programs.</summary>
    public abstract (Program Program, Schedule Schedule) Replay(ImmutableArray<Choice> path);

    /// <summary>What the design does with this setup, as 16 hex digits: the key of stored certificates.</summary>
    public abstract string Digest();

    /// <summary>Words for a finding that a search of this space came to: rule, grade and place.</summary>
    public abstract string Describe(ulong finding);
}

/// <summary>The space of a design.</summary>
internal sealed class Space<TDesign>(ExplorationSetup setup, Slip slip) : SimulatedSpace(setup)
    where TDesign : struct, IDesign
{
    private readonly FindingKeys keys = new();

    public override string Design => slip == Slip.None ? TDesign.Name : $"{TDesign.Name}~{slip}";

    public override DialectName Dialect => TDesign.Dialect;

    public override TResult Accept<TResult>(IMachineVisitor<TResult> visitor) =>
        visitor.Visit<ExploredMachine<TDesign>, ExploredState>(Machine);

    public override (Program Program, Schedule Schedule) Replay(ImmutableArray<Choice> path) =>
        new PathProgram<TDesign>(Setup, new ExploredKernel<TDesign>(Setup, keys, slip, StateMerging.None)).Of(path);

    public override string Describe(ulong finding) => keys.Describe(finding);

    public override string Digest() => BehaviourDigest.Of(new ExploredKernel<TDesign>(Setup, keys, slip, StateMerging.None));

    private ExploredMachine<TDesign> Machine() => new(new ExploredKernel<TDesign>(Setup, keys, slip, Merging), Setup, keys);
}
