using VfioFuzz.Campaigns.Exploring;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Simulation;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Cli.Tests;

/// <summary>What a search that reduces by partial order keeps: every finding and fact, with its grade, place and size.</summary>
public sealed class PartialOrderTests
{
    public static TheoryData<string> Designs() => [.. SimulatedTarget.Designs];

    [Theory]
    [MemberData(nameof(Designs))]
    public void Every_finding_of_every_design_stays_with_its_grade_and_size(string design)
    {
        var (reduced, whole) = (Explore(design, 4, reduces: true), Explore(design, 4, reduces: false));
        Assert.Equal(whole.Found, reduced.Found);
        Assert.NotEmpty(whole.Found);
        Assert.True(reduced.States < whole.States);
    }

    [Theory]
    [InlineData("exclusion~CloseLeavesPins")]
    [InlineData("exclusion~ForgetsContainerUser")]
    [InlineData("exclusion~LeaksGroupFile")]
    [InlineData("blocking~CloseLeavesWorker")]
    [InlineData("blocking~SleepsWithMutex")]
    [InlineData("waiters~FlagsFirstWaiterOnly")]
    public void So_do_those_of_wrong_designs(string mutant) =>
        Assert.Equal(Explore(mutant, 4, reduces: false).Found, Explore(mutant, 4, reduces: true).Found);

    [Fact]
    public void A_third_of_the_states_of_the_blocking_design_is_stored()
    {
        var (reduced, whole) = (Explore("blocking", 5, reduces: true), Explore("blocking", 5, reduces: false));
        Assert.Equal(whole.Found, reduced.Found);
        Assert.True(reduced.States * 3 <= whole.States, $"{reduced.States} of {whole.States}");
    }

    /// <summary>Driver locks, kthreads, retries and refusals make other races than the standard menu's worker does.</summary>
    [Theory]
    [InlineData("blocking", "by=worker lock=own")]
    [InlineData("blocking", "by=kthread on-efault=retry:1")]
    [InlineData("blocking", "by=worker lock=shared callback=refuse:1")]
    [InlineData("sticky", "by=worker lock=own on-efault=retry:1")]
    [InlineData("waiters", "by=worker on-efault=retry:1")]
    public void Every_shape_of_driver_keeps_its_findings(string design, string driver)
    {
        var setup = DriverMenu.With(driver);
        var (reduced, whole) = (Explore(design, 4, true, setup), Explore(design, 4, false, setup));
        Assert.Equal(whole.Found, reduced.Found);
        Assert.True(reduced.States < whole.States);
    }

    [Fact]
    public void Paths_are_the_first_of_the_shortest_of_all_steps()
    {
        var (reduced, whole) = (Search("blocking", 4, true, true), Search("blocking", 4, false, true));
        Assert.Equal(whole.Findings.Select(Shown), reduced.Findings.Select(Shown));
        Assert.Contains(whole.Findings, finding => finding.Path.Length > 10);

        static string Shown(ExploredFinding finding) => $"{finding.Operations} {finding.Steps} {string.Join(' ', finding.Path.Select(choice => choice.Value))}";
    }

    [Fact]
    public void A_search_tells_livelocks_from_deadlocks()
    {
        var found = Explore("blocking~SpinsAfterKill", 3, reduces: true).Found;
        Assert.Contains(found, words => words.Contains("livelock/kill-one (attach @ ", StringComparison.Ordinal));
        Assert.DoesNotContain(Explore("blocking", 3, reduces: true).Found, words => words.Contains("livelock", StringComparison.Ordinal));
    }

    private static (List<string> Found, long States) Explore(string design, int operations, bool reduces, Programs.ExplorationSetup? setup = null)
    {
        var space = SimulatedSpace.Of(design, setup ?? SetupOf(design));
        var bounds = new ExplorationBounds { OperationsMax = operations, ReducesOrder = reduces, WantsPaths = false, IsExact = operations < 5 };
        var found = space.Accept(new ExplorationRun(bounds, 1, null, default));
        Assert.Null(found.Bound);
        return ([.. found.Findings.Select(finding => $"{finding.Operations} {finding.Steps} {space.Describe(finding.Key)}").Order(StringComparer.Ordinal)], found.States);
    }

    private static Exploration Search(string design, int operations, bool reduces, bool paths) =>
        SimulatedSpace.Of(design, SetupOf(design)).Accept(new ExplorationRun(
            new ExplorationBounds { OperationsMax = operations, ReducesOrder = reduces, WantsPaths = paths }, 1, null, default));

    private static Programs.ExplorationSetup SetupOf(string design)
    {
        using var target = new SimulatedTarget(design);
        return ExplorationMenu.For(target.Kinds);
    }

    /// <summary>The device is open from the start; two threads of one process, and a second device that shares its lock.</summary>
    private static class DriverMenu
    {
        public static Programs.ExplorationSetup With(string driver)
        {
            var world = $"vprog 1\nworld d0 mdev driver({driver}) d1 mdev driver({driver})\n";
            return new Programs.ExplorationSetup(
                Programs.ProgramText.Parse(world + Prologue, "prologue").Program.World,
                Operations(world + Prologue),
                Operations(world + Menu));
        }

        private const string Prologue = """
            p0.t0: open container at=1 ; open group d0 at=2 ; attach 2 1 ; set-iommu 1 type1v2 ; get-device 2 d0 at=3
            p0.t0: open group d1 at=4 ; attach 4 1 ; get-device 4 d1 at=5 ; map 1 iova=0x0 size=0x1000 vaddr=page0 rw
            """;

        private const string Menu = """
            p0.t0: unmap 1 iova=0x0 size=0x0 all ; unmap 1 iova=0x0 size=0x0 all vaddr ; close 3 ; close 1 ; exec
            p0.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 vaddr ; submit d0.w0 pin iova=0x0 pages=1 rw ; submit d1.w0 pin iova=0x0 pages=1 rw
            p0.t1: submit d0.w0 pin iova=0x0 pages=1 rw ; close 3 ; close 5 ; get-device 2 d0 at=6 ; unmap 1 iova=0x0 size=0x0 all
            p0.t1: pin 5 iova=0x0 pages=1 rw ; fork p1 ; join d0.w0 ; detach 4
            p1.t0: kill p0 ; close 3 ; unmap 1 iova=0x0 size=0x0 all
            """;

        private static System.Collections.Immutable.ImmutableArray<Programs.Operation> Operations(string text) =>
            [.. Programs.ProgramText.Parse(text, "menu").Program.Lines.Select(line => line.Operation)];
    }
}
