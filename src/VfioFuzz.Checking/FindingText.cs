using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// A finding as one <c>.vprog</c> text: the header's <c>expect</c> names rule and grade, notes hold place, origin and evidence, each
/// line's answer stands behind it.
/// </summary>
public static class FindingText
{
    private const string Place = "place: ";
    private const string From = "found by: ";
    private const string Fact = "| ";

    public static string Print(Finding finding)
    {
        var notes = ImmutableArray.CreateBuilder<string>();
        if (RuleBook.Find(finding.Key.Rule) is { } rule)
            notes.Add($"rule: {rule.Statement} ({rule.Authority})");
        notes.Add(Place + finding.Key.Place);
        if (finding.Origin is { } origin)
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{From}seed {origin.Seed} program {origin.Index}"));
        notes.AddRange(finding.Remarks);
        foreach (var fact in finding.Evidence.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            notes.Add(Fact + fact.Trim());
        return ProgramText.Print(new ProgramDocument(finding.Program)
        {
            Dialect = finding.Dialect,
            Targets = finding.Targets,
            Expectation = finding.Key.Expectation,
            Schedule = finding.Schedule,
            ExpectedAnswers = finding.Answers,
            Notes = notes.ToImmutable(),
        });
    }

    /// <summary>The finding of a document, or null when it promises no violation (<c>expect pass</c>, or no expectation).</summary>
    public static Finding? Of(ProgramDocument document)
    {
        if (document.Expectation is null or "pass" or "inconclusive")
            return null;
        var (rule, grade) = RuleAndGrade(document.Expectation);
        return new Finding
        {
            Key = new FindingKey(rule, grade, After(Place, document.Notes).FirstOrDefault() ?? ""),
            Program = document.Program,
            Schedule = document.Schedule,
            Targets = document.Targets,
            Dialect = document.Dialect,
            Origin = After(From, document.Notes).Select(OriginOf).FirstOrDefault(origin => origin is not null),
            Evidence = string.Join('\n', After(Fact, document.Notes)),
            Answers = document.ExpectedAnswers,
            Remarks = [.. document.Notes.Where(IsRemark)],
        };
    }

    /// <summary>Whether a violation is what a finding's file promises; a file written by hand may leave the place open.</summary>
    public static bool Promises(FindingKey promised, FindingKey seen) =>
        promised.Rule == seen.Rule && promised.Grade == seen.Grade && (promised.Place.Length == 0 || promised.Place == seen.Place);

    /// <summary>
    /// The same for what a target showed. The place is in the words of the first target that the file names; a real kernel and a simulation of it
    /// have words of their own, so elsewhere rule and grade are promised.
    /// </summary>
    public static bool Promises(Finding promised, FindingKey seen, string target) =>
        Promises(promised.Targets is [var first, ..] && first != target ? promised.Key with { Place = "" } : promised.Key, seen);

    private static (string Rule, Grade Grade) RuleAndGrade(string expectation)
    {
        var slash = expectation.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return (expectation, Grade.None);
        var grade = expectation[(slash + 1)..] switch
        {
            "kill-one" => Grade.KillOne,
            "kill-all" => Grade.KillAll,
            _ => Grade.None,
        };
        return (expectation[..slash], grade);
    }

    private static Origin? OriginOf(string text)
    {
        var words = text.Split(' ');
        return words is ["seed", var seed, "program", var index]
            && ulong.TryParse(seed, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? new Origin(from, number)
                : null;
    }

    private static IEnumerable<string> After(string prefix, ImmutableArray<string> notes) => notes
        .Where(note => note.StartsWith(prefix, StringComparison.Ordinal))
        .Select(note => note[prefix.Length..]);

    private static bool IsRemark(string note) => !note.StartsWith(Place, StringComparison.Ordinal)
        && !note.StartsWith(From, StringComparison.Ordinal)
        && !note.StartsWith(Fact, StringComparison.Ordinal)
        && !note.StartsWith("rule: ", StringComparison.Ordinal);
}
