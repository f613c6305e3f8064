using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>How often a rule gave an outcome: <c>ok</c>, an errno, or a word of the harness.</summary>
public readonly record struct RuleUse(string Rule, string Outcome, long Count);

/// <summary>
/// Counts, for an <see cref="Acceptor"/>, which rule each answer was explained by. Of several explanations the first one found counts.
/// </summary>
public sealed class RuleUses
{
    /// <summary>Errnos below, words of the harness from here on.</summary>
    private const int Words = 120;
    private const int OutcomesMax = 128;

    private readonly long[] counts = new long[(Rules.All.Length + 1) * OutcomesMax];

    /// <summary>Whether what is judged counts: a campaign's own programs do, what it shrinks or plants does not.</summary>
    public bool IsOn { get; set; }

    internal void Add(RuleId rule, in Answer answer)
    {
        if (IsOn)
            counts[(int)rule * OutcomesMax + (answer.Kind == AnswerKind.Returned ? (int)answer.Errno : Words + (int)answer.Kind)]++;
    }

    /// <summary>Every outcome that a rule has (<see cref="Rule.Outcomes"/>) or gave, in the order of <see cref="Rules.All"/>.</summary>
    public ImmutableArray<RuleUse> All()
    {
        var uses = ImmutableArray.CreateBuilder<RuleUse>();
        for (var rule = 1; rule <= Rules.All.Length; rule++)
        {
            var stated = Rules.Of((RuleId)rule);
            var given = new Dictionary<string, long>(StringComparer.Ordinal);
            for (var outcome = 0; outcome < OutcomesMax; outcome++)
                if (counts[rule * OutcomesMax + outcome] is > 0 and var count)
                    given.Add(Word(outcome), count);
            foreach (var outcome in stated.Outcomes.Concat(given.Keys).Distinct(StringComparer.Ordinal))
                uses.Add(new RuleUse(stated.Name, outcome, given.GetValueOrDefault(outcome)));
        }
        return uses.ToImmutable();
    }

    private static string Word(int outcome) =>
        outcome == 0 ? "ok"
        : outcome < Words ? ((Errno)outcome).ToString()
        : new Answer((AnswerKind)(outcome - Words)).ToString();
}
