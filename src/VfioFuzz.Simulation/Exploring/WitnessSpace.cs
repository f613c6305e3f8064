using System.Collections.Immutable;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>What a search of one program's schedules wants to know.</summary>
/// <param name="Program">The program.</param>
/// <param name="Space">Which of its schedules.</param>
/// <param name="Watched">Lines whose answers matter; at most 8.</param>
/// <param name="Judge">The grade of a state, 1 to 255; 0: not worth a word. A function of its argument, for threads of any number.</param>
public sealed record WitnessSetup(
    Program Program, ScheduleSpace Space, ImmutableArray<WatchedAnswer> Watched, Func<QuietState, int> Judge);

/// <summary>Everything that one program can come to on a simulated design.</summary>
public abstract class WitnessSpace
{
    private protected WitnessSpace(WitnessSetup setup) => Setup = setup;

    public WitnessSetup Setup { get; }

    /// <summary>The space of one of <see cref="SimulatedTarget.Designs"/> or <see cref="SimulatedTarget.Mutants"/>.</summary>
    /// <exception cref="ArgumentException">No such design.</exception>
    public static WitnessSpace Of(string design, WitnessSetup setup) => DesignTable.Witness(design, setup)
        ?? throw new ArgumentException($"no simulated design '{design}'", nameof(design));

    /// <summary>The judge's grade in a finding of a search.</summary>
    public static int GradeOf(ulong finding) => (int)(finding >> 8);

    /// <summary>How many lines the program of a finding has; 0 when none may be left out.</summary>
    public static int LinesOf(ulong finding) => (byte)finding;

    /// <summary>Does something with the machine of this space.</summary>
    public abstract TResult Accept<TResult>(IMachineVisitor<TResult> visitor);

    /// <summary>The program and the schedule that take a path of the search, for every target that runs programs.</summary>
    public abstract (Program Program, Schedule Schedule) Replay(ImmutableArray<Choice> path);
}

/// <summary>The space of a program on a design.</summary>
internal sealed class WitnessSpace<TDesign>(WitnessSetup setup, Slip slip) : WitnessSpace(setup)
    where TDesign : struct, IDesign
{
    private readonly FindingKeys keys = new();

    public override TResult Accept<TResult>(IMachineVisitor<TResult> visitor) =>
        visitor.Visit<WitnessMachine<TDesign>, WitnessState>(() => new WitnessMachine<TDesign>(new WitnessKernel<TDesign>(Setup, keys, slip)));

    public override (Program Program, Schedule Schedule) Replay(ImmutableArray<Choice> path)
    {
        var lines = new ExplorationSetup(Setup.Program.World, [], [.. Setup.Program.Lines.Select(line => line.Operation)]);
        return new PathProgram<TDesign>(lines, new ExploredKernel<TDesign>(lines, keys, slip, StateMerging.None)).Of(
            [.. path.Select(choice => choice.Number < WitnessKernel<TDesign>.FirstLine
                ? choice
                : Choice.Operation(choice.Number - WitnessKernel<TDesign>.FirstLine))]);
    }
}
