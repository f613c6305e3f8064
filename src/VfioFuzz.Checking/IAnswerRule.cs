using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Judges the answers of a run: the model, or nothing where no dialect is known. A seam, so that a planted model error can show that the
/// oracle is alive.
/// </summary>
public interface IAnswerRule
{
    /// <summary>Whether <paramref name="history"/> is one the contract allows for <paramref name="program"/>.</summary>
    Verdict Judge(Program program, History history);
}

/// <summary>No opinion on answers: only rules about states and tasks are judged.</summary>
public sealed class NoAnswerRule : IAnswerRule
{
    private static readonly Pass Silent = new();

    public Verdict Judge(Program program, History history) => Silent;
}
