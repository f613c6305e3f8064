using System.Collections.Immutable;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>
/// Seeds drawn by the generator: for each outcome of each operation a small program that shows it, once on its own and once among lines that race.
/// Of a target only outcomes count that no target before it showed. Programs break no rule, so that what a campaign finds from them is its own find.
/// </summary>
/// <param name="draws">Programs drawn for each target.</param>
public sealed class SeedCorpus(int draws)
{
    private const ulong Seed = 1;

    private readonly HashSet<Shown> covered = [];
    private readonly List<Violation> violations = [];

    /// <summary>Runs of a seed take its file's schedule; where a seed is made, and where the schedule ends, this one's choices.</summary>
    private static readonly RunRequest Request = new(Seed);

    /// <summary>The seeds of one target; each keeps its outcome when no line of it can be left out.</summary>
    /// <param name="target">A simulated target: each program is run some hundred times.</param>
    /// <param name="kinds">Kinds of operations that it knows.</param>
    public IEnumerable<(string Name, ProgramDocument Document)> Of(ITarget target, KindSet kinds)
    {
        var judge = new Judge(new ModelAnswers(Dialect.Of(target.Platform.Dialect), target.Platform));
        foreach (var (shown, program) in Smallest(target, judge, kinds).OrderBy(pair => pair.Key))
        {
            // One seed often shows what another was kept for.
            if (covered.Contains(shown))
                continue;
            var reduced = Reduced(target, judge, program, shown);
            // Cut off where it was, a program may take another way.
            if (Run(target, judge, reduced) is not { } history || !Shows(reduced, history, shown))
                continue;
            foreach (var (each, _) in Outcomes(reduced, history))
                covered.Add(each);
            yield return (NameOf(shown), Document(target, reduced, history));
        }
    }

    /// <summary>For each outcome the shortest beginning of a drawn program that shows it.</summary>
    private Dictionary<Shown, Program> Smallest(ITarget target, Judge judge, KindSet kinds)
    {
        var smallest = new Dictionary<Shown, Program>();
        for (var threads = 1; threads <= 2; threads++)
        {
            var source = new GeneratedPrograms(threads, kinds, hugePage: false);
            for (var index = 0; index < draws; index++)
            {
                var program = source.Draw(Seed, index).Canonical();
                if (Run(target, judge, program) is not { } history)
                    continue;
                foreach (var (shown, line) in Outcomes(program, history))
                {
                    var end = EndOf(program, line);
                    if (!covered.Contains(shown) && (!smallest.TryGetValue(shown, out var known) || end < known.Lines.Length))
                        smallest[shown] = new Program(program.World, program.Lines[..end]).Canonical();
                }
            }
        }
        return smallest;
    }

    /// <summary>Without every line that the outcome does not need.</summary>
    private Program Reduced(ITarget target, Judge judge, Program program, Shown shown)
    {
        for (var line = program.Lines.Length - 1; line >= 0; line--)
        {
            var shorter = program.Without(line).Canonical();
            if (Run(target, judge, shorter) is { } history && Shows(shorter, history, shown))
                program = shorter;
        }
        return program;
    }

    /// <summary>The history of a run that broke no rule, valid until the next run; else null.</summary>
    private History? Run(ITarget target, Judge judge, Program program)
    {
        violations.Clear();
        var history = target.Run([program], Request).Single();
        return judge.Violations(program, history, violations) is null && violations.Count == 0 ? history : null;
    }

    private static bool Shows(Program program, History history, Shown shown) =>
        Outcomes(program, history).Exists(outcome => outcome.Shown == shown);

    private static List<(Shown Shown, int Line)> Outcomes(Program program, History history)
    {
        var outcomes = new List<(Shown, int)>();
        foreach (ref readonly var happened in history.Events)
        {
            if (happened.Kind is not (EventKind.Answered or EventKind.Blocked) || happened.Line >= program.Lines.Length)
                continue;
            var line = program.Lines[happened.Line];
            var outcome = Outcome.Of(happened.Kind == EventKind.Blocked ? Answer.Blocked : happened.Answer);
            outcomes.Add((new Shown(line.Operation.Kind, outcome.Kind, outcome.Errno, line.IsParallel), happened.Line));
        }
        return outcomes;
    }

    /// <summary>The lines up to one, with the rest of its block.</summary>
    private static int EndOf(Program program, int line)
    {
        var end = line + 1;
        while (program.Lines[line].IsParallel && end < program.Lines.Length && program.Lines[end].Block == program.Lines[line].Block)
            end++;
        return end;
    }

    private static ProgramDocument Document(ITarget target, Program program, History history) => new(program)
    {
        Targets = [target.Name],
        Expectation = "pass",
        Schedule = history.Schedule,
        ExpectedAnswers = [.. RunRecord.Answers(history, program.Lines.Length).Select(answer => answer.ToString())],
    };

    private static string NameOf(Shown shown)
    {
        var outcome = new Outcome(shown.Answer, shown.Errno).ToString();
        var form = OperationForm.Of(shown.Kind).Mnemonic.Replace(' ', '-');
        return $"{form}-{outcome}{(shown.IsRacing ? "-racing" : "")}.vprog";
    }

    /// <summary>That an operation came out so.</summary>
    private readonly record struct Shown(OperationKind Kind, AnswerKind Answer, Errno Errno, bool IsRacing) : IComparable<Shown>
    {
        public int CompareTo(Shown other) =>
            (Kind, IsRacing, Answer, Errno).CompareTo((other.Kind, other.IsRacing, other.Answer, other.Errno));
    }
}
