using VfioFuzz.Programs;
using VfioFuzz.Simulation;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Cli.Tests;

/// <summary>What <c>vfiofuzz explain</c> draws, and from what.</summary>
public sealed class ExplainTests
{
    private static Interleaving Explained(string file, out History history)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "regressions", file);
        var document = ProgramText.Parse(File.ReadAllText(path), path);
        using var target = new SimulatedTarget(document.Targets[0]["sim/".Length..]);
        history = new History { Platform = target.Platform };
        return target.Explain(document.Program, new RunRequest(0, document.Schedule), history);
    }

    [Fact]
    public void The_last_moment_shows_who_waits_for_whom_and_what_is_held()
    {
        var last = Explained("dl-23-two-unmaps.vprog", out _).Moments[^1];
        var waits = last.Tasks.Select(task => $"{task.Task} {task.WaitsFor} ({task.Holder}) holding {string.Join(", ", task.Holds)}");

        Assert.Equal(
            [
                "p0.t0 device_list_lock 0 (p0.t1) holding iommu mutex 0",
                "p0.t1 iommu mutex 0 (p0.t0) holding device_list_lock 0",
            ],
            waits);
        Assert.Equal("0x0+0x1000 vaddr page0 of p0", Assert.Single(last.Mappings));
        Assert.Equal("0x0 by d0 x1", Assert.Single(last.Pins));
    }

    [Fact]
    public void Every_answer_belongs_to_a_moment_and_an_invalid_vaddr_is_shown()
    {
        var interleaving = Explained("dl-01-close-against-waiting-worker.vprog", out var history);

        Assert.Equal(
            history.Events.ToArray().Where(x => x.Kind == EventKind.Answered).Select(x => ((int)x.Line, x.Answer)),
            interleaving.Moments.SelectMany(moment => moment.Answers));
        Assert.Contains(interleaving.Moments, moment => moment.Mappings.Contains("0x0+0x1000 INVALID vaddr of p0"));
        Assert.Contains("a valid vaddr", interleaving.Moments[^1].Tasks.Single(task => task.Task.IsWorker).WaitsFor, StringComparison.Ordinal);
    }

    [Fact]
    public void Looking_changes_nothing()
    {
        _ = Explained("dl-08-unmap-behind-waiter.vprog", out var explained);
        var path = Path.Combine(AppContext.BaseDirectory, "regressions", "dl-08-unmap-behind-waiter.vprog");
        var document = ProgramText.Parse(File.ReadAllText(path), path);
        using var target = new SimulatedTarget("blocking");
        var run = target.Run([document.Program], new RunRequest(0, document.Schedule)).Single();

        Assert.True(explained.Events.SequenceEqual(run.Events));
    }
}
