using System.Collections.Immutable;
using VfioFuzz.Checking;

namespace VfioFuzz.Campaigns;

/// <summary>Programs that were answered differently for one reason.</summary>
/// <param name="Causes">
/// The promises and platform facts that account for it, together; empty when the contract of the first target allows both.
/// </param>
/// <param name="Count">How many programs.</param>
/// <param name="Index">The number of the first of them.</param>
/// <param name="Parting">Where that one parted.</param>
public sealed record ExplainedDifference(ImmutableArray<string> Causes, int Count, int Index, Parting Parting);

/// <summary>A difference that no promise accounts for: one of the two is wrong by what it promises.</summary>
/// <param name="Seen">The finding, on the target that is wrong.</param>
/// <param name="Parting">Where its first program parted, with both answers.</param>
public sealed record UnexplainedDifference(SeenFinding Seen, Parting Parting);

/// <summary>What a comparison of two targets did and found.</summary>
public sealed record DiffReport
{
    public required string First { get; init; }

    public required string Second { get; init; }

    public required ulong Seed { get; init; }

    public required int Programs { get; init; }

    public required TimeSpan Elapsed { get; init; }

    /// <summary>Promises and platform facts in which the two differ.</summary>
    public required ImmutableArray<string> Differences { get; init; }

    public required ImmutableArray<ExplainedDifference> Explained { get; init; }

    public required ImmutableArray<UnexplainedDifference> Findings { get; init; }

    /// <summary>Programs that could not be judged, by the bound that was reached.</summary>
    public required ImmutableArray<(string Bound, int Count)> Inconclusive { get; init; }

    /// <summary>Programs left out since they can reach a known defect of either, by its id.</summary>
    public required ImmutableArray<(string Id, int Count)> Avoided { get; init; }

    /// <summary>Wrong answers planted into copies of the second target's histories, and how many were called unexplained.</summary>
    public required CanaryCount Canary { get; init; }

    public required bool Stopped { get; init; }

    /// <summary>Programs that both answered alike.</summary>
    public int Alike => Programs - Explained.Sum(each => each.Count) - Findings.Sum(each => each.Seen.Count)
        - Inconclusive.Sum(bound => bound.Count);

    /// <summary>What the two differ in and no program showed.</summary>
    public IEnumerable<string> Unwitnessed => Differences.Except(Explained.SelectMany(each => each.Causes));

    public bool IsInconclusive =>
        Programs == 0 || Stopped || !Canary.IsAlive
        || Inconclusive.Sum(bound => bound.Count) > Programs * CheckReport.InconclusiveShareMax;
}
