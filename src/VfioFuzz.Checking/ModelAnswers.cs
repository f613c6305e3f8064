using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// The rule of single answers: the reference model of a dialect on a platform. A disagreement is placed by the operation, what was observed and
/// what is allowed, without values that differ from program to program.
/// </summary>
public sealed class ModelAnswers(
    Dialect dialect, Platform platform, PlantedError planted = PlantedError.None, RuleUses? uses = null, ModelTrail? trail = null) : IAnswerRule
{
    private static readonly Pass Allowed = new();

    private static readonly RuleUses Uncounted = new();

    private readonly Acceptor acceptor = new(dialect, platform, planted, uses ?? Uncounted, trail);

    public Dialect Dialect { get; } = dialect;

    /// <summary>How often each rule explained an answer, while that is on; null where nobody asked for it.</summary>
    public RuleUses? Uses { get; } = uses;

    public Verdict Judge(Program program, History history) => acceptor.Accept(program, history) switch
    {
        Acceptance.Accepted => Allowed,
        Acceptance.Disagrees disagreement => ViolationOf(program, disagreement),
        Acceptance.KernelCrashExpected crash => ShowsCrash(history) ? Allowed : NoCrash(program, crash.Line),
        Acceptance.Undecided undecided => new Inconclusive(undecided.Bound),
        var unknown => throw new UnreachableException($"no such acceptance: {unknown}"),
    };

    /// <summary>What the model allows for a line, given what was observed before it; empty when it cannot be told apart.</summary>
    public ImmutableArray<AllowedAnswer> AllowedAt(Program program, History history, int line)
    {
        var altered = RunRecord.WithAnswer(history, line, Impossible);
        return acceptor.Accept(program, altered) is Acceptance.Disagrees disagreement && disagreement.Line == line
            ? disagreement.Allowed
            : [];
    }

    /// <summary>EXDEV: no path of vfio, its drivers or the harness returns it.</summary>
    public static Answer Impossible { get; } = Answer.Fails((Errno)18);

    private static Violation ViolationOf(Program program, Acceptance.Disagrees disagreement)
    {
        var observed = disagreement.Observed;
        var isLine = disagreement.Line < program.Lines.Length;
        var deviation = new Deviation(disagreement.Line, observed, [.. disagreement.Allowed.Select(answer => answer.Answer)]);
        if (!isLine)
            return new Violation(
                new FindingKey(RuleBook.LockedVm.Name, Grade.None, KernelText.WithoutNumbers(disagreement.Note)),
                -1,
                Evidence(program, disagreement, isLine)) { Deviation = deviation };
        var allowed = disagreement.Allowed
            .Select(answer => Word(answer.Answer, observed))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        var doing = OperationForm.Of(program.Lines[disagreement.Line].Operation.Kind).Mnemonic;
        var place = $"{doing}: observed {Word(observed, default)}, allowed {string.Join(" or ", allowed)}";
        return new Violation(
            new FindingKey(RuleBook.AnswerAllowed.Name, Grade.None, place), disagreement.Line, Evidence(program, disagreement, isLine))
        {
            Deviation = deviation,
        };
    }

    private static bool ShowsCrash(History history) => KernelText.IsFatal(history.Console)
        || history.StateViolations.Any(violation => violation.Rule == RuleBook.KernelBug.Name);

    private static Violation NoCrash(Program program, int line)
    {
        var doing = OperationForm.Of(program.Lines[line].Operation.Kind).Mnemonic;
        var key = new FindingKey(RuleBook.AnswerAllowed.Name, Grade.None, $"{doing}: observed no BUG, allowed BUG");
        return new Violation(key, line, $"line {line + 1}: {OperationText.Print(program.Lines[line].Operation)}\nthe kernel's BUG_ON is due here");
    }

    private static string Evidence(Program program, Acceptance.Disagrees disagreement, bool isLine)
    {
        var facts = new List<string>();
        if (isLine)
            facts.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"line {disagreement.Line + 1}: {OperationText.Print(program.Lines[disagreement.Line].Operation)}"));
        facts.Add($"observed {disagreement.Observed}");
        facts.AddRange(disagreement.Allowed.Select(answer => $"allowed {answer.Answer} by {answer.Rule}"));
        if (disagreement.Note.Length > 0)
            facts.Add(disagreement.Note);
        return string.Join('\n', facts);
    }

    /// <summary>An answer for a place: of values it only matters whether they differ from the observed one.</summary>
    private static string Word(Answer answer, Answer observed) => answer.Kind switch
    {
        AnswerKind.Returned when answer.IsOk && observed.IsOk && answer.Value != observed.Value => "0 with another value",
        AnswerKind.Returned when answer.IsOk => "0",
        _ => answer.ToString(),
    };
}
