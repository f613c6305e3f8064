using System.Globalization;
using Spectre.Console;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Screens;

/// <summary>One run for people: the program with its answers, what was allowed, who waits for whom, the verdict.</summary>
internal sealed class RunScreen(IAnsiConsole console, IAnswerRule answers)
{
    public void Print(
        ProgramDocument document, ITarget target, History history, IReadOnlyList<Violation> violations, string? bound)
    {
        var program = document.Program;
        var shown = new ProgramDocument(program)
        {
            Dialect = document.Dialect,
            Targets = [target.Name],
            Expectation = document.Expectation,
            Schedule = history.Schedule,
            ExpectedAnswers = [.. RunRecord.Answers(history, program.Lines.Length)
                .Select((answer, line) => $"{answer}   {AllowedText.Of(answers, program, history, line)}".TrimEnd())],
        };
        Say(ProgramText.Print(shown).TrimEnd());
        foreach (var outcome in history.Freezes)
            Print(outcome);
        if (history.Console.Length > 0)
            Say($"console:\n{history.Console.TrimEnd()}");
        foreach (var violation in violations)
            Print(violation, target.Platform, program, history);
        Say(Verdict(document, target.Name, violations, bound));
    }

    private void Print(FreezeOutcome outcome)
    {
        var mode = outcome.Mode switch
        {
            FreezeMode.Idle => "users idle",
            FreezeMode.Help => "users help",
            FreezeMode.KillOne => string.Create(CultureInfo.InvariantCulture, $"p{outcome.Process} killed"),
            _ => "all killed",
        };
        Say(outcome.Stuck.IsEmpty ? $"{mode}: everything ends" : $"{mode}: still there");
        foreach (var task in outcome.Stuck)
            Say($"  {task}");
    }

    private void Print(Violation violation, Platform platform, Program program, History history)
    {
        console.Write(new Text($"{violation.Key.Expectation}", new Style(Color.Red, decoration: Decoration.Bold)));
        Say($": {violation.Key.Place}{(violation.Line >= 0 ? $" (line {violation.Line + 1})" : "")}");
        foreach (var fact in violation.Evidence.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Say($"  {fact}");
        var seen = new SeenViolation(violation.Key, violation.Deviation, program, RunRecord.Answers(history, program.Lines.Length));
        if (KnownDefects.Explaining(seen, platform) is { } known)
            Say($"  known defect {known.Id}: {known.Statement}");
    }

    private static string Verdict(ProgramDocument document, string target, IReadOnlyList<Violation> violations, string? bound)
    {
        var verdict = violations.Count > 0 ? violations[0].Key.Expectation : bound is not null ? $"inconclusive: {bound}" : "pass";
        if (document.Expectation is not { } expected)
            return $"verdict: {verdict}";
        var kept = FindingText.Of(document) is { } finding
            ? violations.Any(violation => FindingText.Promises(finding, violation.Key, target))
            : violations.Count == 0 && bound is null;
        return $"verdict: {verdict}; expected {expected}: {(kept ? "as the file says" : "not what the file says")}";
    }

    private void Say(string text) => console.Write(new Text(text + "\n"));
}
