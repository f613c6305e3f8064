using System.Collections.Immutable;

namespace VfioFuzz.Programs;

/// <summary>Reads one document: header, world, then lines, by recursive descent with one token of sight.</summary>
internal sealed class ProgramReader
{
    private readonly string fileName;
    private readonly ProgramTokens tokens;
    private readonly ImmutableArray<string>.Builder notes = ImmutableArray.CreateBuilder<string>();
    private readonly ImmutableArray<Line>.Builder lines = ImmutableArray.CreateBuilder<Line>();
    private readonly List<string?> answers = [];
    private Token token;
    private byte block;

    public ProgramReader(string text, string fileName)
    {
        this.fileName = fileName;
        tokens = new ProgramTokens(text);
        token = tokens.Next();
    }

    public ProgramDocument Document()
    {
        SkipBetweenLines();
        var header = Header();
        SkipBetweenLines();
        var world = World();
        for (SkipBetweenLines(); token.Kind != TokenKind.EndOfText; SkipBetweenLines())
        {
            if (token.Is("par"))
                Block();
            else
                Statements();
        }
        return new ProgramDocument(new Program(world, lines.ToImmutable()).Canonical())
        {
            Dialect = header.Dialect,
            Targets = header.Targets,
            Expectation = header.Expectation,
            Schedule = header.Schedule,
            Notes = notes.ToImmutable(),
            ExpectedAnswers = answers.Exists(answer => answer is not null) ? [.. answers] : [],
        };
    }

    private ProgramDocument Header()
    {
        Require("vprog", "vprog 1");
        Require("1", "version 1");
        var header = new ProgramDocument(new Program(default, []));
        while (!AtLineEnd)
        {
            const string keys = "dialect, target, expect, schedule or the end of the line";
            var key = Word(keys);
            header = key.Text switch
            {
                "dialect" => With(header, dialect: Dialect()),
                "target" => With(header, targets: Targets()),
                "expect" => With(header, expectation: Expectation()),
                "schedule" => With(header, schedule: Schedule()),
                _ => throw Unexpected(key, keys),
            };
        }
        return header;
    }

    private static ProgramDocument With(
        ProgramDocument header,
        DialectName? dialect = null,
        ImmutableArray<string>? targets = null,
        string? expectation = null,
        Schedule? schedule = null) =>
        new(header.Program)
        {
            Dialect = dialect ?? header.Dialect,
            Targets = targets ?? header.Targets,
            Expectation = expectation ?? header.Expectation,
            Schedule = schedule ?? header.Schedule,
        };

    private DialectName Dialect()
    {
        var word = Word("a dialect");
        var dialects = Enum.GetValues<DialectName>().Where(dialect => dialect != DialectName.Unspecified).ToList();
        foreach (var dialect in dialects)
            if (ProgramText.Word(dialect) == word.Text)
                return dialect;
        throw Unexpected(word, $"a dialect ({string.Join(", ", dialects.Select(ProgramText.Word))})");
    }

    private ImmutableArray<string> Targets()
    {
        const string expected = "a target, or several with one comma between two";
        var word = Word(expected);
        var targets = word.Text.Split(',');
        return targets.Contains("") ? throw Unexpected(word, expected) : [.. targets];
    }

    private string Expectation()
    {
        const string expected = "what replaying shows: one word without a comma";
        var word = Word(expected);
        return word.Text.Contains(',', StringComparison.Ordinal) ? throw Unexpected(word, expected) : word.Text;
    }

    private Schedule Schedule()
    {
        const string expected = "a schedule (two hexadecimal digits a choice)";
        var word = Word(expected);
        if (word.Text.Length % 2 != 0 || !word.Text.All(char.IsAsciiHexDigit))
            throw Unexpected(word, expected);
        return new Schedule([.. Convert.FromHexString(word.Text)]);
    }

    private World World()
    {
        Require("world", "world");
        var world = default(World);
        while (!AtLineEnd)
        {
            const string expected = "a device (d0 to d3) or the end of the line";
            var name = Word(expected);
            if (!OperandText.TryParse(OperandType.Device, name.Text, out var number) || world.Device((int)number) != default)
                throw Unexpected(name, expected + ", each device once");
            var kind = Word("pci or mdev");
            world = world.With((int)number, kind.Text switch
            {
                "pci" => Pci(),
                "mdev" => Driver(),
                _ => throw Unexpected(kind, "pci or mdev"),
            });
        }
        return world;
    }

    private DeviceSpec Pci()
    {
        if (!token.Is("sibling"))
            return DeviceSpec.Pci;
        Take();
        return DeviceSpec.PciWithSibling;
    }

    private DeviceSpec Driver()
    {
        var device = DeviceSpec.Mdev;
        if (!token.Is("driver"))
            return device;
        Take();
        Require("(", "(");
        while (!token.Is(")"))
        {
            if (token.Kind != TokenKind.Word || !DriverText.TryPart(token.Text, ref device))
                throw Unexpected(token, DriverText.Expected);
            Take();
        }
        Take();
        return device;
    }

    private void Block()
    {
        Take();
        Require("{", "{");
        // Numbers only tell neighbours apart here; the canonical form numbers blocks from 1.
        block = (byte)(lines.Count == 0 || lines[^1].Block != 1 ? 1 : 2);
        for (SkipBetweenLines(); !token.Is("}"); SkipBetweenLines())
            Statements();
        Take();
        block = 0;
    }

    /// <summary><c>p0.t0: operation ; operation ; p0.t1: operation</c> up to the end of the line or block.</summary>
    private void Statements()
    {
        var task = Task();
        while (true)
        {
            if (lines.Count == Limits.LinesMax)
                throw Unexpected(token, $"the end of the program (at most {Limits.LinesMax} lines)");
            lines.Add(new Line(Operation(task), block));
            answers.Add(null);
            if (!token.Is(";"))
                break;
            Take();
            if (token.Kind == TokenKind.Word && token.Text.EndsWith(':'))
                task = Task();
        }
        if (token.Kind == TokenKind.Comment)
        {
            answers[^1] = token.Text;
            Take();
        }
        if (!AtLineEnd && !(block != 0 && token.Is("}")))
            throw Unexpected(token, "; or the end of the line");
    }

    private TaskId Task()
    {
        var expected = "a thread (p0.t0: to p3.t1:) or " + (block == 0 ? "par {" : "}");
        var word = Word(expected);
        for (byte task = 0; task < Limits.UserTasksMax; task++)
            if (word.Text.EndsWith(':') && word.Text.AsSpan()[..^1].SequenceEqual(new TaskId(task).ToString()))
                return new TaskId(task);
        throw Unexpected(word, expected);
    }

    private Operation Operation(TaskId task)
    {
        var words = new List<Token>();
        while (token.Kind == TokenKind.Word)
        {
            words.Add(token);
            Take();
        }
        return new OperationReader(fileName, words, token).Read(task);
    }

    /// <summary>Skips line ends and takes comments that stand alone as notes.</summary>
    private void SkipBetweenLines()
    {
        for (; token.Kind is TokenKind.EndOfLine or TokenKind.Comment; Take())
            if (token.Kind == TokenKind.Comment)
                notes.Add(token.Text);
    }

    private bool AtLineEnd => token.Kind is TokenKind.EndOfLine or TokenKind.EndOfText or TokenKind.Comment;

    private void Take() => token = tokens.Next();

    private Token Word(string expected)
    {
        var word = token;
        if (word.Kind != TokenKind.Word)
            throw Unexpected(word, expected);
        Take();
        return word;
    }

    private void Require(string text, string expected)
    {
        if (!token.Is(text))
            throw Unexpected(token, expected);
        Take();
    }

    private ProgramTextException Unexpected(Token found, string expected) =>
        new(fileName, found.Line, found.Column, expected, found.Description);
}
