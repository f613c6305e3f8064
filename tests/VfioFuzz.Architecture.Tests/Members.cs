namespace VfioFuzz.Architecture.Tests;

/// <summary>
/// A member with a body in braces: where it begins, its first line and how many lines it has, both ends included.
/// </summary>
internal sealed record Member(string File, int Line, string Signature, int Lines);

/// <summary>
/// Finds members by layout alone: braces stand on lines of their own and blocks are indented by four, as .editorconfig
/// demands.
/// </summary>
internal static class Members
{
    private static readonly string[] TypeWords = ["class ", "struct ", "record ", "interface ", "enum "];

    private readonly record struct Block(int Indent, bool IsType, int Start, string Opener);

    public static IEnumerable<Member> Of(string file)
    {
        var lines = Repository.Lines(file);
        var open = new Stack<Block>();
        for (var i = 0; i < lines.Length; i++)
        {
            var text = lines[i].Trim();
            var indent = lines[i].Length - lines[i].TrimStart().Length;
            if (text == "{")
            {
                var start = OpenerOf(lines, i, indent);
                open.Push(new Block(indent, IsType(lines[start..i]), start, lines[start].Trim()));
            }
            else if (text.StartsWith('}') && open.TryPeek(out var block) && block.Indent == indent)
            {
                open.Pop();
                if (!block.IsType && open.TryPeek(out var parent) && parent.IsType)
                    yield return new Member(file, block.Start + 1, block.Opener, i - block.Start + 1);
            }
        }
    }

    /// <summary>The first line of what the brace at <paramref name="brace"/> belongs to.</summary>
    private static int OpenerOf(string[] lines, int brace, int indent)
    {
        var start = brace;
        while (start > 0 && IsOfOpener(lines[start - 1], indent))
            start--;
        return Math.Min(start, brace);
    }

    private static bool IsOfOpener(string line, int indent)
    {
        var text = line.Trim();
        return text.Length > 0
            && !text.StartsWith("//", StringComparison.Ordinal) && !text.StartsWith('[')
            && !text.EndsWith(';') && !text.EndsWith('{') && !text.EndsWith('}') && !text.EndsWith("},", StringComparison.Ordinal)
            && line.Length - line.TrimStart().Length >= indent;
    }

    private static bool IsType(string[] opener)
    {
        var text = " " + string.Join(' ', opener.Select(line => line.Trim())) + " ";
        var head = text.Split('(', ':', '=')[0];
        return TypeWords.Any(word => head.Contains(" " + word, StringComparison.Ordinal));
    }
}
