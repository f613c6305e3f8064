using System.Runtime.InteropServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>
/// The heart of a campaign: make an input, run it, keep it when it showed something new. No clock, no file, no thread: with one seed it goes the same
/// way everywhere.
/// </summary>
public sealed class FeedbackLoop(IExecutor executor, Queue queue, Frontier frontier, InputMaker maker)
{
    /// <summary>Where the same input always shows the same, one kept input in so many is run again to see that it does.</summary>
    private const int CheckedOneIn = 16;

    private readonly List<int> features = [];
    private readonly List<int> again = [];

    /// <summary>Runs so far, those that looked at an input a second time included.</summary>
    public long Executions { get; private set; }

    /// <summary>Operations that runs executed (<see cref="ExecutedOperations"/>).</summary>
    public long Operations { get; private set; }

    /// <summary>Features seen so far, by kind.</summary>
    public FeatureCounts Seen { get; private set; }

    /// <summary>Features of kept inputs, and how many of these were there again when the input was run again at once.</summary>
    public (long All, long Stable) Calibrated { get; private set; }

    /// <summary>Percent of the features of kept inputs that a second run shows again.</summary>
    public double Stability => Calibrated.All == 0 ? 100 : 100.0 * Calibrated.Stable / Calibrated.All;

    /// <summary>The input that is running, or ran last.</summary>
    public FuzzInput Current { get; private set; }

    /// <summary>The entry that the last step added, or null.</summary>
    public QueueEntry? Added { get; private set; }

    /// <summary>The next input to run.</summary>
    public FuzzInput Next() => maker.Next();

    /// <summary>Runs an input and keeps it when it showed something new. What it showed is valid until the next run.</summary>
    public ExecutedRun Run(in FuzzInput input)
    {
        Current = input;
        Added = null;
        var execution = Execute(input);
        return CountUnseen() ? Keep(input, execution) : execution;
    }

    /// <summary>Runs an entry of an earlier campaign and keeps it in any case: what it showed once is worth what it was.</summary>
    public void Restore(in FuzzInput input)
    {
        Current = input;
        var schedule = Execute(input).History.Schedule;
        CountUnseen();
        features.Clear();
        executor.Features(features);
        queue.Add(new QueueEntry(queue.Length, input.Program, schedule, input.Making, input.Parent), CollectionsMarshal.AsSpan(features));
    }

    private bool CountUnseen()
    {
        var unseen = executor.Unseen();
        foreach (var feature in unseen)
            Seen = Seen.With(feature);
        return unseen.Length > 0;
    }

    private ExecutedRun Execute(in FuzzInput input)
    {
        var execution = executor.Execute(input.Program, input.Request);
        Executions++;
        Operations += ExecutedOperations.In(execution.History);
        frontier.Count(input.Program, execution.History.Schedule, executor.States);
        return execution;
    }

    /// <summary>
    /// Runs the input again, under the schedule that it took: what is kept must show its features whenever it is run. Only now and then where
    /// that is sure, for a run is what an engine is measured in.
    /// </summary>
    private ExecutedRun Keep(in FuzzInput input, ExecutedRun execution)
    {
        features.Clear();
        executor.Features(features);
        var schedule = execution.History.Schedule;
        if (!executor.IsRepeatable || queue.Length % CheckedOneIn == 0)
        {
            execution = Execute(input with { Request = new RunRequest(0, schedule) });
            again.Clear();
            executor.Features(again);
            Calibrated = (Calibrated.All + features.Count, Calibrated.Stable + Common(features, again));
            features.Clear();
            features.AddRange(again);
        }
        Added = new QueueEntry(queue.Length, input.Program, schedule, input.Making, input.Parent);
        queue.Add(Added, CollectionsMarshal.AsSpan(features));
        if (input.Parent >= 0)
            queue.Found(input.Parent);
        return execution;
    }

    /// <summary>How many numbers two ascending lists share.</summary>
    private static int Common(List<int> one, List<int> other)
    {
        var common = 0;
        for (int i = 0, j = 0; i < one.Count && j < other.Count;)
        {
            var order = one[i].CompareTo(other[j]);
            common += order == 0 ? 1 : 0;
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
        return common;
    }
}
