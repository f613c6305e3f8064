using System.Runtime.InteropServices;
using FsCheck.Xunit;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Simulation.Tests;

/// <summary>What holds of every program.</summary>
public class GeneratedTests
{
    private static readonly GeneratorOptions WithThreads = GeneratorOptions.Default with { Threads = 2 };

    internal static Program Generated(int seed) => Generated(seed, DesignOperations.None);

    private static Program Generated(int seed, DesignOperations known) => Generator.Generate(
        Choices.OfSeed((ulong)seed),
        (seed % 2 == 0 ? GeneratorOptions.Default : WithThreads) with { Kinds = DesignTable.KindsOf(known) });

    /// <summary>Rules that a faithful BLK3 kernel breaks too: they are findings about that kernel, not about the simulation.</summary>
    private static readonly HashSet<string> KnownOfTheKernel = ["kernel-bug"];

    [Property(MaxTest = 1000)]
    public void State_rules_hold_after_every_step(int seed)
    {
        foreach (var history in new[]
                 {
                     Scenario.RunChecked<Blocking>(Generated(seed), 1), Scenario.RunChecked<Exclusion>(Generated(seed), 2),
                     Scenario.RunChecked<Removal>(Generated(seed), 3), Scenario.RunChecked<Waiters>(Generated(seed), 4),
                     Scenario.RunChecked<Sticky>(Generated(seed), 5), Scenario.RunChecked<BlockingNotifierChain>(Generated(seed), 6),
                     Scenario.RunChecked<FileBacked>(Generated(seed, DesignOperations.MapFile | DesignOperations.FileSize), 7),
                     Scenario.RunChecked<ChangeMm>(Generated(seed, DesignOperations.ChangeMm), 8),
                     Scenario.RunChecked<Iommufd>(Generated(seed, Iommufd.Knows), 9),
                     Scenario.RunChecked<BlockingOddHost>(Generated(seed, DesignOperations.Unbind), 10),
                 })
            Assert.DoesNotContain(history.StateViolations, x => !KnownOfTheKernel.Contains(x.Rule));
    }

    [Property(MaxTest = 500)]
    public void The_same_seed_gives_the_same_bytes(int seed, ulong schedule)
    {
        using var target = new SimulatedTarget("blocking");
        var first = Fingerprint(target.Run([Generated(seed)], new RunRequest(schedule)).Single());
        _ = target.Run([Generated(seed + 1)], new RunRequest(schedule)).Single();

        Assert.Equal(first, Fingerprint(target.Run([Generated(seed)], new RunRequest(schedule)).Single()));
    }

    [Property(MaxTest = 500)]
    public void A_recorded_schedule_replays_the_run(int seed, ulong schedule)
    {
        var history = Scenario.Run(Generated(seed), seed: schedule);
        using var target = new SimulatedTarget("blocking");
        var replayed = target.Run([Generated(seed)], new RunRequest(0, history.Schedule)).Single();

        Assert.Equal(Fingerprint(history), Fingerprint(replayed));
    }

    [Property(MaxTest = 500)]
    public void Every_line_is_called_once_and_settles(int seed)
    {
        var program = Generated(seed);
        var history = Scenario.Run(program);
        if (history.Incomplete is not null)
            return;
        var events = history.Events.ToArray();
        for (var line = 0; line < program.Lines.Length; line++)
        {
            Assert.Single(events, x => x.Kind == EventKind.Called && x.Line == line);
            Assert.True(events.Count(x => x.Kind == EventKind.Answered && x.Line == line) <= 1);
            Assert.NotEqual(AnswerKind.None, history.Final(line).Kind);
        }
        Assert.Equal(events.Select(x => x.Ticket), events.Select(x => x.Ticket).Order());
        Assert.DoesNotContain(events, x => x.Kind == EventKind.ResetFailed && history.StateViolations.Count == 0);
    }

    [Fact]
    public void Few_programs_run_out_of_capacity()
    {
        const int programs = 2000;
        var exhausted = Enumerable.Range(0, programs).Count(seed => Scenario.Run(Generated(seed)).Incomplete is not null);

        Assert.True(exhausted <= programs / 100, $"{exhausted} of {programs} runs are inconclusive");
    }

    [Fact]
    public void Every_kind_of_operation_runs_on_every_design()
    {
        foreach (var form in OperationForm.All)
        {
            foreach (var design in SimulatedTarget.Designs)
            {
                var program = Program.Sequential(
                    Scenario.MdevWorker, [.. Scenario.SetUp(), new Operation(form.Kind, Scenario.T0, 0, 9, 0, 0, 0, 0)]);
                Assert.NotEqual(AnswerKind.None, Scenario.Run(program, design).Final(5).Kind);
            }
        }
    }

    [Fact]
    public void A_run_without_history_allocates_nothing()
    {
        var simulator = new Simulator<Blocking>(RuleChecks.Never);
        var programs = Enumerable.Range(0, 200).Select(Generated).Where(x => Scenario.Run(x).Incomplete is null).ToArray();
        foreach (var program in programs)
            simulator.RunBare(program, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var program in programs)
            simulator.RunBare(program, 1);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static string Fingerprint(History history) =>
        Convert.ToHexString(MemoryMarshal.AsBytes(history.Events)) + string.Join(';', history.Freezes.Select(x => $"{x.Mode}{x.Process}" +
            string.Join(',', x.Stuck))) + string.Join(';', history.StateViolations) + history.Incomplete;
}
