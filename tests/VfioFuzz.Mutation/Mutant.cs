using System.Globalization;

namespace VfioFuzz.Mutation;

/// <summary>One place of the model's source with other text in it.</summary>
/// <param name="File">Path from the model's folder.</param>
/// <param name="Start">First character that is replaced.</param>
/// <param name="Length">How many are.</param>
/// <param name="Line">The line, from 1, for people.</param>
/// <param name="Before">What stands there.</param>
/// <param name="After">What stands there instead.</param>
internal sealed record Mutant(string File, int Start, int Length, int Line, string Before, string After)
{
    /// <summary>Names the mutant in results, whatever else is drawn.</summary>
    public string Id => string.Create(CultureInfo.InvariantCulture, $"{File}:{Start}:{Flat(After)}");

    public string Apply(string source) => source[..Start] + After + source[(Start + Length)..];

    /// <summary>The changed lines as a diff, without context.</summary>
    public string Diff(string source)
    {
        var first = source.LastIndexOf('\n', Math.Max(0, Start - 1)) + 1;
        var last = source.IndexOf('\n', Start + Length);
        var old = source[first..last];
        return Marked('-', old) + Marked('+', old[..(Start - first)] + After + old[(Start - first + Length)..]);
    }

    private static string Marked(char mark, string lines) =>
        string.Concat(lines.Split('\n').Select(line => $"    {mark} {line.TrimEnd()}\n"));

    private static string Flat(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
