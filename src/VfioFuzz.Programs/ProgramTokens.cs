using System.Buffers;

namespace VfioFuzz.Programs;

internal enum TokenKind
{
    Word,

    /// <summary>One of <c>; { } ( )</c>.</summary>
    Mark,

    /// <summary>From <c>#</c> to the end of the line; the text is what follows, trimmed.</summary>
    Comment,
    EndOfLine,
    EndOfText,
}

/// <summary>A word or mark and where it stands, line and column counted from 1.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Line, int Column)
{
    public bool Is(string text) => Kind is TokenKind.Word or TokenKind.Mark && Text == text;

    /// <summary>The token in a message.</summary>
    public string Description => Kind switch
    {
        TokenKind.EndOfLine or TokenKind.Comment => "the end of the line",
        TokenKind.EndOfText => "the end of the text",
        _ => $"'{Text}'",
    };
}

/// <summary>The words of a text, one after the other.</summary>
internal sealed class ProgramTokens(string text)
{
    /// <summary>What ends a word.</summary>
    public static readonly SearchValues<char> Separators = SearchValues.Create(" \t\r\n;{}()#");

    private int position;
    private int line = 1;
    private int lineStart;

    public Token Next()
    {
        while (position < text.Length && text[position] is ' ' or '\t' or '\r')
            position++;
        if (position == text.Length)
            return At(TokenKind.EndOfText, "");
        switch (text[position])
        {
            case '\n':
                var end = At(TokenKind.EndOfLine, "");
                lineStart = ++position;
                line++;
                return end;
            case '#':
                var rest = text.AsSpan(position);
                var length = rest.IndexOf('\n') is var found and >= 0 ? found : rest.Length;
                // A carriage return is a space here as everywhere: a printed comment is one line.
                var comment = At(TokenKind.Comment, rest[1..length].ToString().Replace('\r', ' ').Trim());
                position += length;
                return comment;
            case ';' or '{' or '}' or '(' or ')':
                var mark = At(TokenKind.Mark, text[position].ToString());
                position++;
                return mark;
            default:
                return Word();
        }
    }

    private Token Word()
    {
        var length = text.AsSpan(position).IndexOfAny(Separators);
        if (length < 0)
            length = text.Length - position;
        var word = At(TokenKind.Word, text.Substring(position, length));
        position += length;
        return word;
    }

    private Token At(TokenKind kind, string value) => new(kind, value, line, position - lineStart + 1);
}
