using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>A promise of the contract that an answer can be laid at.</summary>
/// <param name="Name">Stable, for reports and counts: the call, a dot, what is promised.</param>
/// <param name="Statement">The promise in one sentence.</param>
/// <param name="Authority">The section of the dossier, or the kernel function, that says so.</param>
/// <param name="Gives">The outcomes it has, where its statement names other errnos than those or none besides success.</param>
public sealed record Rule(string Name, string Statement, string Authority, string Gives = "")
{
    private static readonly char[] Ends = [' ', ',', '.', ':', ';', '(', ')'];

    /// <summary>The outcomes that an answer by this rule can have: <c>ok</c>, errnos, words of the harness.</summary>
    public ImmutableArray<string> Outcomes { get; } = Gives.Length > 0
        ? [.. Gives.Split(' ')]
        : [.. Statement.Split(Ends).Where(word => word.StartsWith('E') && Enum.TryParse<Errno>(word, out _))
            .Distinct(StringComparer.Ordinal).DefaultIfEmpty("ok")];
}

/// <summary>The rules that the model answers by; every <see cref="AllowedAnswer"/> names one.</summary>
public static partial class Rules
{
    private static readonly Rule[] Table = Rows();

    /// <summary>Every rule, in the order in which a program's life meets them.</summary>
    public static ImmutableArray<Rule> All { get; } = [.. Table.Skip(1)];

    internal static Rule Of(RuleId id) => Table[(int)id];
}
