using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests;

/// <summary>Programs written as text for one test each, and what the model expects of them.</summary>
internal static class Scripted
{
    /// <summary>A container at slot 0; pci groups d0 and d1 at 1 and 2, the second with a sibling of its device, mdev groups d2 and d3 at 3 and 4; their devices at 11 to 14.</summary>
    public const string World = "world d0 pci  d1 pci sibling  d2 mdev driver(by=worker)  d3 mdev driver(by=worker)\n";

    public const string Container = "open container at=0";

    /// <summary>A container with the iommu group d0 (P of the dossier), v2 and no device opened.</summary>
    public const string Pci = Container + "; open group d0 at=1; attach 1 0; set-iommu 0 type1v2; ";

    /// <summary>A container with the emulated group d2 (X of the dossier), its device open at 13.</summary>
    public const string Mdev = Container + "; open group d2 at=3; attach 3 0; set-iommu 0 type1v2; get-device 3 d2 at=13; ";

    /// <summary>EXDEV: nothing in vfio, its drivers or the harness answers it.</summary>
    private const Errno NobodysErrno = (Errno)18;

    public static Program Parse(string lines, string world = World) =>
        ProgramText.Parse("vprog 1\n" + world + Lines(lines), "test.vprog").Program;

    /// <summary>
    /// The expected answers as text, of the program's last <paramref name="count"/> lines. A line without a thread is p0.t0's.
    /// </summary>
    public static string Answers(DialectName dialect, string lines, int count, string world = World) =>
        string.Join("; ", Expect(dialect, lines, world).TakeLast(count));

    /// <summary>Every answer that the contract allows for the last line, after the first allowed ones before it. No line before may wake another.</summary>
    public static string Allowed(DialectName name, string lines, string world = World, Platform? platform = null)
    {
        var (dialect, program) = (Dialect.Of(name), Parse(lines, world));
        var before = new Predictor(dialect, platform ?? Platform.Simulated).Expect(program);
        var history = Recorded([.. before.Select(expected => expected.AtOnce).SkipLast(1), Answer.Fails(NobodysErrno)]);
        var refused = Assert.IsType<Acceptance.Disagrees>(new Acceptor(dialect, platform ?? Platform.Simulated).Accept(program, history));
        Assert.True(program.Lines.Length - 1 == refused.Line, refused.ToString());
        return string.Join(" or ", refused.Allowed.Select(allowed => allowed.Answer.ToString()).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>
    /// Whether the last lines, a <c>par</c> block and what follows it, may answer these values or errnos, after the first allowed answers
    /// before them.
    /// </summary>
    public static bool Allows(DialectName name, string lines, string answers, string world = World)
    {
        var (dialect, program) = (Dialect.Of(name), Parse(lines, world));
        var wanted = answers.Split("; ");
        var first = program.Lines.Length - wanted.Length;
        var before = new Predictor(dialect, Platform.Simulated).Expect(new Program(program.World, [.. program.Lines.Take(first)]));
        var (history, ticket) = (new History(), 0UL);
        for (var line = 0; line < first; line++)
        {
            history.Add(HistoryEvent.Called(line, ++ticket));
            history.Add(before[line].AtOnce.Kind == AnswerKind.Blocked
                ? HistoryEvent.Blocked(line, ++ticket) : HistoryEvent.Answered(line, before[line].AtOnce, ++ticket));
            history.Add(HistoryEvent.Settled(++ticket));
        }
        for (int line = first, end; line < program.Lines.Length; line = end)
        {
            for (end = line + 1; end < program.Lines.Length && program.Lines[line].IsParallel && program.Lines[end].Block == program.Lines[line].Block;)
                end++;
            for (var called = line; called < end; called++)
                history.Add(HistoryEvent.Called(called, ++ticket));
            for (var answered = line; answered < end; answered++)
                history.Add(HistoryEvent.Answered(answered, Answered(wanted[answered - first]), ++ticket));
            history.Add(HistoryEvent.Settled(++ticket));
        }
        return new Acceptor(dialect, Platform.Simulated).Accept(program, history) is Acceptance.Accepted;
    }

    /// <summary>A history of lines that each have settled with their answer before the next is called.</summary>
    public static History Recorded(IReadOnlyList<Answer> answers)
    {
        var history = new History();
        for (var line = 0; line < answers.Count; line++)
        {
            var ticket = (ulong)(3 * line);
            history.Add(HistoryEvent.Called(line, ticket));
            history.Add(answers[line].Kind == AnswerKind.Blocked ? HistoryEvent.Blocked(line, ticket + 1) : HistoryEvent.Answered(line, answers[line], ticket + 1));
            history.Add(HistoryEvent.Settled(ticket + 2));
        }
        return history;
    }

    /// <summary>The rule that explains the answer of the last line.</summary>
    public static string Rule(DialectName name, string lines, string world = World, Platform? platform = null)
    {
        var program = Parse(lines, world);
        var answers = new Predictor(Dialect.Of(name), platform ?? Platform.Simulated).Expect(program);
        var before = new Program(program.World, [.. program.Lines.SkipLast(1)]);
        var counted = Uses(before).ToDictionary(use => (use.Rule, use.Outcome), use => use.Count);
        var last = Uses(program).Single(use => use.Count > counted.GetValueOrDefault((use.Rule, use.Outcome)));
        Assert.Contains(last.Outcome, Rules.All.Single(rule => rule.Name == last.Rule).Outcomes);
        return last.Rule;

        IEnumerable<RuleUse> Uses(Program part)
        {
            var uses = new RuleUses { IsOn = true };
            var history = Recorded([.. answers.Take(part.Lines.Length).Select(expected => expected.AtOnce)]);
            Assert.IsType<Acceptance.Accepted>(new Acceptor(Dialect.Of(name), platform ?? Platform.Simulated, uses: uses).Accept(part, history));
            return uses.All();
        }
    }

    private static Answer Answered(string text) =>
        text == "killed" ? Answer.Killed
        : text == "not-run" ? Answer.NotRun
        : Enum.TryParse<Errno>(text, out var errno) && !char.IsDigit(text[0]) ? Answer.Fails(errno)
        : Answer.Ok(text == "0" ? 0 : Convert.ToUInt64(text, 16));

    /// <summary>The answers of a program's last lines on another machine than the simulated one.</summary>
    public static string AnswersOn(Platform platform, DialectName dialect, string lines, int count) =>
        string.Join("; ", new Predictor(Dialect.Of(dialect), platform).Expect(Parse(lines)).TakeLast(count));

    public static ImmutableArray<Expectation> Expect(DialectName dialect, string lines, string world = World) =>
        new Predictor(Dialect.Of(dialect), Platform.Simulated).Expect(Parse(lines, world));

    /// <summary>One line of text for each operation, each with its thread named.</summary>
    private static string Lines(string lines)
    {
        var text = new System.Text.StringBuilder();
        foreach (var line in lines.Split([';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            text.Append(line is "}" || line.StartsWith("par", StringComparison.Ordinal) || line.Contains(".t", StringComparison.Ordinal)
                ? line : "p0.t0: " + line).Append('\n');
        return text.ToString();
    }
}
