using System.Collections.Immutable;
using System.Numerics;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Judging;

/// <summary>
/// The answers that the contract would have allowed where a history had another, kept for the furthest point that any explanation of the
/// window reached.
/// </summary>
internal sealed class Alternatives
{
    private const int Max = 32;

    private readonly (int Line, Answer Answer, RuleId Rule)[] found = new (int, Answer, RuleId)[Max];
    private int count;
    private int furthest;

    public void Start()
    {
        count = 0;
        furthest = -1;
    }

    public void Add(int line, in Answer answer, RuleId rule, ulong returned)
    {
        var reached = BitOperations.PopCount(returned);
        if (reached < furthest)
            return;
        if (reached > furthest)
            count = 0;
        furthest = reached;
        for (var i = 0; i < count; i++)
            if (found[i].Line == line && found[i].Answer == answer)
                return;
        if (count < Max)
            found[count++] = (line, answer, rule);
    }

    /// <summary>The disagreement at the lowest line of the furthest point.</summary>
    public Acceptance Disagreement(Observations observed, string note)
    {
        if (count == 0)
            return new Acceptance.Undecided("no explanation was begun");
        var line = found[..count].Min(item => item.Line);
        var allowed = found[..count].Where(item => item.Line == line)
            .Select(item => new AllowedAnswer(item.Answer, Rules.Of(item.Rule).Name));
        return new Acceptance.Disagrees(line, observed.Of(line), [.. allowed], note);
    }
}
