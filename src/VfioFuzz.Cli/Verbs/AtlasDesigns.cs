using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using VfioFuzz.Campaigns.Atlas;
using VfioFuzz.Campaigns.Exploring;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Cli.Verbs;

/// <summary>Searches of simulated designs for the atlas: once for the worst grade and its fewest lines, once more for the program.</summary>
internal sealed class AtlasDesigns(CancellationToken stop) : IAtlasDesigns
{
    private const long MemoryMax = 2L << 30;

    private const long CertificateMemoryMax = 6L << 30;

    /// <summary>What is certified whatever the time.</summary>
    private const int LeastOperations = 4;

    public KindSet KindsOf(string design) => Targets.KindsOf($"sim/{design}");

    public ITarget Open(string design) => Targets.Open($"sim/{design}", new TargetWishes(null, 1, Quiet: true, stop));

    public WitnessFound Search(
        string design, Program program, ScheduleSpace space, ImmutableArray<WatchedAnswer> watched, Func<QuietState, ShownGrade> judge)
    {
        var found = Explore(Space(state => (int)judge(state)), wantsPaths: false, null);
        var worst = found.Findings.OrderByDescending(finding => WitnessSpace.GradeOf(finding.Key))
            .ThenBy(finding => WitnessSpace.LinesOf(finding.Key)).FirstOrDefault();
        if (worst is null)
            return new WitnessFound(ShownGrade.Never, found.States, found.Bound, null, Schedule.Empty);
        var wanted = WitnessSpace.GradeOf(worst.Key);
        var again = Space(state => (int)judge(state) == wanted ? wanted : 0);
        var path = Explore(again, wantsPaths: true, key => key == worst.Key).Findings.First(finding => finding.Key == worst.Key).Path;
        var (shown, schedule) = again.Replay(path);
        return new WitnessFound((ShownGrade)wanted, found.States, found.Bound, shown, schedule);

        WitnessSpace Space(Func<QuietState, int> grade) => WitnessSpace.Of(design, new WitnessSetup(program, space, watched, grade));
    }

    /// <summary>
    /// What every program of the standard menu does, up to a number of operations; in a limited time, up to the last number that was
    /// complete: searches of fewer operations come first then.
    /// </summary>
    public DesignCertificate Certify(string design, int operations, TimeSpan? limit)
    {
        var watch = Stopwatch.StartNew();
        var certificate = limit is null ? null : Certificate(design, Math.Min(operations, LeastOperations), stop);
        for (var next = certificate?.Complete + 1 ?? operations; next <= operations; next++)
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
            if (limit is { } time)
                late.CancelAfter(time - watch.Elapsed is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero);
            var tried = Certificate(design, next, late.Token);
            stop.ThrowIfCancellationRequested();
            if (tried.Bound.Length > 0 && certificate is not null)
                return certificate with { Bound = string.Create(CultureInfo.InvariantCulture, $"{next} inconclusive: {tried.Bound}") };
            certificate = tried;
        }
        return certificate!;
    }

    private static DesignCertificate Certificate(string design, int operations, CancellationToken stop)
    {
        var target = $"sim/{design}";
        var space = Targets.Space(target, ExplorationMenu.For(Targets.KindsOf(target)));
        var threads = Environment.ProcessorCount;
        // Unreduced by partial order: layers of a search of fewer operations are then the first of this one's.
        var bounds = new ExplorationBounds { OperationsMax = operations, MemoryMax = CertificateMemoryMax, WantsPaths = false };
        var run = new ExplorationRun(bounds, threads, null, stop);
        var found = space.Accept(run);
        return new DesignCertificate
        {
            Design = design,
            Digest = space.Digest(),
            Menu = space.Setup.Menu.Length,
            Complete = found.OperationsComplete,
            Bound = found.Bound ?? "",
            Layers = [.. found.Layers.Select(layer => new CertificateLayer(layer.Operations, layer.States, layer.Transitions, layer.Depth))],
            Findings = [.. found.Findings.Where(finding => !finding.IsFact)
                .Select(finding => new CertificateFinding(space.Describe(finding.Key), finding.Operations, finding.Steps, finding.States))],
            Reductions = CertificateText.Reductions(space, bounds),
            CollisionProbability = found.CollisionProbability,
            PeakMebibytes = Math.Round(found.PeakBytes / (double)(1 << 20), 1),
            Seconds = Math.Round(run.Elapsed.TotalSeconds, 1),
            Threads = threads,
            Again = string.Create(CultureInfo.InvariantCulture, $"vfiofuzz explore --target {target} --ops {operations} --no-por"),
        };
    }

    private Exploration Explore(WitnessSpace space, bool wantsPaths, Func<ulong, bool>? stopsAt)
    {
        var bounds = new ExplorationBounds { OperationsMax = 0, MemoryMax = MemoryMax, WantsPaths = wantsPaths, StopsAt = stopsAt };
        return space.Accept(new ExplorationRun(bounds, 1, null, stop));
    }
}
