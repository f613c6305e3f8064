using VfioFuzz.Campaigns.Exploring;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Tests;

public sealed class ExplorationMenuTests
{
    /// <summary>What every certificate is asked to cover, whatever else the menu has.</summary>
    [Theory]
    [InlineData("dup 3 at=5")]
    [InlineData("get-device 2 d0 at=0")]
    [InlineData("get-device 2 d0 at=3")]
    [InlineData("attach 2 1")]
    [InlineData("attach 4 1")]
    [InlineData("attach 7 1")]
    [InlineData("detach 2")]
    [InlineData("detach 4")]
    [InlineData("detach 7")]
    [InlineData("unmap 1 iova=0x0 size=0x1000")]
    [InlineData("unmap 1 iova=0x1000 size=0x1000")]
    [InlineData("unmap 1 iova=0x0 size=0x0 all")]
    [InlineData("unmap 1 iova=0x0 size=0x1000 vaddr")]
    [InlineData("unmap 1 iova=0x1000 size=0x1000 vaddr")]
    [InlineData("unmap 1 iova=0x0 size=0x0 all vaddr")]
    [InlineData("map 1 iova=0x0 size=0x1000 vaddr=page0 vaddr")]
    [InlineData("map 1 iova=0x1000 size=0x1000 vaddr=page1 vaddr")]
    [InlineData("submit d0.w0 pin iova=0x1000 pages=1 rw")]
    [InlineData("submit d2.w0 pin iova=0x0 pages=1 rw")]
    [InlineData("submit d0.w0 unpin iova=0x1000 pages=1")]
    [InlineData("submit d2.w0 unpin iova=0x0 pages=1")]
    [InlineData("submit d0.w0 dma-rw read iova=0x0 size=0x1000")]
    [InlineData("fork p1")]
    [InlineData("exec")]
    [InlineData("kill p1")]
    public void The_owner_of_the_standard_menu_may(string operation) => Assert.Contains(
        $"p0.t0: {operation}",
        ExplorationMenu.For(KindSet.All.Without(KindSet.Reserved)).Menu.Select(item => $"{item.Task}: {OperationText.Print(item)}"));

    /// <summary>Lines of the machine's program are the prologue and the menu: they must fit whatever a design knows.</summary>
    [Fact]
    public void Every_setup_fits_every_design()
    {
        foreach (var design in SimulatedTarget.Designs)
        {
            using var target = new SimulatedTarget(design);
            foreach (var name in ExplorationMenu.Names)
            {
                var setup = ExplorationMenu.For(target.Kinds, name);
                Assert.InRange(setup.Prologue.Length + setup.Menu.Length, 1, Limits.LinesMax);
                Assert.Equal(setup.Menu.Length, setup.Menu.Distinct().Count());
            }
        }
    }
}
