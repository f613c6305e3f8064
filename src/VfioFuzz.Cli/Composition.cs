using VfioFuzz.Campaigns;
using VfioFuzz.Checking;
using VfioFuzz.Linux;
using VfioFuzz.Model;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli;

/// <summary>Puts targets, model, programs and candidates together.</summary>
internal static class Composition
{
    public static CheckSetup Setup(ITarget target, int threads, PlantedError planted = PlantedError.None) => new()
    {
        Target = target,
        Answers = Answers(target, DialectName.Unspecified, planted),
        Source = new GeneratedPrograms(threads, (target as SimulatedTarget)?.Kinds),
        SimplerThan = Candidates.SimplerThan,
        Code = (target as LinuxTarget)?.Blocks ?? [],
        Vacuity = outcomes => Reachability.Vacuities(outcomes, target.Platform),
    };

    public static Judge Judge(ITarget target, DialectName dialect) => new(Answers(target, dialect));

    /// <summary>The model of the dialect that a file names, else of the target's own.</summary>
    /// <exception cref="UsageException">The model does not know it.</exception>
    public static IAnswerRule Answers(ITarget target, DialectName asked, PlantedError planted = PlantedError.None)
    {
        var name = asked == DialectName.Unspecified ? target.Platform.Dialect : asked;
        return name == DialectName.Unspecified
            ? new UnknownDialect(target.Name)
            : new ModelAnswers(Dialect.Of(name), target.Platform, planted, new RuleUses());
    }

    /// <summary>A kernel that the table does not know cannot be judged by answers (design decision 10).</summary>
    private sealed class UnknownDialect(string target) : IAnswerRule
    {
        private readonly Inconclusive verdict = new($"{target}: its dialect is unknown");

        public Verdict Judge(Program program, History history) => verdict;
    }
}
