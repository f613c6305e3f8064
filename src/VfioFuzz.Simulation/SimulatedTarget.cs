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
        Kinds = simulator.Kinds;
        Platform = Platform.Simulated with { Kernel = Name, Dialect = simulator.Dialect };
    }

    /// <summary>Names of the designs, without <c>sim/</c>.</summary>
    public static IReadOnlyList<string> Designs { get; } = [.. DesignTable.All.Select(design => design.Name)];

    /// <summary>Whether there is such a design, or mutant of one (<c>DESIGN~SLIP</c>).</summary>
    public static bool Knows(string design) => DesignTable.Make(design, RuleChecks.Never) is not null;

    /// <summary>
    /// Designs that do one small thing wrong, named <c>DESIGN~WHAT</c>, and the design each is made of: what the rules must catch.
    /// </summary>
    public static IReadOnlyList<(string Name, string Design)> Mutants { get; } =
        [.. SlipTable.All.Select(row => ($"{row.Design}~{row.Slip}", row.Design))];

    public string Name { get; }

    /// <summary>Kinds of operations that programs for this design may hold.</summary>
    public KindSet Kinds { get; }

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

    /// <summary>Where the kinds of waits of each run are written, or null: a fuzzer's feedback.</summary>
    public WaitTrail? Waits
    {
        get => simulator.Waits;
        set => simulator.Waits = value;
    }

    /// <summary>Runs one program and writes its history into <paramref name="history"/>, which is cleared first.</summary>
    public void Run(Program program, RunRequest request, History history)
    {
        history.Platform = Platform;
        simulator.Run(program, request, history);
    }

    /// <summary>Runs one program, writes its history into <paramref name="history"/> and tells what happened step by step.</summary>
    public Interleaving Explain(Program program, RunRequest request, History history) => simulator.Explain(program, request, history);

    /// <summary>Runs one program for its effects alone: no history, no rules, no tear-down; nothing is allocated.</summary>
    public void RunBare(Program program, ulong scheduleSeed) => simulator.RunBare(program, scheduleSeed);

    public void Dispose()
    {
    }

    private static ISimulator Make(string design, RuleChecks checks) => DesignTable.Make(design, checks)
        ?? throw new ArgumentException($"no simulated design '{design}'; there are {string.Join(", ", Designs)}", nameof(design));
}
