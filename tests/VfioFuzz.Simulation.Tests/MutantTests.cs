using System.Reflection;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Running;
using static VfioFuzz.Simulation.Tests.Scenario;

namespace VfioFuzz.Simulation.Tests;

/// <summary>Wrong designs are seen by the rule that is about what they do; the right one is not.</summary>
public class MutantTests
{
    private static readonly World PX = new World(DeviceSpec.Pci).With(1, DeviceSpec.Mdev);

    private static readonly Program FailsHalfWay = Of(PX, SetUp()[..4], [Map(T0, 0, 4 * P, 14)]);

    private static readonly Program Unmaps = Of(PX, SetUp()[..4], [Map(T0, 0, 4 * P, 0), Unmap(T0, 0, 4 * P)]);

    private static readonly Program PinsInvalid =
        Of(MdevWorker, SetUp(), [Map(T0, 0, P, 0), InvalidateAll(T0), SubmitPin(T0, 0), Unmap(T0, 0, P)]);

    private static readonly Program FailsToPin = Of(PX, [Operation.OpenContainer(T0, C), Operation.OpenGroup(T0, 1, G)], [
        Operation.Attach(T0, G, C), Operation.SetIommu(T0, C, Extension.Type1V2), Map(T0, 0, P, 0), Map(T0, P, 2 * P, 15),
        Operation.OpenGroup(T0, 0, G1), Operation.Attach(T0, G1, C),
    ]);

    public static TheoryData<string, string, string> SeenByRules() => new()
    {
        { "LeaksPinOnFailedMap", nameof(FailsHalfWay), "leaked-pin" },
        { "LosesEntryOfFailedMap", nameof(FailsHalfWay), "I2" },
        { "UnpinsBeforeInvalidate", nameof(Unmaps), "visible-page" },
        { "LeaksLastPageOnUnmap", nameof(Unmaps), "leaked-pin" },
        { "LosesEntryOnUnmap", nameof(Unmaps), "I2" },
        { "PinsInvalidVaddr", nameof(PinsInvalid), "stale-vaddr" },
        { "ForgetsInvalidCountOnUnmap", nameof(PinsInvalid), "I3" },
        { "LeavesMappingsOfFailedReplay", nameof(FailsToPin), "I4" },
    };

    [Theory]
    [MemberData(nameof(SeenByRules))]
    public void A_slip_is_seen_by_the_rule_that_is_about_it(string slip, string program, string rule)
    {
        var shown = program switch
        {
            nameof(FailsHalfWay) => FailsHalfWay,
            nameof(Unmaps) => Unmaps,
            nameof(FailsToPin) => FailsToPin,
            _ => PinsInvalid,
        };

        Assert.Contains(RunChecked<Slipping<Blocking>>(shown, slip: Enum.Parse<Slip>(slip)).StateViolations, x => x.Rule == rule);
        Assert.Empty(RunChecked<Blocking>(shown).StateViolations);
    }

    [Fact]
    public void A_forgotten_wake_up_leaves_a_waiter_that_nobody_can_help()
    {
        var wrong = RunChecked<Slipping<Blocking>>(PinsInvalid, slip: Slip.ForgetsWakeOnUnmap);

        Assert.Equal("blocked", wrong.Final(7).ToString());
        Assert.Single(wrong.Freeze(FreezeMode.Help).Stuck);
        Assert.Equal("EINVAL", RunChecked<Blocking>(PinsInvalid).Final(7).ToString());
    }

    [Fact]
    public void A_killed_thread_that_goes_back_to_sleep_and_may_not_is_in_a_livelock()
    {
        var program = ProgramText.Parse(
            """
            vprog 1
            world d0 mdev driver(by=caller)
            p0.t0: open container at=1 ; open group d0 at=2 ; attach 2 1 ; set-iommu 1 type1v2 ; get-device 2 d0 at=3
            p0.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 rw ; unmap 1 iova=0x0 size=0x0 all vaddr ; pin 3 iova=0x0 pages=1 rw
            """,
            "test").Program;

        var stuck = Assert.Single(RunChecked<Slipping<Blocking>>(program, slip: Slip.SpinsAfterKill).Freeze(FreezeMode.KillOne).Stuck);
        Assert.True(stuck.Runs);
        Assert.Equal("pin", stuck.Doing);
        Assert.Empty(RunChecked<Blocking>(program).Freeze(FreezeMode.KillOne).Stuck);
        Assert.False(Assert.Single(RunChecked<Slipping<Blocking>>(program, slip: Slip.SleepsUnkillable).Freeze(FreezeMode.KillOne).Stuck).Runs);
    }

    [Fact]
    public void Every_slip_makes_a_mutant_of_some_design()
    {
        var used = SlipTable.All.Select(x => x.Slip).ToHashSet();

        Assert.DoesNotContain(Enum.GetValues<Slip>(), slip => slip != Slip.None && !used.Contains(slip));
        Assert.Equal(used.Count, SlipTable.All.Length);
        Assert.All(SlipTable.All, x => Assert.NotNull(DesignTable.Make($"{x.Design}~{x.Slip}", RuleChecks.Never)));
    }

    /// <summary>What a mutant does not say of its design would fall back to the default, and be taken for the slip's doing.</summary>
    [Fact]
    public void A_mutant_says_all_that_its_design_says()
    {
        static IEnumerable<string> Said(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Static).Select(said => said.Name).Order();
        Assert.Equal(Said(typeof(IDesign)), Said(typeof(Slipping<Exclusion>)));
    }

    /// <summary>The machine that may slip and does not is the design: what mutants are compared with.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_machine_that_may_slip_and_does_not_is_the_design(int seed)
    {
        for (var i = 0; i < 200; i++)
        {
            var program = GeneratedTests.Generated(1000 * seed + i);
            Assert.Equal(
                RunChecked<Blocking>(program).Answers(program.Lines.Length),
                RunChecked<Slipping<Blocking>>(program).Answers(program.Lines.Length));
        }
    }
}
