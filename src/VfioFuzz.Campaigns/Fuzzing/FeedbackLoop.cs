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
    private readonly List<(FuzzInput Input, int[] Features)> second = [];
    private int secondDrawn;

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

    /// <summary>The next input to run: one that is to be looked at a second time before others.</summary>
    public FuzzInput Next() => secondDrawn < second.Count ? second[secondDrawn++].Input : maker.Next();

    /// <summary>Inputs that were drawn and not learnt of are lost: those for a second look are drawn again.</summary>
    public void DrawAgain() => secondDrawn = 0;

    /// <summary>Runs an input and keeps it when it showed something new. What it showed is valid until the next run.</summary>
    public ExecutedRun Run(in FuzzInput input)
    {
        Current = input;
        Added = null;
        var execution = Execute(input);
        return CountUnseen() ? Keep(input, execution) : execution;
    }

    /// <summary>
    /// Takes in what the executor's last run showed of an input that <see cref="Next"/> gave some inputs ago, where runs begin before the ones
    /// before them are known. Inputs come in the order they were given. One that showed something new is given once more, and then kept.
    /// </summary>
    public void Learn(in FuzzInput input, ExecutedRun execution)
    {
        Current = input;
        Added = null;
        Count(input, execution);
        var isNew = CountUnseen();
        if (secondDrawn > 0 && ReferenceEquals(second[0].Input.Program, input.Program))
            KeepAfterSecondLook(execution.History.Schedule);
        else if (isNew)
            LookAgain(input, execution.History.Schedule);
    }

    private void LookAgain(in FuzzInput input, Schedule schedule)
    {
        features.Clear();
        executor.Features(features);
        // A program of its own, by which it is known when it comes back.
        var program = new Program(input.Program.World, input.Program.Lines);
        second.Add((input with { Program = program, Request = new RunRequest(0, schedule) }, [.. features]));
    }

    private void KeepAfterSecondLook(Schedule schedule)
    {
        var (input, first) = second[0];
        second.RemoveAt(0);
        secondDrawn--;
        again.Clear();
        executor.Features(again);
        Calibrated = (Calibrated.All + first.Length, Calibrated.Stable + Common(first, CollectionsMarshal.AsSpan(again)));
        features.Clear();
        features.AddRange(again);
        Add(input, schedule);
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
        Count(input, execution);
        return execution;
    }

    private void Count(in FuzzInput input, ExecutedRun execution)
    {
        Executions++;
        Operations += ExecutedOperations.In(execution.History);
        frontier.Count(input.Program, execution.History.Schedule, executor.States);
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
            var common = Common(CollectionsMarshal.AsSpan(features), CollectionsMarshal.AsSpan(again));
            Calibrated = (Calibrated.All + features.Count, Calibrated.Stable + common);
            features.Clear();
            features.AddRange(again);
        }
        Add(input, schedule);
        return execution;
    }

    private void Add(in FuzzInput input, Schedule schedule)
    {
        Added = new QueueEntry(queue.Length, input.Program, schedule, input.Making, input.Parent);
        queue.Add(Added, CollectionsMarshal.AsSpan(features));
        if (input.Parent >= 0)
            queue.Found(input.Parent);
    }

    /// <summary>How many numbers two ascending lists share.</summary>
    private static int Common(ReadOnlySpan<int> one, ReadOnlySpan<int> other)
    {
        var common = 0;
        for (int i = 0, j = 0; i < one.Length && j < other.Length;)
        {
            var order = one[i].CompareTo(other[j]);
            common += order == 0 ? 1 : 0;
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
        return common;
    }
}
