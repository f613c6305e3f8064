using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Images;

/// <summary>
/// What blocks a type1 module built for coverage has: a file beside the module, written by build-type1.sh, a line each with start (hexadecimal),
/// function and line.
/// </summary>
internal static class BlockTable
{
    public const string FileName = "blocks.tsv";

    /// <summary>The blocks of a module, ascending; none when it does not tell.</summary>
    /// <exception cref="KernelUnavailableException">The file is damaged.</exception>
    public static ImmutableArray<CodeBlock> Beside(string? module)
    {
        if (module is null || Path.Combine(Path.GetDirectoryName(Path.GetFullPath(module))!, FileName) is var path && !File.Exists(path))
            return [];
        return [.. File.ReadLines(path).Select((line, index) => Parse(line) ?? throw new KernelUnavailableException(
            $"{path}:{index + 1}: expected start, function and line, found '{line}'; prepare the kernel again")).OrderBy(block => block.Start)];
    }

    internal static CodeBlock? Parse(string line)
    {
        var cells = line.Split('\t');
        return cells.Length == 3
            && cells[0].StartsWith("0x", StringComparison.Ordinal)
            && uint.TryParse(cells[0].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var start)
            && int.TryParse(cells[2], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? new CodeBlock(start, cells[1], number)
                : null;
    }
}
