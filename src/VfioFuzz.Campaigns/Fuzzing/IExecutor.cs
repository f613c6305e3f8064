using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>
/// Runs inputs and says what each run showed: all that the engine knows of a target. An in-process design, a real kernel with coverage of its module
/// and a test's fake are the same to it.
/// </summary>
public interface IExecutor : IDisposable
{
    /// <summary>As on the command line: <c>sim/blocking</c>.</summary>
    string Target { get; }

    /// <summary>Kinds of operations that inputs may hold.</summary>
    KindSet Kinds { get; }

    /// <summary>Whether the same program under the same schedule shows the same features each time.</summary>
    bool IsRepeatable { get; }

    /// <summary>Runs and judges one input. What it returns is valid until the next run.</summary>
    ExecutedRun Execute(Program program, RunRequest request);

    /// <summary>
    /// The features of the last run that no run before had and for which it is kept (<see cref="FeatureSpace.IsKept"/>). They count as seen
    /// from now on. Called once for each run, so it must be fast when there are none.
    /// </summary>
    ReadOnlySpan<int> Unseen();

    /// <summary>
    /// The features of the last run that are no edges, each with its line; one may stand there more than once. They are counted in every run, so
    /// that what is seldom come to is gone on from (<see cref="Frontier"/>).
    /// </summary>
    ReadOnlySpan<Reached> States { get; }

    /// <summary>Adds every feature of the last run for which inputs are kept, ascending and each once.</summary>
    void Features(List<int> into);
}

/// <summary>
/// Runs inputs in batches, as a kernel in another machine does: an input is drawn while some before it are still under way.
/// </summary>
public interface IBatchExecutor : IExecutor
{
    /// <summary>
    /// Runs and judges inputs as it draws them, and tells of them in their order. What a pair holds, and what is asked of the last run, is valid
    /// until the next pair; the run of the pair that the caller stops at, until the next run. Inputs that it does not run are left out.
    /// While this goes on, nothing else may be run.
    /// </summary>
    IEnumerable<(FuzzInput Input, ExecutedRun Run)> Execute(IEnumerable<FuzzInput> inputs);
}

/// <summary>One judged run: a buffer that the executor fills again.</summary>
public sealed class ExecutedRun
{
    /// <summary>Rules that the run broke.</summary>
    public List<Violation> Violations { get; } = [];

    /// <summary>What happened, with the schedule that was taken; a target that yields its own buffer puts it here.</summary>
    public History History { get; set; } = new();

    /// <summary>The named bound that kept part of the run from being judged, or null.</summary>
    public string? Bound { get; set; }
}
