using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Simulation;

/// <summary>
/// A simulated kernel design as a target. Runs are functions of program and request: the same seed or schedule gives the same history,
/// byte for byte.
/// </summary>
public sealed class SimulatedTarget : ITarget
{
    private readonly ISimulator simulator;

    /// <param name="design">One of <see cref="Designs"/>.</param>
    /// <exception cref="ArgumentException">No such design.</exception>
    public SimulatedTarget(string design)
        : this(Make(design, RuleChecks.WhenSettled))
    {
    }

    internal SimulatedTarget(ISimulator simulator)
    {
        this.simulator = simulator;
        Name = $"sim/{simulator.Design}";
        Platform = Platform.Simulated with { Kernel = Name, Dialect = simulator.Dialect };
    }

    /// <summary>Names of the designs, without <c>sim/</c>.</summary>
    public static IReadOnlyList<string> Designs { get; } = 
        [Blocking.Name, BlockingShouldStopFaithful.Name, BlockingLastPageFaithful.Name, Removal.Name, Exclusion.Name];

    public string Name { get; }

    public Platform Platform { get; }

    public IEnumerable<History> Run(IEnumerable<Program> programs, RunRequest request)
    {
        var history = new History { Platform = Platform };
        foreach (var program in programs)
        {
            simulator.Run(program, request, history);
            yield return history;
        }
    }

    /// <summary>Runs one program for its effects alone: no history, no rules, no tear-down; nothing is allocated.</summary>
    public void RunBare(Program program, ulong scheduleSeed) => simulator.RunBare(program, scheduleSeed);

    public void Dispose()
    {
    }

    private static ISimulator Make(string design, RuleChecks checks)
    {
        if (design == Blocking.Name || design == "blocking?should-stop=safe")
            return new Simulator<Blocking>(checks);
        if (design == BlockingShouldStopFaithful.Name)
            return new Simulator<BlockingShouldStopFaithful>(checks);
        if (design == BlockingLastPageFaithful.Name)
            return new Simulator<BlockingLastPageFaithful>(checks);
        if (design == Removal.Name)
            return new Simulator<Removal>(checks);
        if (design == Exclusion.Name)
            return new Simulator<Exclusion>(checks);
        throw new ArgumentException($"no simulated design '{design}'; there are {string.Join(", ", Designs)}", nameof(design));
    }
}
