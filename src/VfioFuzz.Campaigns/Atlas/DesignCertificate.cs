using System.Collections.Immutable;
using System.Text.Json;

namespace VfioFuzz.Campaigns.Atlas;

/// <summary>One number of operations in a certificate: the states first reached with it.</summary>
public sealed record CertificateLayer(int Operations, long States, long Transitions, int Depth);

/// <summary>A finding of a certificate, in the explorer's words.</summary>
public sealed record CertificateFinding(string Words, int Operations, int Steps, ulong States);

/// <summary>
/// That a design was searched to a bound, as it is stored: the key (design, digest of what it does with the menu, menu, bound), what
/// was found, and what it took.
/// </summary>
public sealed record DesignCertificate
{
    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true, NewLine = "\n" };

    public required string Design { get; init; }

    /// <summary>Of the design's behaviour and of the menu.</summary>
    public required string Digest { get; init; }

    /// <summary>How many operations the menu has.</summary>
    public required int Menu { get; init; }

    /// <summary>The largest number of operations up to which everything was seen.</summary>
    public required int Complete { get; init; }

    /// <summary>What kept it from a larger one; empty: nothing was tried beyond.</summary>
    public string Bound { get; init; } = "";

    public required ImmutableArray<CertificateLayer> Layers { get; init; }

    public required ImmutableArray<CertificateFinding> Findings { get; init; }

    public required string Reductions { get; init; }

    public required double CollisionProbability { get; init; }

    public required double PeakMebibytes { get; init; }

    public required double Seconds { get; init; }

    public required int Threads { get; init; }

    /// <summary>The command that computes it again.</summary>
    public required string Again { get; init; }

    public long States => Layers.Sum(layer => layer.States);

    public long Transitions => Layers.Sum(layer => layer.Transitions);

    /// <summary>Steps of the longest of the shortest ways to its states.</summary>
    public int Depth => Layers.Max(layer => layer.Depth);

    /// <summary>Whether a search of fewer operations came to the same, as far as it went. Findings of its last layer may lie beyond its bound.</summary>
    public bool Agrees(DesignCertificate quick) => Digest == quick.Digest && Menu == quick.Menu
        && Layers.Take(quick.Complete + 1).Select(layer => layer.States).SequenceEqual(quick.Layers.Select(layer => layer.States))
        && Findings.Where(finding => finding.Operations <= quick.Complete).Select(finding => (finding.Words, finding.Operations, finding.Steps))
            .SequenceEqual(quick.Findings.Select(finding => (finding.Words, finding.Operations, finding.Steps)));

    public string Print() => JsonSerializer.Serialize(this, Form) + "\n";

    /// <exception cref="JsonException">It is no certificate.</exception>
    public static DesignCertificate Parse(string text) =>
        JsonSerializer.Deserialize<DesignCertificate>(text, Form) ?? throw new JsonException("no certificate");
}
