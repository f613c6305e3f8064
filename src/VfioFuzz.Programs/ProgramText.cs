using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace VfioFuzz.Programs;

/// <summary>
/// The durable form of programs (<c>.vprog</c>): readable, diffable, written by hand in bug reports. Printing a
/// canonical program and parsing the text gives the same document.
/// </summary>
public static class ProgramText
{
    /// <summary>The version in the header: raised when older readers would misread a text.</summary>
    public const int Version = 1;

    /// <summary>Comments behind lines start here, so that the operations read as one column.</summary>
    private const int AnswerColumn = 58;

    /// <summary>Text of <paramref name="document"/>; its program is printed in canonical form.</summary>
    /// <exception cref="ArgumentException">A target or the expectation is no word, or a note or answer has a line
    /// break.</exception>
    public static string Print(ProgramDocument document)
    {
        var program = document.Program.Canonical();
        var text = new StringBuilder();
        PrintHeader(text, document);
        foreach (var note in document.Notes)
            text.Append("# ").Append(Comment(note)).Append('\n');
        PrintWorld(text, program.World);
        for (var i = 0; i < program.Lines.Length; i++)
        {
            var block = program.Lines[i].Block;
            if (block != 0 && (i == 0 || program.Lines[i - 1].Block != block))
                text.Append("par {\n");
            PrintLine(text, program.Lines[i], i < document.ExpectedAnswers.Length ? document.ExpectedAnswers[i] : null);
            if (block != 0 && (i + 1 == program.Lines.Length || program.Lines[i + 1].Block != block))
                text.Append("}\n");
        }
        return text.ToString();
    }

    public static string Print(Program program) => Print(new ProgramDocument(program));

    /// <summary>Reads a text; <paramref name="fileName"/> is for messages only.</summary>
    /// <exception cref="ProgramTextException">The text is no program; says where and what was expected.</exception>
    public static ProgramDocument Parse(string text, string fileName) => new ProgramReader(text, fileName).Document();

    /// <summary>The header's word for a dialect; the enum's members in lower case are that word.</summary>
    internal static string Word(DialectName dialect) => dialect switch
    {
        DialectName.Pre => "pre",
        DialectName.Blk1 => "blk1",
        DialectName.Blk2 => "blk2",
        DialectName.Blk3 => "blk3",
        DialectName.S61 => "s61",
        DialectName.Exc => "exc",
        DialectName.Ovf => "ovf",
        DialectName.Removal => "removal",
        DialectName.Chain => "chain",
        DialectName.Waiters => "waiters",
        DialectName.Sticky => "sticky",
        DialectName.File => "file",
        DialectName.ChangeMm => "changemm",
        DialectName.Iommufd => "iommufd",
        DialectName.Waiting61 => "waiting61",
        _ => "",
    };

    private static void PrintHeader(StringBuilder text, ProgramDocument document)
    {
        text.Append("vprog ").Append(Version);
        if (document.Dialect != DialectName.Unspecified)
            text.Append("   dialect ").Append(Word(document.Dialect));
        if (!document.Targets.IsEmpty)
            text.Append("   target ").AppendJoin(',', document.Targets.Select(SingleWord));
        if (document.Expectation is { } expectation)
            text.Append("   expect ").Append(SingleWord(expectation));
        if (!document.Schedule.Choices.IsEmpty)
        {
            text.Append("   schedule ");
            foreach (var choice in document.Schedule.Choices)
                text.Append(choice.ToString("x2", CultureInfo.InvariantCulture));
        }
        text.Append('\n');
    }

    private static void PrintWorld(StringBuilder text, World world)
    {
        text.Append("world");
        for (var number = 0; number < Limits.DevicesMax; number++)
        {
            var device = world.Device(number);
            if (device.Kind == DeviceKind.Absent)
                continue;
            text.Append("  d").Append(number).Append(device.Kind == DeviceKind.Pci ? " pci" : " mdev");
            if (device.Kind == DeviceKind.Mdev)
                DriverText.Print(text.Append(' '), device);
            if (device.HasSibling)
                text.Append(" sibling");
        }
        text.Append('\n');
    }

    private static void PrintLine(StringBuilder text, Line line, string? answer)
    {
        var start = text.Length;
        text.Append(line.IsParallel ? "  " : "").Append(line.Operation.Task).Append(": ");
        OperationText.Print(text, line.Operation);
        if (answer is not null)
            text.Append(' ', Math.Max(1, AnswerColumn - (text.Length - start))).Append("# ").Append(Comment(answer));
        text.Append('\n');
    }

    private static string SingleWord(string word) =>
        word.Length > 0 && word.AsSpan().IndexOfAny(ProgramTokens.Separators) < 0 && !word.Contains(',', StringComparison.Ordinal)
            ? word
            : throw new ArgumentException($"'{word}' is not one word");

    private static string Comment(string comment) =>
        comment.AsSpan().IndexOfAny('\r', '\n') < 0
            ? comment.Trim()
            : throw new ArgumentException($"the comment '{comment}' has a line break");
}
