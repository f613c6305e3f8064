using System.Collections.Immutable;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>A finding of a campaign.</summary>
/// <param name="Finding">The finding, shrunk.</param>
/// <param name="Known">The known defect that explains it, or null: then it is news.</param>
/// <param name="Path">Its file, or null when findings are not stored.</param>
/// <param name="Count">Programs that showed it.</param>
/// <param name="After">Time of search until its first sight, without the shrinking of earlier ones.</param>
/// <param name="ShrinkTime">What shrinking took.</param>
public sealed record SeenFinding(
    Finding Finding, KnownDefect? Known, string? Path, int Count, TimeSpan After, TimeSpan ShrinkTime);

/// <summary>How many programs of a lane ran, and how long they took together.</summary>
public sealed record LaneRate(string Lane, int Programs, TimeSpan Time)
{
    /// <summary>Programs a second; 0 when nothing ran.</summary>
    public double PerSecond => Time > TimeSpan.Zero ? Programs / Time.TotalSeconds : 0;
}

/// <summary>Wrong answers planted into copies of histories, and how many of them the judge refused.</summary>
public readonly record struct CanaryCount(int Planted, int Caught)
{
    public bool IsAlive => Planted == Caught;
}

/// <summary>What a campaign did and found.</summary>
public sealed record CheckReport
{
    public required string Target { get; init; }

    public required ulong Seed { get; init; }

    public required int Programs { get; init; }

    public required TimeSpan Elapsed { get; init; }

    public required ImmutableArray<SeenFinding> Findings { get; init; }

    /// <summary>Different findings beyond <see cref="CheckOptions.FindingsMax"/>, with how often they were seen; not shrunk.</summary>
    public required ImmutableArray<(FindingKey Key, int Count)> Uncollected { get; init; }

    public required ImmutableArray<LaneRate> Lanes { get; init; }

    public required OutcomeTable Outcomes { get; init; }

    /// <summary>The dialect that the answers were judged by, when it is known.</summary>
    public DialectName Dialect { get; init; }

    /// <summary>How often each of the model's rules gave each of its outcomes; null where no model judged.</summary>
    public RuleCoverage? Rules { get; init; }

    /// <summary>Where programs have been in the kernel's code; null where the target does not tell.</summary>
    public CodeCoverage? Code { get; init; }

    /// <summary>The machine that answered, as it was probed.</summary>
    public required Platform Platform { get; init; }

    /// <summary>Programs by the shape of their world.</summary>
    public required ImmutableArray<(string Shape, int Programs)> Worlds { get; init; }

    /// <summary>How much of what the contract can answer was seen.</summary>
    public OutcomeCoverage Coverage => OutcomeCoverage.Of(Outcomes, Platform);

    /// <summary>What keeps the table of operations and outcomes from being worth a pass, one a line; empty when nothing does.</summary>
    public required ImmutableArray<string> Vacuities { get; init; }

    /// <summary>Programs that could not be judged, by the bound that was reached.</summary>
    public required ImmutableArray<(string Bound, int Count)> Inconclusive { get; init; }

    /// <summary>Programs left out since they can reach a known defect, by its id.</summary>
    public required ImmutableArray<(string Id, int Count)> Avoided { get; init; }

    /// <summary>Programs that ended with a call waiting for user space and broke no rule.</summary>
    public required int Blocking { get; init; }

    public required CanaryCount Canary { get; init; }

    /// <summary>Whether the user ended it before its budget did.</summary>
    public required bool Stopped { get; init; }

    /// <summary>Share of programs that may stay unjudged before the whole campaign says inconclusive.</summary>
    public const double InconclusiveShareMax = 0.01;

    public bool IsInconclusive =>
        Programs == 0 || Stopped || !Canary.IsAlive || !Vacuities.IsEmpty
        || Inconclusive.Sum(bound => bound.Count) > Programs * InconclusiveShareMax;
}

/// <summary>How far a campaign is.</summary>
/// <param name="Programs">Programs judged.</param>
/// <param name="Elapsed">Time since the start.</param>
/// <param name="Findings">Different findings so far.</param>
/// <param name="Shrinking">The finding that is being shrunk, or null.</param>
public readonly record struct CheckProgress(int Programs, TimeSpan Elapsed, int Findings, FindingKey? Shrinking);
