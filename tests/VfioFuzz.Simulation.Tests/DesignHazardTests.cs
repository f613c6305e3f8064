using VfioFuzz.Programs;
using static VfioFuzz.Simulation.Tests.CatalogueGrades;
using static VfioFuzz.Simulation.Tests.Scenario;

namespace VfioFuzz.Simulation.Tests;

/// <summary>The hazards that each proposal brings of its own (deadlocks 8.4, below the table): no hangs, but surprises, one a test.</summary>
public class DesignHazardTests
{
    private const string Mdev = "d0 mdev driver(by=worker)";
    private const string Both = "d0 mdev driver(by=worker)  d1 pci";
    private const string Open = "open container at=3; open group d0 at=4; attach 4 3; set-iommu 3 type1v2; get-device 4 d0 at=5; ";
    private const string OpenBoth = "open container at=3; open group d0 at=4; open group d1 at=6; attach 4 3; attach 6 3; "
        + "set-iommu 3 type1v2; get-device 4 d0 at=5; get-device 6 d1 at=7; ";

    private static string Ends(string design, string world, string lines, int count)
    {
        var program = Parse(world, lines);
        var history = Run(program, design);
        Assert.Empty(history.Freezes);
        Assert.Empty(history.StateViolations);
        return history.Answers(program.Lines.Length, program.Lines.Length - count);
    }

    [Theory]
    [InlineData("file", "mmap page0 pages=1 file; map 3 iova=0x0 size=0x1000 vaddr=page0 rw; ")]
    [InlineData("file", "mmap page0 pages=1 shared; map 3 iova=0x0 size=0x1000 vaddr=page0 rw; ")]
    [InlineData("file", "map-file 3 iova=0x0 size=0x1000 offset=0x0 rw; ")]
    [InlineData("iommufd", "map-file 3 iova=0x0 size=0x1000 offset=0x0 rw; ")]
    public void A_file_serves_pins_whatever_becomes_of_the_mapper(string design, string map) => Assert.Equal(
        "0 | 0 value=0x1 | 0 value=0x1",
        Ends(design, Mdev, Open + map + "exec; pin 5 iova=0x0 pages=1 rw; submit d0.w0 pin iova=0x0 pages=1 rw", 3));

    [Theory]
    [InlineData("file", "mmap page0 pages=1 file; map 3 iova=0x0 size=0x2000 vaddr=page0 rw; ")]
    [InlineData("file", "mmap page0 pages=1 file; mmap page1 pages=1 shared; map 3 iova=0x0 size=0x2000 vaddr=page0 rw; ")]
    [InlineData("iommufd", "mmap page0 pages=1 file; map 3 iova=0x0 size=0x1000 vaddr=page0 rw; ")]
    public void What_is_not_wholly_one_file_dies_with_its_mm(string design, string map) => Assert.Equal(
        "0 | ENODEV", Ends(design, Mdev, Open + map + "exec; pin 5 iova=0x0 pages=1 rw", 2));

    /// <summary>The pinned page is no longer the file's: the device and the CPU go on with two pages for one iova.</summary>
    [Theory]
    [InlineData("file", "punch-hole page0 pages=1; ")]
    [InlineData("file", "truncate pages=0; truncate pages=16; ")]
    [InlineData("iommufd", "punch-hole page0 pages=1; ")]
    public void A_hole_under_a_pin_parts_device_and_cpu(string design, string hole)
    {
        const string before = "mmap page0 pages=1 file; write page0; map-file 3 iova=0x0 size=0x1000 offset=0x0 rw; pin 5 iova=0x0 pages=1 rw; ";

        Assert.Equal("0 value=0x7 | 0", Ends(design, Mdev, Open + before + hole + "dma d0 read iova=0x0; read page0", 2));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("iommufd")]
    public void Past_the_end_of_the_file_nothing_is_pinned(string design) => Assert.Equal(
        "0 | 0 | EFAULT | EFAULT | EFAULT",
        Ends(design, Mdev, Open + "mmap page2 pages=1 file; map-file 3 iova=0x0 size=0x4000 offset=0x0 rw; truncate pages=2; "
            + "pin 5 iova=0x1000 pages=2 rw; dma-rw 5 read iova=0x2000 size=1; read page2", 5));

    /// <summary>The charge died with the mm: a dead mapper's file serves pins that nobody pays for until somebody takes over.</summary>
    [Fact]
    public void Pins_of_a_dead_mappers_file_are_charged_to_nobody() => Assert.Equal(
        "0 | 0 value=0x1 | 0", Ends("file", Mdev, Open + "map-file 3 iova=0x0 size=0x1000 offset=0x0 rw; limit pages=0; capability drop; exec; "
            + "pin 5 iova=0x0 pages=1 rw; observe", 3));

    [Fact]
    public void Change_process_takes_over_what_a_dead_process_left() => Assert.Equal(
        "0 | 0 value=0x1 | 0 | 0 value=0x1", Ends("iommufd", Mdev, Open + "map-file 3 iova=0x0 size=0x1000 offset=0x0 rw; exec; "
            + "pin 5 iova=0x0 pages=1 rw; change-process 3; observe", 4));

    [Fact]
    public void Change_process_wants_every_mapping_to_be_a_files() => Assert.Equal(
        "0 | EINVAL", Ends("iommufd", Mdev, Open + "map-file 3 iova=0x0 size=0x1000 offset=0x0 rw; "
            + "map 3 iova=0x1000 size=0x1000 vaddr=page1 rw; change-process 3", 2));

    [Fact]
    public void A_child_lends_its_mm_while_its_parent_has_none() => Assert.Equal(
        "0 | 0 | 0 | 0 value=0x1 | 0 | 0 | 0 value=0x1", Ends("change-mm", Mdev, Open + "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; fork p1; "
            + "p1.t0: change-mm 3; exec; submit d0.w0 pin iova=0x0 pages=1 rw; change-mm 3; p1.t0: exit; observe", 7));

    /// <summary>Not a hang but an error: a gap without an mm is an answer, ENODEV, where the blocking design would wait.</summary>
    [Fact]
    public void A_child_that_dies_early_leaves_no_mm() => Assert.Equal(
        "0 | 0 | ENODEV | EPERM", Ends("change-mm", Mdev, Open + "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; fork p1; p1.t0: change-mm 3; "
            + "exec; kill p1; submit d0.w0 pin iova=0x0 pages=1 rw; submit d0.w0 dma-rw read iova=0x0 size=1", 4));

    /// <summary>Private pages part at the fork: the IOMMU goes on with the parent's, a new pin gets the child's.</summary>
    [Theory]
    [InlineData("", "0 value=0xc | 0 value=0xa0")]
    [InlineData("mmap page0 pages=1 shared; ", "0 value=0xd | 0 value=0xd")]
    public void Private_memory_parts_pci_device_and_mdev(string memory, string expected) => Assert.Equal(
        expected, Ends("change-mm", Both, OpenBoth + memory + "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; fork p1; p1.t0: change-mm 3; "
            + "write page0; pin 5 iova=0x0 pages=1 rw; dma d1 read iova=0x0; dma d0 read iova=0x0", 2));

    /// <summary>
    /// Paper fears a transient double charge. Limits are an mm's own here, and a mapping is charged to one mm at a time but for the moment of
    /// its change: at limits of exactly what is pinned every change succeeds.
    /// </summary>
    [Fact]
    public void Exact_limits_suffice_when_each_mm_is_charged_for_itself() => Assert.Equal(
        "0 | 0 | 0 value=0x1 | 0", Ends("change-mm", Mdev, Open + "limit pages=1; capability drop; map 3 iova=0x0 size=0x1000 vaddr=page0 rw; "
            + "pin 5 iova=0x0 pages=1 rw; fork p1; p1.t0: change-mm 3; change-mm 3; p1.t0: change-mm 3; p1.t0: observe; observe", 4));

    [Fact]
    public void A_caller_at_its_limit_changes_nothing() => Assert.Equal(
        "ENOMEM | 0 | 0 value=0x1", Ends("change-mm", Mdev, Open + "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; pin 5 iova=0x0 pages=1 rw; "
            + "fork p1; p1.t0: limit pages=0; p1.t0: capability drop; p1.t0: change-mm 3; p1.t0: observe; observe", 3));

    /// <summary>Who needs no mdev needs no fork: what the IOMMU has it keeps, and the charge follows the next CHANGE_MM.</summary>
    [Fact]
    public void Without_mdevs_the_fork_can_be_left_out() => Assert.Equal(
        "0 | 0 value=0xa0 | 0 | 0 value=0x1", Ends("change-mm", Both, "open container at=3; open group d1 at=6; attach 6 3; "
            + "set-iommu 3 type1v2; get-device 6 d1 at=7; map 3 iova=0x0 size=0x1000 vaddr=page0 rw; exec; dma d1 read iova=0x0; "
            + "change-mm 3; observe", 4));

    /// <summary>... until an mdev joins in the gap: its pins find nobody's mm.</summary>
    [Fact]
    public void An_mdev_that_joins_in_the_gap_finds_no_mm() => Assert.Equal(
        "0 | 0 | ENODEV | 0 | 0 value=0x1", Ends("change-mm", Both, "open container at=3; open group d1 at=6; attach 6 3; "
            + "set-iommu 3 type1v2; map 3 iova=0x0 size=0x1000 vaddr=page0 rw; open group d0 at=4; exec; attach 4 3; get-device 4 d0 at=5; "
            + "submit d0.w0 pin iova=0x0 pages=1 rw; change-mm 3; submit d0.w0 pin iova=0x0 pages=1 rw", 5));

    /// <summary>A release of one of two device files ends a wait that the device itself, still open, would have gone on with.</summary>
    [Fact]
    public void The_posted_flag_ends_waits_of_a_device_that_stays_open()
    {
        const string two = Open + "get-device 4 d0 at=6; map 3 iova=0x0 size=0x1000 vaddr=page0 rw; unmap 3 iova=0x0 size=0x0 all vaddr; "
            + "submit d0.w0 pin iova=0x0 pages=1 rw; close 6; map 3 iova=0x0 size=0x1000 vaddr=page0 vaddr";

        Assert.Equal("EFAULT | 0 | 0", Ends("waiters", Mdev, two, 3));
        Assert.Equal("0 value=0x1 | 0 | 0", Ends("sticky", Mdev, two, 3));
    }

    /// <summary>The sticky flag goes with the next first open.</summary>
    [Fact]
    public void A_device_that_was_closed_waits_again_when_it_is_reopened()
    {
        var program = Parse(Mdev, Open + "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; unmap 3 iova=0x0 size=0x0 all vaddr; "
            + "submit d0.w0 pin iova=0x0 pages=1 rw; close 5; get-device 4 d0 at=5; submit d0.w0 pin iova=0x0 pages=1 rw");

        Assert.Equal("EFAULT | 0 | 0 | blocked", Run(program, "sticky").Answers(11, 7));
    }
}
