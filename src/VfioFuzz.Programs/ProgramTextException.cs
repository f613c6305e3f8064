namespace VfioFuzz.Programs;

/// <summary>A <c>.vprog</c> text that cannot be read: where, what was expected there and what stood there.</summary>
public sealed class ProgramTextException(string fileName, int line, int column, string expected, string found)
    : Exception($"{fileName}:{line}:{column}: expected {expected}, found {found}")
{
    public string FileName { get; } = fileName;

    /// <summary>Counted from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Counted from 1, in characters.</summary>
    public int Column { get; } = column;

    public string Expected { get; } = expected;

    /// <summary>The word that stood there, or <c>the end of the line</c>.</summary>
    public string Found { get; } = found;
}
