using System.Collections.Immutable;

namespace VfioFuzz.Checking;

/// <summary>Where two histories of one program part: the line, or -1 for what was observed after the last one.</summary>
/// <param name="Line">The line, from 0.</param>
/// <param name="What">The operation, or what was observed.</param>
/// <param name="First">What the first target answered.</param>
/// <param name="Second">What the second target answered.</param>
public readonly record struct Parting(int Line, string What, string First, string Second)
{
    public override string ToString() => $"{What}: {First} | {Second}";
}

/// <summary>What is said of one program that ran on two targets.</summary>
public abstract record Comparison
{
    private protected Comparison()
    {
    }

    /// <summary>Both answered the same.</summary>
    public sealed record Alike : Comparison
    {
        internal static readonly Alike Instance = new();

        private Alike()
        {
        }
    }

    /// <summary>Each is right by its own promises.</summary>
    /// <param name="Parting">Where they part.</param>
    /// <param name="Causes">
    /// The fewest promises and platform facts in which the two differ that account for it; empty when the contract of the
    /// first allows both answers.
    /// </param>
    public sealed record Explained(Parting Parting, ImmutableArray<string> Causes) : Comparison;

    /// <summary>One of them breaks a rule that the other keeps, or breaks it in another way.</summary>
    /// <param name="Parting">Where they part.</param>
    /// <param name="IsSecond">Whether it is the second one.</param>
    /// <param name="Violation">What it breaks.</param>
    public sealed record Broken(Parting Parting, bool IsSecond, Violation Violation) : Comparison;

    /// <summary>A named bound kept one of the two from being judged.</summary>
    public sealed record Undecided(string Bound) : Comparison;
}
