using System.Collections.Immutable;

namespace VfioFuzz.Model;

/// <summary>A promise of the contract that an answer can be laid at.</summary>
/// <param name="Name">Stable, for reports and counts: the call, a dot, what is promised.</param>
/// <param name="Statement">The promise in one sentence.</param>
/// <param name="Authority">The section of the dossier, or the kernel function, that says so.</param>
public sealed record Rule(string Name, string Statement, string Authority);

/// <summary>The rules that the model answers by; every <see cref="AllowedAnswer"/> names one.</summary>
public static partial class Rules
{
    private static readonly Rule[] Table = Rows();

    /// <summary>Every rule, in the order in which a program's life meets them.</summary>
    public static ImmutableArray<Rule> All { get; } = [.. Table.Skip(1)];

    internal static Rule Of(RuleId id) => Table[(int)id];
}
