using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace VfioFuzz.Checking;

/// <summary>
/// What a kernel wrote about itself, freed of what differs from run to run (times, addresses, offsets, task numbers), so that the same splat is
/// the same finding.
/// </summary>
internal static class KernelText
{
    private const int PlaceLengthMax = 160;

    private static readonly SearchValues<char> TimeLetters = SearchValues.Create(" .0123456789TC");

    private static readonly SearchValues<char> HexadecimalDigits = SearchValues.Create("0123456789abcdef");

    private static readonly ImmutableArray<string> Fatal =
        [
        "BUG:", "kernel BUG at", "Oops:", "Kernel panic", "general protection fault", "KASAN:", "UBSAN:", "KCSAN:", "KFENCE:",
        "nable to handle", "double fault", "stack-protector:",
    ];

    private static readonly ImmutableArray<string> Suspicious =
    [
        "WARNING:", "INFO: task", "blocked for more than", "possible circular locking", "possible recursive locking", "rcu: INFO",
        "refcount_t:", "list_add corruption", "list_del corruption", "Bad page state", "Bad rss-counter", "soft lockup",
        "self-detected stall", "suspicious RCU usage", "sleeping function called", "scheduling while atomic", "held lock freed", "usercopy:",
    ];

    /// <summary>Whether the console says that the kernel is broken, not only unhappy.</summary>
    public static bool IsFatal(string console) => Fatal.Any(mark => console.Contains(mark, StringComparison.Ordinal));

    /// <summary>Whether the kernel complains at all: consoles also carry what the harness says about stuck tasks.</summary>
    public static bool IsSplat(string console) => console.Split('\n').Any(Starts);

    /// <summary>The telling lines of a splat: its first headline and the function it happened in.</summary>
    public static string PlaceOfSplat(string console)
    {
        var headline = "";
        var function = "";
        var locks = new List<string>();
        foreach (var raw in console.Split('\n'))
        {
            var line = WithoutTime(raw).Trim();
            if (headline.Length == 0 && Starts(line))
                headline = WithoutNumbers(line);
            if (function.Length == 0 && line.StartsWith("RIP:", StringComparison.Ordinal))
                function = PlaceOf(line[(line.LastIndexOf(':') + 1)..]);
            if (LockOf(line) is { } held && locks.Count < 2)
                locks.Add(held);
        }
        if (locks.Count > 0)
            headline += $": {string.Join(" under ", locks)}";
        if (headline.Length == 0)
            headline = WithoutNumbers(WithoutTime(console.Split('\n')[0]).Trim());
        var place = function.Length == 0 ? headline : $"{headline} in {function}";
        return place.Length <= PlaceLengthMax ? place : place[..PlaceLengthMax];
    }

    /// <summary>
    /// Lockdep tells the lock that is wanted and then the one that is held: <c>ffff8880 (&amp;iommu-&gt;lock){+.+.}-{3:3}, at: vfio_wait+0x5d/0x90</c>.
    /// </summary>
    private static string? LockOf(string line)
    {
        const string Taken = ", at: ";
        var (start, end, at) = (line.IndexOf(" (", StringComparison.Ordinal), line.IndexOf("){", StringComparison.Ordinal),
            line.IndexOf(Taken, StringComparison.Ordinal));
        return start >= 0 && end > start && at > end ? $"{line[(start + 2)..end]} at {PlaceOf(line[(at + Taken.Length)..])}" : null;
    }

    /// <summary>A kernel place without offset and module: <c>vfio_wait+0x5d/0x90 [vfio]</c> is <c>vfio_wait</c>.</summary>
    public static string PlaceOf(string place)
    {
        var end = place.IndexOf("+0x", StringComparison.Ordinal);
        if (end < 0)
            end = place.IndexOf(" [", StringComparison.Ordinal);
        return (end > 0 ? place[..end] : place).Trim();
    }

    private static bool Starts(string line) =>
        Fatal.Concat(Suspicious).Any(mark => line.Contains(mark, StringComparison.Ordinal));

    private static string WithoutTime(string line)
    {
        var close = line.IndexOf(']', StringComparison.Ordinal);
        return line.StartsWith('[') && close > 0 && line.AsSpan(1, close - 1).IndexOfAnyExcept(TimeLetters) < 0
            ? line[(close + 1)..]
            : line;
    }

    /// <summary>Every run of digits (hexadecimal ones with their 0x) becomes one <c>N</c>.</summary>
    public static string WithoutNumbers(string line)
    {
        var kept = new StringBuilder(line.Length);
        for (var i = 0; i < line.Length;)
        {
            if (!char.IsAsciiDigit(line[i]))
            {
                kept.Append(line[i++]);
                continue;
            }
            var prefixed = line.AsSpan(i).StartsWith("0x");
            var hexadecimal = prefixed || line.Length - i >= 8
                && line.AsSpan(i, 8).IndexOfAnyExcept(HexadecimalDigits) < 0;
            i += prefixed ? 2 : 0;
            while (i < line.Length && (hexadecimal ? char.IsAsciiHexDigitLower(line[i]) : char.IsAsciiDigit(line[i])))
                i++;
            kept.Append('N');
        }
        return kept.ToString();
    }
}
