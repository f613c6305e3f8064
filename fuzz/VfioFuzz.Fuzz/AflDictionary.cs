using System.Globalization;
using System.Text;
using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>
/// Tokens for afl-fuzz (<c>-x</c>): for the text reader the words of the grammar, else the bytes of each different operation that the seeds have,
/// which mutations of bytes put together only slowly.
/// </summary>
internal static class AflDictionary
{
    /// <summary>afl-fuzz refuses longer ones.</summary>
    private const int TokenBytesMax = 128;

    private static readonly char[] Separators = [' ', '|', '=', '[', ']', '(', ')'];

    public static IEnumerable<string> OfGrammar() => OperationForm.All
        .SelectMany(form => form.Grammar.Split(Separators, StringSplitOptions.RemoveEmptyEntries))
        .Concat(["vprog 1", "world", "target", "expect", "schedule", "driver(by=", "lock=", "callback=", "on-efault=", "par {", "}", "p0.t0: ", "p1.t1: "])
        .Where(word => word.Length > 1)
        .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
        .Select(word => $"\"{word}\"");

    public static IEnumerable<string> OfPrograms(IEnumerable<Program> programs) => programs
        .SelectMany(program => program.Lines.Select(line => Bytes(program.World, [line])[Bytes(program.World, []).Length..]))
        .Where(token => token.Length <= TokenBytesMax)
        .Select(Quoted)
        .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static byte[] Bytes(World world, Line[] lines) => ProgramBytes.Encode(new Program(world, [.. lines]));

    private static string Quoted(byte[] token)
    {
        var text = new StringBuilder("\"");
        foreach (var value in token)
            text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
        return text.Append('"').ToString();
    }
}
