using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Running;
using static VfioFuzz.Simulation.Tests.CatalogueGrades;

namespace VfioFuzz.Simulation.Tests;

/// <summary>Entries of the catalogue that want another host or another release than the designs of the matrix.</summary>
public class CatalogueVariantTests
{
    private const string Open = "open container at=3; open group d0 at=4; attach 4 3; set-iommu 3 type1v2; get-device 4 d0 at=5; ";
    private const string Waiting = "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; unmap 3 iova=0x0 size=0x0 all vaddr; "
        + "submit d0.w0 pin iova=0x0 pages=1 rw; ";

    /// <summary>Two mappings, the second invalid and waited for with the driver's lock held, the first pinned and being unmapped.</summary>
    private const string UnmapBehindWaiter = "open group d1 at=6; attach 6 3; get-device 6 d1 at=7; "
        + "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; map 3 iova=0x1000 size=0x1000 vaddr=page1 rw; "
        + "pin 5 iova=0x0 pages=1 rw; unmap 3 iova=0x1000 size=0x1000 vaddr; submit d0.w0 pin iova=0x1000 pages=1 rw; "
        + "fork p1; unmap 3 iova=0x0 size=0x1000; p1.t0: close 7; p0.t1: close 7; ";

    private const string Remap = "p1.t0: map 3 iova=0x1000 size=0x1000 vaddr=page1 vaddr";

    [Fact]
    public void DL08_with_a_chain_stops_the_close_and_not_the_way_back()
    {
        var program = Parse("d0 mdev driver(by=worker lock=own)  d1 mdev driver(by=worker)", Open + UnmapBehindWaiter);
        var helped = Parse("d0 mdev driver(by=worker lock=own)  d1 mdev driver(by=worker)", Open + UnmapBehindWaiter + Remap);

        var history = Scenario.Run(program, "blocking?notify=chain");
        Assert.Contains(
            "p0.t1 in close at vfio_iommu_type1_unregister_device waits for device_list_lock 0", history.Stuck(FreezeMode.Idle));
        Assert.Equal("k", Worst("blocking?notify=chain", program));
        Assert.Empty(Scenario.Run(helped, "blocking?notify=chain").Freezes);
        // With device_list_lock under the mutex the close holds the mutex: nobody can map again (DL-08').
        Assert.Equal("k!", Worst("blocking", program));
        Assert.NotEmpty(Scenario.Run(helped).Freezes);
    }

    [Fact]
    public void DL23_is_not_there_with_a_chain() => Assert.Equal("-", Worst("blocking?notify=chain", Parse(
        "d0 mdev driver(by=worker)", Catalogue.All.Single(entry => entry.Id == "DL-23").Lines)));

    [Fact]
    public void DL11_an_unbind_waits_for_a_close_that_waits()
    {
        var program = Parse("d0 mdev driver(by=worker)", "fork p1; " + Open + Waiting + "close 5; p1.t0: unbind d0");

        Assert.Contains(
            "p1.t0 in unbind at vfio_unregister_group_dev waits for the last close of d0 held by p0.t0",
            Scenario.Run(program, "blocking?host=odd").Stuck(FreezeMode.KillOne, 1));
        Assert.Equal("k", Worst("blocking?host=odd", program));
    }

    [Fact]
    public void DL13_devices_of_one_set_wait_for_each_others_close()
    {
        const string others = "p1.t0: open container at=3; p1.t0: open group d1 at=4; p1.t0: attach 4 3; p1.t0: set-iommu 3 type1v2; ";
        var program = Parse(
            "d0 mdev driver(by=worker)  d1 mdev driver(by=worker)",
            "fork p1; " + Open + Waiting + "close 5; " + others + "p1.t0: get-device 4 d1 at=5");

        Assert.Contains(
            "p1.t0 in get-device at vfio_device_open waits for dev_set lock of d0 held by p0.t0",
            Scenario.Run(program, "blocking?host=odd").Stuck(FreezeMode.KillOne, 1));
        Assert.Empty(Scenario.Run(program).Freeze(FreezeMode.KillOne, 1).Stuck);
    }

    [Fact]
    public void DL20_a_pin_in_a_fault_handler_keeps_its_process_from_making_memory()
    {
        var program = Parse(
            "d0 mdev driver(by=caller)",
            Open + "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; unmap 3 iova=0x0 size=0x0 all vaddr; pin 5 iova=0x0 pages=1 rw; "
                + "p0.t1: mmap page0 pages=1 shared");

        var history = Scenario.Run(program, "blocking?host=odd");
        Assert.Contains("p0.t1 in mmap at vm_mmap_pgoff waits for mmap_lock of p0", history.Stuck(FreezeMode.Idle));
        // Both of its threads are in it: only another process, or a kill, ends it.
        Assert.Equal("b!", Worst("blocking?host=odd", program));
        Assert.Equal("b", Worst("blocking", program));
    }

    [Fact]
    public void DL18_a_killed_owner_leaves_its_pinned_pages_behind()
    {
        var simulator = new Simulator<Blocking>(RuleChecks.WhenSettled);
        var history = new History();
        simulator.Run(
            Parse("d0 mdev driver(by=worker)", Open + "map 3 iova=0x1000 size=0x1000 vaddr=page1 rw; pin 5 iova=0x1000 pages=1 rw; "
                + Waiting + "exit"),
            new RunRequest(1), history);

        Assert.Equal(2, history.Freeze(FreezeMode.KillAll).Stuck.Length);
        Assert.Equal(1, simulator.Machine.State.Hardware.PinsTaken);
        Assert.Equal(0, simulator.Machine.State.Processes[0].MmThreads);
    }

    /// <summary>
    /// Not in the catalogue, and no vaddr in it: the wait of an unbind is interruptible once and never again, so a process that unbinds the device it has
    /// open itself, and is killed, never comes to the release it waits for (v6.1 vfio_unregister_group_dev).
    /// </summary>
    [Fact]
    public void A_process_that_unbinds_its_own_device_cannot_be_killed()
    {
        var program = Parse("d0 mdev driver(by=caller)", Open + "unbind d0");

        Assert.Equal(
            ["p0.t0 in unbind at vfio_unregister_group_dev waits for the last close of d0"],
            Scenario.Run(program, "blocking?host=odd").Stuck(FreezeMode.KillAll));
        Assert.Equal("-", Worst("blocking?host=odd", Parse("d0 mdev driver(by=caller)", Open + "close 5; unbind d0; get-device 4 d0 at=5")));
    }
}
