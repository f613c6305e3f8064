using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>Makes a finding small: <see cref="Shrinking.Shrink"/>, or nothing.</summary>
public delegate Finding Shrinker(Finding seen, ImmutableArray<Answer> answers, RunRequest request, CancellationToken stop);

/// <summary>
/// One process of a coverage-guided campaign: the feedback loop with its files. What is new is on disk before the next input runs, where one runs at
/// a time; where they run in batches, as soon as its second look is known. A campaign that finds its folder filled goes on from there.
/// </summary>
public sealed class FuzzCampaign
{
    /// <summary>Runs between two looks at the clock.</summary>
    private const int ClockPeriod = 64;

    private readonly IExecutor executor;
    private readonly CampaignFolder folder;
    private readonly Shrinker shrink;
    private readonly FuzzOptions options;
    private readonly Action<string> tell;
    private readonly Queue queue = new();
    private readonly QueueStore store;
    private readonly FindingFolders findings;
    private readonly FeedbackLoop loop;
    private readonly List<string> names = [];
    private readonly HashSet<string> imported = new(StringComparer.Ordinal);
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly FuzzStatistics before;
    private TimeSpan told;
    private TimeSpan shared;
    private int importedCount;
    private (long Time, long At) lastFind;
    private long restored;

    /// <param name="executor">Runs inputs.</param>
    /// <param name="folder">Where everything is kept.</param>
    /// <param name="shrink">Makes findings small.</param>
    /// <param name="options">When it ends, and how it goes.</param>
    /// <param name="tell">Learns of damaged files, one line each.</param>
    public FuzzCampaign(IExecutor executor, CampaignFolder folder, Shrinker shrink, FuzzOptions options, Action<string> tell)
    {
        (this.executor, this.folder, this.shrink, this.options, this.tell) = (executor, folder, shrink, options, tell);
        store = new QueueStore(folder.Queue, executor.Target);
        findings = new FindingFolders(folder.Crashes, executor.Target);
        var known = FuzzStatistics.Read(folder.Statistics);
        before = known is null
            ? new FuzzStatistics { Target = executor.Target, StartTime = Now() }
            : known with { Resumes = known.Resumes + 1 };
        if (before.Target != executor.Target)
            throw new ArgumentException($"{folder.Path} is a campaign on {before.Target}, not on {executor.Target}");
        lastFind = (before.LastFind, before.LastFindAt);
        // A campaign that is taken up again goes on with other randomness, or it would make the same inputs once more.
        var frontier = new Frontier();
        var maker = new InputMaker(queue, frontier, executor.Kinds, options.Threads, Randomness.SeedOf(options.Seed, (ulong)before.Resumes));
        loop = new FeedbackLoop(executor, queue, frontier, maker);
    }

    /// <summary>The figures now.</summary>
    public FuzzStatistics Statistics
    {
        get
        {
            var seconds = Math.Max(0.001, clock.Elapsed.TotalSeconds);
            return before with
            {
                Seed = options.Seed,
                LastUpdate = Now(),
                RunTime = before.RunTime + seconds,
                Process = Environment.ProcessId,
                Executions = before.Executions + loop.Executions,
                ExecutionsPerSecond = loop.Executions / seconds,
                Operations = before.Operations + loop.Operations,
                OperationsPerSecond = loop.Operations / seconds,
                Corpus = queue.Length,
                Favoured = queue.Favoured,
                Imported = importedCount,
                Features = loop.Seen,
                Findings = findings.Count,
                Hangs = Directory.GetFiles(folder.Hangs, "*.vprog").Length,
                LastFind = lastFind.Time,
                LastFindAt = lastFind.At,
                Stability = loop.Stability,
            };
        }
    }

    /// <summary>Runs until told to stop, or until what the options say. Seeds are tried first, in the order given.</summary>
    public FuzzStatistics Run(IEnumerable<StoredEntry> seeds, CancellationToken stop)
    {
        using var watchdog = new Watchdog(folder, executor.Target, options.HangAfter, options.EndProcess);
        TakeUp(watchdog, stop);
        foreach (var seed in seeds)
            Try(new FuzzInput(seed.Program, new RunRequest(0, seed.Schedule), Making.Seed, -1), watchdog, stop);
        while (!IsOver(stop))
        {
            if (executor is IBatchExecutor batches)
            {
                TryInBatches(batches, watchdog, stop);
                continue;
            }
            Try(loop.Next(), watchdog, stop);
            if (loop.Executions % ClockPeriod == 0)
                Tick(watchdog, stop);
        }
        watchdog.Rest();
        Tell();
        return Statistics;
    }

    /// <summary>
    /// Until it is time for something else that runs: a finding is shrunk, others' inputs are tried, or the campaign is over. What was under way
    /// then is given up: a few inputs in many thousands.
    /// </summary>
    private void TryInBatches(IBatchExecutor batches, Watchdog watchdog, CancellationToken stop)
    {
        ExecutedRun? broken = null;
        foreach (var (input, run) in batches.Execute(Drawn(watchdog, stop)))
        {
            loop.Learn(input, run);
            Store();
            broken = run.Violations.Exists(IsNew) ? run : null;
            if (broken is not null || IsImportDue)
                break;
            if (loop.Executions % ClockPeriod == 0)
                Tick(watchdog, stop);
        }
        loop.DrawAgain();
        if (broken is not null)
            CollectAll(broken, watchdog, stop);
        Tick(watchdog, stop);
    }

    private bool IsImportDue => clock.Elapsed - shared >= options.SharingPeriod && folder.OtherQueues.Any();

    private IEnumerable<FuzzInput> Drawn(Watchdog watchdog, CancellationToken stop)
    {
        for (var count = loop.Executions; count - restored < options.ExecutionsMax && !IsOver(stop); count++)
        {
            var input = loop.Next();
            // A hang is kept as the input drawn last: which of those under way it is, nobody here knows.
            watchdog.Begin(input);
            yield return input;
        }
    }

    private bool IsOver(CancellationToken stop) =>
        loop.Executions - restored >= options.ExecutionsMax || stop.IsCancellationRequested || clock.Elapsed >= options.TimeMax;

    /// <summary>What an earlier process of this folder left: its queue runs again, its findings are known, those not yet shrunk are shrunk.</summary>
    private void TakeUp(Watchdog watchdog, CancellationToken stop)
    {
        foreach (var entry in store.Load(folder.Damaged, tell))
        {
            var input = new FuzzInput(entry.Program, new RunRequest(0, entry.Schedule), Making.Imported, -1);
            watchdog.Begin(input);
            loop.Restore(input);
            names.Add(entry.Name);
        }
        watchdog.Rest();
        restored = loop.Executions;
        foreach (var begun in findings.Load(folder.Damaged, tell))
            findings.Complete(shrink(begun, [], new RunRequest(0, begun.Schedule), stop));
        Tell();
    }

    private void Try(in FuzzInput input, Watchdog watchdog, CancellationToken stop)
    {
        watchdog.Begin(input);
        var run = loop.Run(input);
        Store();
        if (run.Violations.Count > 0)
            CollectAll(run, watchdog, stop);
    }

    private void Store()
    {
        if (loop.Added is not { } entry)
            return;
        lastFind = (Now(), before.Executions + loop.Executions);
        names.Add(store.Write(entry, entry.Parent >= 0 ? names[entry.Parent] : null));
    }

    private bool IsNew(Violation violation) => !findings.Knows(violation.Key) && findings.Count < options.FindingsMax;

    private void CollectAll(ExecutedRun run, Watchdog watchdog, CancellationToken stop)
    {
        watchdog.Rest();
        for (var i = 0; i < run.Violations.Count; i++)
        {
            if (IsNew(run.Violations[i]))
                Collect(run, run.Violations[i], stop);
        }
    }

    private void Collect(ExecutedRun run, Violation violation, CancellationToken stop)
    {
        var program = loop.Current.Program;
        var answers = RunRecord.Answers(run.History, program.Lines.Length);
        var schedule = run.History.Schedule;
        var seen = new Finding
        {
            Key = violation.Key,
            Program = program,
            Schedule = schedule,
            Targets = [executor.Target],
            Origin = new Origin(options.Seed, (int)(before.Executions + loop.Executions)),
            Evidence = violation.Evidence,
            Answers = [.. answers.Select(answer => answer.ToString())],
            Results = answers,
            Deviation = violation.Deviation,
            Remarks = ["as it was seen, not shrunk"],
        };
        findings.Begin(seen);
        findings.Complete(shrink(seen, answers, new RunRequest(0, schedule), stop));
    }

    private void Tick(Watchdog watchdog, CancellationToken stop)
    {
        if (clock.Elapsed - told < options.StatisticsPeriod)
            return;
        watchdog.Rest();
        Tell();
        if (clock.Elapsed - shared < options.SharingPeriod)
            return;
        shared = clock.Elapsed;
        Plot();
        Import(watchdog, stop);
    }

    private void Tell()
    {
        told = clock.Elapsed;
        WholeFile.Write(folder.Statistics, Statistics.Print());
    }

    private void Plot()
    {
        var now = Statistics;
        if (!File.Exists(folder.Plot))
            WholeFile.Write(folder.Plot, "# unix_time, execs_done, ops_done, corpus_count, corpus_favored, edges, model, waits, saved_crashes, saved_hangs, execs_per_sec\n");
        File.AppendAllText(folder.Plot, string.Create(
            CultureInfo.InvariantCulture,
            $"{now.LastUpdate}, {now.Executions}, {now.Operations}, {now.Corpus}, {now.Favoured}, {now.Features.Edges}, {now.Features.Model}, {now.Features.Waits}, {now.Findings}, {now.Hangs}, {now.ExecutionsPerSecond:f1}\n"));
    }

    /// <summary>Tries what the other processes have kept since the last look. Their files appear whole; one that does not parse is theirs to tell.</summary>
    private void Import(Watchdog watchdog, CancellationToken stop)
    {
        foreach (var other in folder.OtherQueues)
        {
            foreach (var path in Directory.GetFiles(other, "*.vprog").Order(StringComparer.Ordinal))
            {
                if (stop.IsCancellationRequested || !imported.Add(path) || QueueStore.Read(path, out _) is not { } entry)
                    continue;
                Try(new FuzzInput(entry.Program, new RunRequest(0, entry.Schedule), Making.Imported, -1), watchdog, stop);
                importedCount += loop.Added is null ? 0 : 1;
            }
        }
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeSeconds();
}
