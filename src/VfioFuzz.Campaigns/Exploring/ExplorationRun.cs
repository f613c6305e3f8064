using System.Diagnostics;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Exploring;

/// <summary>How far a search is, with a clock.</summary>
/// <param name="Done">What the search says.</param>
/// <param name="Elapsed">Since it began.</param>
/// <param name="Left">A guess from how the layers grow; null while there is nothing to guess from.</param>
public readonly record struct TimedProgress(ExplorationProgress Done, TimeSpan Elapsed, TimeSpan? Left)
{
    /// <summary>States stored a second.</summary>
    public double Rate => Done.States / Math.Max(0.001, Elapsed.TotalSeconds);
}

/// <summary>A search with a clock and threads: what a visitor of a machine does.</summary>
public sealed class ExplorationRun(ExplorationBounds bounds, int threads, Action<TimedProgress>? tell, CancellationToken stop)
    : IMachineVisitor<Exploration>
{
    private readonly Stopwatch watch = new();
    private readonly List<long> layerEnds = [];

    /// <summary>How long the search took, the paths to its findings not counted.</summary>
    public TimeSpan Elapsed => watch.Elapsed;

    public Exploration Visit<TMachine, TState>(Func<TMachine> make)
        where TMachine : struct, IMachine<TState>
        where TState : unmanaged
    {
        using var crew = new ThreadCrew(threads);
        watch.Start();
        var found = Explorer.Explore<TMachine, TState>(make, bounds, crew, tell is null ? null : Tell, watch.Stop, stop);
        return found;
    }

    private void Tell(ExplorationProgress done)
    {
        while (layerEnds.Count < done.Operations)
            layerEnds.Add(done.States);
        tell!(new TimedProgress(done, watch.Elapsed, Left(done)));
    }

    /// <summary>Each further layer is taken to grow as the last complete one did.</summary>
    private TimeSpan? Left(ExplorationProgress done)
    {
        if (layerEnds.Count < 3)
            return null;
        var (before, last) = (layerEnds[^2] - layerEnds[^3], layerEnds[^1] - layerEnds[^2]);
        if (before <= 0)
            return null;
        var growth = (double)last / before;
        var (expected, layer) = ((double)layerEnds[^1], (double)last);
        for (var operations = done.Operations; operations <= bounds.OperationsMax; operations++)
            expected += layer *= growth;
        var left = (expected - done.States) / Math.Max(1, done.States) * watch.Elapsed.TotalSeconds;
        return TimeSpan.FromSeconds(Math.Clamp(left, 0, TimeSpan.MaxValue.TotalSeconds / 2));
    }
}
