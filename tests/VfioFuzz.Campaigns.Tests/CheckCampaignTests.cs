using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests;

public sealed class CheckCampaignTests : IDisposable
{
    private static readonly CheckOptions Short = new() { Seed = 1, ProgramsMax = 500, CanaryPeriod = 10 };

    private readonly string directory = Path.Combine(Path.GetTempPath(), $"vfiofuzz-{Guid.NewGuid():n}");

    public void Dispose()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void Each_way_of_failing_is_one_finding_shrunk_to_what_it_needs()
    {
        var report = new CheckCampaign(Make.Setup(new LeakyTarget()), Short).Run();
        Assert.Equal(500, report.Programs);
        var places = report.Findings.ToDictionary(seen => seen.Finding.Key.Place, seen => seen.Finding.Program.Lines.Length);
        Assert.Equal(new Dictionary<string, int> { ["seven"] = 1, ["both"] = 2 }, places);
        Assert.All(report.Findings, seen => Assert.True(seen.Count > 1));
    }

    [Fact]
    public void The_same_seed_gives_byte_identical_findings()
    {
        string[] Files(string name)
        {
            var store = new FindingStore(Path.Combine(directory, name));
            new CheckCampaign(Make.Setup(new LeakyTarget()) with { Store = store }, Short).Run();
            return [.. Directory.GetFiles(store.Directory).Order(StringComparer.Ordinal)
                .Select(file => Path.GetFileName(file) + File.ReadAllText(file))];
        }

        var first = Files("first");
        Assert.Equal(2, first.Length);
        Assert.Equal(first, Files("second"));
    }

    [Fact]
    public void A_finding_is_on_disk_before_it_is_shrunk()
    {
        var store = new FindingStore(directory);
        var seen = 0;
        var setup = Make.Setup(new LeakyTarget()) with
        {
            Store = store,
            Progress = progress => seen += progress.Shrinking is null ? 0 : Directory.GetFiles(directory, "*.vprog").Length,
        };
        new CheckCampaign(setup, Short).Run();
        Assert.Equal(1 + 2, seen);
    }

    [Fact]
    public void Programs_that_a_target_has_drawn_ahead_are_judged_once()
    {
        var target = new AheadTarget(new LeakyTarget(), 40);
        var report = new CheckCampaign(Make.Setup(target), Short with { MinimizerRunsMax = 1 }).Run();
        Assert.Equal(500, report.Programs);
        Assert.Equal(2, report.Findings.Length);
        Assert.All(report.Findings, seen => Assert.True(seen.Count > 1));
        Assert.InRange(target.Yielded, 500, 500 + 2 * 2);
    }

    [Fact]
    public void Findings_beyond_the_bound_are_counted_and_not_shrunk()
    {
        var report = new CheckCampaign(Make.Setup(new LeakyTarget()), Short with { FindingsMax = 1 }).Run();
        Assert.Single(report.Findings);
        Assert.Single(report.Uncollected);
        Assert.True(report.Uncollected[0].Count > 1);
    }

    [Fact]
    public void A_judge_that_lets_the_canary_live_makes_the_campaign_inconclusive()
    {
        var alive = new CheckCampaign(Make.Setup(new LeakyTarget()), Short).Run();
        var blind = new CheckCampaign(Make.Setup(new LeakyTarget(), new NoAnswerRule()), Short).Run();
        Assert.True(alive.Canary is { Planted: > 10, IsAlive: true });
        Assert.False(alive.IsInconclusive);
        Assert.True(blind.Canary is { Planted: > 10, Caught: 0 });
        Assert.True(blind.IsInconclusive);
    }

    [Fact]
    public void What_the_table_lacks_makes_the_campaign_inconclusive()
    {
        var setup = Make.Setup(new LeakyTarget()) with { Vacuity = _ => ["map: never seen"] };
        Assert.True(new CheckCampaign(setup, Short).Run().IsInconclusive);
    }

    [Fact]
    public void Lanes_and_outcomes_are_counted()
    {
        var report = new CheckCampaign(Make.Setup(new LeakyTarget()), Short).Run();
        Assert.Equal([250, 250], report.Lanes.Select(lane => lane.Programs));
        Assert.Equal(new OutcomeCount(OperationKind.ReadPage, Outcome.Ok, 2500), Assert.Single(report.Outcomes.Cells()));
    }

    [Fact]
    public void A_stopped_campaign_keeps_what_it_found_and_is_no_pass()
    {
        using var stop = new CancellationTokenSource();
        var setup = Make.Setup(new LeakyTarget()) with
        {
            Progress = progress =>
            {
                if (progress.Shrinking is not null)
                    stop.Cancel();
            },
        };
        var report = new CheckCampaign(setup, Short, stop.Token).Run();
        Assert.Single(report.Findings);
        Assert.True(report.IsInconclusive);
    }

    [Fact]
    public void Programs_that_can_reach_a_known_defect_are_left_out_and_counted()
    {
        var setup = Make.Setup(new RealTarget()) with { Source = new LastPageSource() };
        var all = new CheckCampaign(setup, Short).Run();
        var avoiding = new CheckCampaign(setup, Short with { AvoidKnown = true }).Run();
        Assert.Equal(500, all.Programs);
        Assert.Equal(250, avoiding.Programs);
        Assert.Equal(("BZ-16", 250), Assert.Single(avoiding.Avoided));
    }

    [Fact]
    public void A_target_that_loses_a_program_is_an_error_of_ours() =>
        Assert.Throws<InvalidOperationException>(() => new CheckCampaign(Make.Setup(new ForgetfulTarget()), Short).Run());

    /// <summary>Every second program maps the last page.</summary>
    private sealed class LastPageSource : IProgramSource
    {
        public IReadOnlyList<string> Lanes { get; } = ["one"];

        public int LaneOf(int index) => 0;

        public Program Draw(ulong seed, int index) => Program.Sequential(
            default,
            Operation.Map(
                TaskId.Of(0, 0), 3, new(index % 2 == 0 ? 0 : 0xfffffffffffff000), new(4096), default, MapFlags.Read));
    }

    private class RealTarget : ITarget
    {
        public string Name => "linux/6.1";

        public Platform Platform { get; } = Platform.Simulated with { Kernel = "6.1.0-56-amd64", Dialect = DialectName.S61 };

        public virtual IEnumerable<History> Run(IEnumerable<Program> programs, RunRequest request) =>
            programs.Select(_ => new History { Platform = Platform });

        public void Dispose() => GC.SuppressFinalize(this);
    }

    private sealed class ForgetfulTarget : RealTarget
    {
        public override IEnumerable<History> Run(IEnumerable<Program> programs, RunRequest request) =>
            base.Run(programs.Skip(1).Take(3).ToArray(), request).Take(2);
    }
}
