using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>An answer that the contract allows, and the name of the rule that says so (<see cref="Rules"/>).</summary>
public readonly record struct AllowedAnswer(Answer Answer, string Rule)
{
    public override string ToString() => $"{Answer} ({Rule})";
}

/// <summary>What the model says of a history: allowed, not allowed, or which bound kept it from knowing.</summary>
public abstract record Acceptance
{
    private protected Acceptance()
    {
    }

    /// <summary>Every answer is one that the contract allows. One shared instance.</summary>
    public sealed record Accepted : Acceptance
    {
        internal static readonly Accepted Instance = new();

        private Accepted()
        {
        }
    }

    /// <summary>An answer that the contract does not allow.</summary>
    /// <param name="Line">The line; the number of lines for what is observed after the last one.</param>
    /// <param name="Observed">What was answered; blocked when nothing was.</param>
    /// <param name="Allowed">What the contract allows there, given everything before.</param>
    /// <param name="Note">More, for people.</param>
    public sealed record Disagrees(int Line, Answer Observed, ImmutableArray<AllowedAnswer> Allowed, string Note) : Acceptance
    {
        public override string ToString() =>
            $"line {Line} answered {Observed}, allowed: {string.Join(", ", Allowed)}{(Note.Length == 0 ? "" : "; ")}{Note}";
    }

    /// <summary>
    /// The contract itself has the kernel BUG in this line (type1-semantics 4.2): the answers up to there are allowed, nothing
    /// after is promised, and the console must show the BUG.
    /// </summary>
    public sealed record KernelCrashExpected(int Line) : Acceptance;

    /// <summary>The named bound that was reached, or why the history cannot be judged to its end. Never a pass.</summary>
    public sealed record Undecided(string Bound) : Acceptance;
}
