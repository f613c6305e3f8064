using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using static VfioFuzz.Simulation.Tests.Scenario;

namespace VfioFuzz.Simulation.Tests;

/// <summary>Each wrong design is caught, by the program given and by generated ones; the right one is not.</summary>
public class WrongDesignTests
{
    private static readonly World PX = new World(DeviceSpec.Pci).With(1, DeviceSpec.Mdev);

    private static readonly Program FailsHalfWay = Of(PX, SetUp()[..4], [Map(T0, 0, 4 * P, 14)]);

    private static readonly Program Unmaps = Of(PX, SetUp()[..4], [Map(T0, 0, 4 * P, 0), Unmap(T0, 0, 4 * P)]);

    private static readonly Program PinsInvalid =
        Of(MdevWorker, SetUp(), [Map(T0, 0, P, 0), InvalidateAll(T0), SubmitPin(T0, 0), Unmap(T0, 0, P)]);

    [Fact]
    public void Pins_that_a_failed_map_forgets_are_missed()
    {
        Assert.Contains(RunChecked<LeaksPinOnFailedMap>(FailsHalfWay).StateViolations, x => x.Rule == "leaked-pin");
        AssertRight(FailsHalfWay);
    }

    [Fact]
    public void Unpinning_before_the_IOMMU_forgets_is_seen_by_the_hardware()
    {
        Assert.Contains(RunChecked<UnpinBeforeInvalidate>(Unmaps).StateViolations, x => x.Rule == "visible-page");
        AssertRight(Unmaps);
    }

    [Fact]
    public void Using_an_invalid_vaddr_is_stale_use()
    {
        Assert.Contains(RunChecked<UsesInvalidVaddr>(PinsInvalid).StateViolations, x => x.Rule == "stale-vaddr");
        AssertRight(PinsInvalid);
    }

    [Fact]
    public void A_forgotten_wake_up_leaves_a_waiter_that_nobody_can_help()
    {
        Assert.Equal("blocked", RunChecked<ForgetsWakeOnUnmap>(PinsInvalid).Final(7).ToString());
        Assert.Single(RunChecked<ForgetsWakeOnUnmap>(PinsInvalid).Freeze(FreezeMode.Help).Stuck);
        Assert.Equal("EINVAL", RunChecked<Blocking>(PinsInvalid).Final(7).ToString());
        AssertRight(PinsInvalid);
    }

    [Theory]
    [InlineData("visible-page")]
    [InlineData("leaked-pin")]
    [InlineData("stale-vaddr")]
    public void Generated_programs_catch_them_soon(string rule)
    {
        const int within = 3000;

        Assert.Contains(
            Enumerable.Range(0, within), seed => Wrong(rule, GeneratedTests.Generated(seed)).StateViolations.Any(x => x.Rule == rule));
    }

    private static History Wrong(string rule, Program program) => rule switch
    {
        "visible-page" => RunChecked<UnpinBeforeInvalidate>(program),
        "leaked-pin" => RunChecked<LeaksPinOnFailedMap>(program),
        _ => RunChecked<UsesInvalidVaddr>(program),
    };

    private static void AssertRight(Program program) => Assert.Empty(RunChecked<Blocking>(program).StateViolations);
}
