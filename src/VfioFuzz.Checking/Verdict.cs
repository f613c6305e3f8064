namespace VfioFuzz.Checking;

/// <summary>What it took for a run to stay stuck (design decision 5).</summary>
public enum Grade
{
    /// <summary>The rule has no grades.</summary>
    None = 0,

    /// <summary>A killed process cannot die.</summary>
    KillOne = 1,

    /// <summary>All processes are killed and something still has not finished.</summary>
    KillAll = 2,
}

/// <summary>
/// What makes two violations the same finding: rule, grade and place. The place of a deadlock is what its stuck tasks are doing and where in
/// the kernel they sleep; of a wrong answer the operation, what was observed and what is allowed.
/// </summary>
public readonly record struct FindingKey(string Rule, Grade Grade, string Place)
{
    /// <summary>Rule and grade as in a file's <c>expect</c>: <c>deadlock/kill-one</c>.</summary>
    public string Expectation => Grade == Grade.None ? Rule : $"{Rule}/{NameOf(Grade)}";

    public override string ToString() => $"{Expectation} ({Place})";

    public static string NameOf(Grade grade) => grade switch
    {
        Grade.KillOne => "kill-one",
        Grade.KillAll => "kill-all",
        _ => "",
    };
}

/// <summary>What a run is worth.</summary>
public abstract record Verdict
{
    private protected Verdict()
    {
    }
}

/// <summary>No rule was broken.</summary>
/// <param name="Note">Empty, or what is no violation but worth knowing: who blocks, and whether help would free them.</param>
public sealed record Pass(string Note = "") : Verdict;

/// <summary>A rule was broken.</summary>
/// <param name="Key">Which rule, in which grade, where.</param>
/// <param name="Line">The line it shows at, or -1 when it belongs to the whole run.</param>
/// <param name="Evidence">The facts, one a line of text.</param>
public sealed record Violation(FindingKey Key, int Line, string Evidence) : Verdict
{
    /// <summary>The exact values, for answers and amounts.</summary>
    public Deviation? Deviation { get; init; }
}

/// <summary>The run could not be judged: never a pass.</summary>
/// <param name="Bound">The named bound that was reached.</param>
public sealed record Inconclusive(string Bound) : Verdict;
