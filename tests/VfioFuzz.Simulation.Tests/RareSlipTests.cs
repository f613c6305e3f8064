using static VfioFuzz.Simulation.Tests.CatalogueGrades;
using static VfioFuzz.Simulation.Tests.Scenario;

namespace VfioFuzz.Simulation.Tests;

/// <summary>
/// Slips that take several rare things in a row: random programs come to them once in ten thousand or seldomer, so each has its shortest program
/// here, with what the design answers at its end and what the mutant does.
/// </summary>
public class RareSlipTests
{
    private const string Pci = "open container at=3; open group d1 at=6; attach 6 3; set-iommu 3 type1v2; ";
    private const string Mdev = "open container at=3; open group d0 at=4; attach 4 3; set-iommu 3 type1v2; get-device 4 d0 at=5; ";
    private const string Map0 = "map 3 iova=0x0 size=0x1000 vaddr=page0 rw; ";
    private const string Map1 = "map 3 iova=0x1000 size=0x1000 vaddr=page1 rw; ";
    private const string PoorChild = "fork p1; p1.t0: limit pages=0; p1.t0: capability drop; ";

    [Theory]
    [InlineData(
        "change-mm", "KeepsChargesOfFailedMove",
        Pci + Map0 + Map1 + "fork p1; p1.t0: limit pages=1; p1.t0: capability drop; p1.t0: change-mm 3; p1.t0: observe",
        "ENOMEM | 0", "ENOMEM | 0 value=0x1")]
    [InlineData(
        "change-mm", "MovesPinnedPagesTwice",
        Mdev + "open group d1 at=6; attach 6 3; " + Map0 + "pin 5 iova=0x0 pages=1 rw; fork p1; p1.t0: change-mm 3; p1.t0: observe",
        "0 | 0 value=0x1", "0 | 0 value=0x2")]
    [InlineData(
        "exclusion", "RemapsByCapabilityOfMapper",
        Pci + Map0 + "unmap 3 iova=0x0 size=0x1000 vaddr; " + PoorChild + "p1.t0: map 3 iova=0x0 size=0x1000 vaddr=page0 vaddr; observe",
        "ENOMEM | 0 value=0x1", "0 | 0")]
    [InlineData(
        "change-mm", "UnchargesBeforeLimit", Pci + Map0 + PoorChild + "p1.t0: change-mm 3; observe", "ENOMEM | 0 value=0x1", "ENOMEM | 0")]
    [InlineData(
        "change-mm", "TestsLimitMappingByMapping",
        Pci + Map0 + Map1 + "fork p1; p1.t0: limit pages=1; p1.t0: capability drop; p1.t0: change-mm 3; p1.t0: observe",
        "ENOMEM | 0", "0 | 0 value=0x2")]
    [InlineData(
        "change-mm", "RenewsCapabilityOfOwn",
        Mdev + Map0 + "limit pages=0; capability drop; change-mm 3; pin 5 iova=0x0 pages=1 rw", "0 | 0 value=0x1", "0 | ENOMEM")]
    public void A_rare_slip_shows_at_the_end_of_its_program(string design, string slip, string lines, string right, string wrong)
    {
        var program = Parse("d0 mdev driver(by=worker)  d1 pci", lines);
        string Ends(string target) => Run(program, target).Answers(program.Lines.Length, program.Lines.Length - 2);

        Assert.Equal(right, Ends(design));
        Assert.Equal(wrong, Ends($"{design}~{slip}"));
    }
}
