using VfioFuzz.Campaigns;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Tests;

/// <summary>
/// What a simulated design answered to many programs. The designs share no line with the model, so that one recording serves every model that
/// is held against it (the mutants of tests/VfioFuzz.Mutation, by this name).
/// </summary>
public sealed class RecordedAnswers
{
    private readonly List<(Program Program, History History)> runs = [];
    private readonly ModelAnswers model;

    /// <param name="design">A design's name, without <c>sim/</c>.</param>
    /// <param name="threads">2 draws <c>par</c> blocks too.</param>
    /// <param name="programs">How many are drawn; those that reach a known defect of the design are left out.</param>
    public RecordedAnswers(string design, int threads, int programs)
    {
        using var target = new SimulatedTarget(design);
        model = new ModelAnswers(Dialect.Of(target.Platform.Dialect), target.Platform);
        var source = new GeneratedPrograms(threads, target.Kinds);
        var request = new RunRequest(1);
        for (var index = 0; index < programs; index++)
        {
            var program = source.Draw(1, index);
            if (KnownDefects.Reached(program, target.Platform) is not null)
                continue;
            foreach (var history in target.Run([program], request))
                if (history.Incomplete is null)
                    runs.Add((program, RunRecord.Copy(history)));
        }
    }

    public int Count => runs.Count;

    /// <summary>The first program with an answer that the model does not allow, and why; null when there is none.</summary>
    public string? FirstRefused()
    {
        foreach (var (program, history) in runs)
            if (model.Judge(program, history) is Violation violation)
                return $"{violation.Evidence}\n{ProgramText.Print(program)}";
        return null;
    }
}
