using System.Text;
using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>
/// The readers as targets: <c>text</c> parses an input as a .vprog file, <c>bytes</c> decodes it. A reader takes an input or refuses it by name and
/// place; what it takes is the same after printing and reading, and after encoding and decoding. Anything else is a finding.
/// </summary>
internal sealed class ParsedInput(bool isText)
{
    private const string FileName = "input.vprog";

    /// <summary>The reader of that name, or null when the name is a design's.</summary>
    public static ParsedInput? Named(string target) => target switch
    {
        "text" => new ParsedInput(isText: true),
        "bytes" => new ParsedInput(isText: false),
        _ => null,
    };

    /// <summary>What is wrong with how an input is read, or null.</summary>
    public string? Broken(ReadOnlySpan<byte> input)
    {
        try
        {
            return isText ? OfText(Encoding.UTF8.GetString(input)) : OfProgram(ProgramBytes.Decode(input));
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            return $"{thrown.GetType().Name}: {thrown.Message}";
        }
    }

    private static string? OfText(string text)
    {
        ProgramDocument document;
        try
        {
            document = ProgramText.Parse(text, FileName);
        }
        catch (ProgramTextException refused)
        {
            var lines = text.AsSpan().Count('\n') + 1;
            return refused.Line >= 1 && refused.Line <= lines && refused.Column >= 1 && refused.Expected.Length > 0
                ? null
                : $"refused at a place that the text does not have: {refused.Message}";
        }
        var printed = ProgramText.Print(document);
        return ProgramText.Print(ProgramText.Parse(printed, FileName)) == printed
            ? OfProgram(document.Program)
            : "printed, read and printed again it is another text";
    }

    private static string? OfProgram(Program program)
    {
        var canonical = program.Canonical();
        if (!ProgramBytes.Decode(ProgramBytes.Encode(program)).Equals(canonical))
            return "encoded and decoded it is another program";
        return ProgramText.Parse(ProgramText.Print(canonical), FileName).Program.Equals(canonical)
            ? null
            : "printed and read it is another program";
    }
}
