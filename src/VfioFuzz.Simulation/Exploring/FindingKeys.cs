using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>
/// Numbers for findings: the same rule, grade and place have the same number in every run, whoever finds them first. Shared by the
/// threads of a search.
/// </summary>
internal sealed class FindingKeys
{
    private const ulong Basis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    private readonly ConcurrentDictionary<ulong, string> words = new();

    public string Describe(ulong key) => words.TryGetValue(key, out var known) ? known : $"finding {key:x}";

    /// <summary>A broken rule; evidence that differs in numbers alone is the same.</summary>
    public ulong OfRule(string rule, string evidence)
    {
        var place = WithoutNumbers(evidence);
        var key = Basis;
        foreach (var letter in $"{rule}|{place}")
            key = (key ^ letter) * Prime;
        key &= ~FactBit;
        words.TryAdd(key, $"{rule} ({place})");
        return key;
    }

    /// <summary>
    /// Stuck tasks: the set of what each is doing and where, without who. Nothing is allocated when the finding is known.
    /// </summary>
    /// <param name="grade">As in a file's <c>expect</c>.</param>
    /// <param name="isFact">Whether it is worth counting, but breaks no rule.</param>
    /// <param name="stuck">Pairs of doing and place, sorted and distinct.</param>
    public ulong OfStuck(string grade, bool isFact, ReadOnlySpan<ushort> stuck)
    {
        var key = Basis;
        foreach (var letter in grade)
            key = (key ^ letter) * Prime;
        foreach (var pair in stuck)
            key = (key ^ pair ^ key >> 32) * Prime;
        key = isFact ? key | FactBit : key & ~FactBit;
        if (!words.ContainsKey(key))
            words.TryAdd(key, $"{grade} ({string.Join(" + ", Words(stuck))})");
        return key;
    }

    private const ulong FactBit = IMachine<ExploredState>.FactBit;

    private static IEnumerable<string> Words(ReadOnlySpan<ushort> stuck)
    {
        var pairs = new List<string>();
        foreach (var pair in stuck)
        {
            var doing = pair >> 8 == 0 ? "exit" : OperationForm.Of((OperationKind)(pair >> 8)).Mnemonic;
            pairs.Add($"{doing} @ {Place.Describe((Label)(byte)pair)}");
        }
        return pairs.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
    }

    private static string WithoutNumbers(string evidence)
    {
        var kept = new StringBuilder();
        foreach (var word in evidence.Split(' '))
        {
            var isNumber = word.StartsWith("0x", StringComparison.Ordinal) || int.TryParse(word, NumberStyles.Integer, CultureInfo.InvariantCulture, out _);
            kept.Append(kept.Length == 0 ? "" : " ").Append(isNumber ? "N" : word);
        }
        return kept.ToString();
    }
}
