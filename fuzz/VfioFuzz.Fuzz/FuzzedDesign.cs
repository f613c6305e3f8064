using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Fuzz;

/// <summary>
/// What the fuzzer executes: bytes become a program, the program runs on a simulated design under a fixed schedule seed, and the history is judged by
/// the reference model and every other rule. The same bytes always take the same path.
/// </summary>
internal sealed class FuzzedDesign : IDisposable
{
    private const ulong ScheduleSeed = 1;

    private readonly SimulatedTarget target;
    private readonly Judge judge;
    private readonly IEnumerator<History> histories;
    private readonly List<Violation> violations = [];
    private readonly ModelTrail model = new();
    private Program program = new(default, []);

    /// <param name="name">A simulated target, as on the command line: <c>sim/blocking</c>.</param>
    /// <param name="planted">A wrong rule for the model: the canary that a campaign must find.</param>
    /// <exception cref="ArgumentException">No such target.</exception>
    public FuzzedDesign(string name, PlantedError planted)
    {
        target = Open(name);
        judge = new Judge(new ModelAnswers(Dialect.Of(target.Platform.Dialect), target.Platform, planted, trail: model));
        histories = target.Run(Endlessly(), new RunRequest(ScheduleSeed)).GetEnumerator();
    }

    /// <summary>A simulated target by its name on the command line.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static SimulatedTarget Open(string name) => name.StartsWith("sim/", StringComparison.Ordinal)
        ? new SimulatedTarget(name["sim/".Length..])
        : throw new ArgumentException($"'{name}' cannot run in this process: name a simulated target such as sim/blocking");

    /// <summary>The violations of one input; valid until the next call.</summary>
    public IReadOnlyList<Violation> Execute(ReadOnlySpan<byte> input) => Execute(ProgramBytes.Decode(input));

    /// <summary>
    /// Counts the outcomes of operations in the model in the last run as if they were edges, at places of the map that their numbers give: feedback
    /// for AFL, which knows no other. States of the model are not among them: there are more than the map has places, and nobody keeps an input for one.
    /// </summary>
    public void MarkModel(Span<byte> map)
    {
        foreach (var (number, _, isState) in model.Marks)
        {
            if (isState)
                continue;
            ref var hits = ref map[(number * 0x9e37 ^ number >> 8) & (map.Length - 1)];
            hits = (byte)Math.Max(hits, (byte)1);
        }
    }

    /// <summary>The violations of one program; valid until the next call.</summary>
    public IReadOnlyList<Violation> Execute(Program next)
    {
        program = next;
        histories.MoveNext();
        violations.Clear();
        model.Start();
        judge.Violations(program, histories.Current, violations);
        return violations;
    }

    public void Dispose()
    {
        histories.Dispose();
        target.Dispose();
    }

    private IEnumerable<Program> Endlessly()
    {
        while (true)
            yield return program;
    }
}
