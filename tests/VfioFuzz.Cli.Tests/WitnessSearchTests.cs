using System.Collections.Immutable;
using VfioFuzz.Campaigns.Exploring;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Cli.Tests;

/// <summary>The search of one program's schedules, which decides the cells of the atlas.</summary>
public sealed class WitnessSearchTests
{
    private const int Ended = 1;
    private const int Stuck = 2;

    private const string TwoUnmaps = """
        vprog 1
        world d0 mdev driver(by=worker)
        p0.t0: open container at=3 ; open group d0 at=4 ; attach 4 3 ; set-iommu 3 type1v2 ; get-device 4 d0 at=5
        p0.t0: map 3 iova=0x0 size=0x1000 vaddr=page0 rw ; map 3 iova=0x1000 size=0x1000 vaddr=page1 rw
        p0.t0: pin 5 iova=0x0 pages=2 rw
        par {
          p0.t0: unmap 3 iova=0x0 size=0x1000
          p0.t1: unmap 3 iova=0x1000 size=0x1000
        }
        """;

    /// <summary>DL-01 with a dup, a second mapping and a sibling's ioctl that it does not need.</summary>
    private const string Padded = """
        vprog 1
        world d0 mdev driver(by=worker)
        p0.t0: open container at=3 ; dup 3 at=9 ; open group d0 at=4 ; attach 4 3 ; set-iommu 3 type1v2 ; get-device 4 d0 at=5
        p0.t0: map 3 iova=0x0 size=0x1000 vaddr=page0 rw ; map 3 iova=0x1000 size=0x1000 vaddr=page1 rw
        p0.t1: check-extension 3 type1
        p0.t0: unmap 3 iova=0x0 size=0x0 all vaddr ; submit d0.w0 pin iova=0x0 pages=1 rw ; close 5
        """;

    /// <summary>One pair of locks in both orders: a few schedules of many stop, and every run is one that the search has seen.</summary>
    [Fact]
    public void The_search_sees_both_ends_of_a_race_and_no_run_sees_another()
    {
        var program = ProgramText.Parse(TwoUnmaps, "test").Program;
        var seen = Grades("exclusion", program, selects: false).Select(WitnessSpace.GradeOf).ToHashSet();
        using var target = new SimulatedTarget("exclusion");
        var runs = Enumerable.Range(0, 300)
            .Select(seed => target.Run([program], new RunRequest((ulong)seed)).First().Freezes.Count > 0 ? Stuck : Ended).ToHashSet();

        Assert.Equal([Ended, Stuck], seen.Order());
        Assert.Equal([Ended, Stuck], runs.Order());
        Assert.Equal([Ended], Grades("iommufd", program, selects: false).Select(WitnessSpace.GradeOf));
    }

    [Theory]
    [InlineData("blocking", 9)]
    [InlineData("sticky", 0)]
    public void Lines_that_a_deadlock_does_not_need_are_left_out(string design, int lines)
    {
        var stuck = Grades(design, ProgramText.Parse(Padded, "test").Program, selects: true, KilledAtClose)
            .Where(key => WitnessSpace.GradeOf(key) == Stuck).Select(WitnessSpace.LinesOf).DefaultIfEmpty(0);

        Assert.Equal(lines, stuck.Min());
    }

    [Fact]
    public void A_digest_is_of_what_a_design_does()
    {
        string[] designs = ["blocking", "waiters", "sticky", "removal", "exclusion"];
        var digests = designs.Select(Digest).ToArray();

        Assert.Equal(digests, designs.Select(Digest));
        Assert.Equal(digests.Length, digests.Distinct().Count());
        // The menu maps nothing near the end of the address space, and has two mdevs.
        Assert.Equal(Digest("blocking"), Digest("blocking?last-page=faithful"));
        Assert.NotEqual(Digest("waiters"), Digest("waiters~FlagsWaitersOfAllDevices"));
        Assert.Contains(SimulatedTarget.Mutants, mutant => mutant.Design == "exclusion" && Digest(mutant.Name) != Digest("exclusion"));

        static string Digest(string design)
        {
            using var target = new SimulatedTarget(design);
            return SimulatedSpace.Of(design, ExplorationMenu.For(target.Kinds)).Digest();
        }
    }

    private static int KilledAtClose(QuietState state) => state.Freezes.Any(outcome =>
        outcome.Mode == FreezeMode.KillOne && outcome.Stuck.Any(task => task.Doing == "close")) ? Stuck : Ended;

    private static ImmutableArray<ulong> Grades(string design, Program program, bool selects, Func<QuietState, int>? judge = null)
    {
        var space = WitnessSpace.Of(design, new WitnessSetup(
            program, new ScheduleSpace(Overlaps: false, selects), [], judge ?? (state => state.Freezes.IsEmpty ? Ended : Stuck)));
        var found = space.Accept(new ExplorationRun(new ExplorationBounds { OperationsMax = 0, WantsPaths = false }, 1, null, default));
        Assert.Null(found.Bound);
        return [.. found.Findings.Select(finding => finding.Key)];
    }
}
