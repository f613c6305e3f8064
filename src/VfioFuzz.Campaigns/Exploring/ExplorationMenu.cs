using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Exploring;

/// <summary>
/// The setup that designs are certified for: one mediated and one physical device, two processes with one thread each, and whatever a
/// live update does. The device's fd may lie below (0) or above (3, 5) the container's (1), since that decides what a dying process
/// releases first (deadlocks F7).
/// </summary>
public static class ExplorationMenu
{
    /// <summary>p0 has a type1v2 container at 1, the group of the mdev d0 at 2, attached, and the group of the pci device d1 at 4.</summary>
    private const string Prologue = """
        vprog 1
        world d0 mdev driver(by=worker) d1 pci
        p0.t0: open container at=1 ; open group d0 at=2 ; attach 2 1 ; set-iommu 1 type1v2 ; open group d1 at=4
        """;

    private const string Owner = """
        vprog 1
        world d0 mdev driver(by=worker) d1 pci
        p0.t0: get-device 2 d0 at=0 ; get-device 2 d0 at=3 ; dup 3 at=5 ; dup 1 at=6
        p0.t0: close 0 ; close 1 ; close 2 ; close 3
        p0.t0: attach 4 1 ; detach 4 ; detach 2
        p0.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 rw ; map 1 iova=0x1000 size=0x1000 vaddr=page1 rw
        p0.t0: unmap 1 iova=0x0 size=0x1000 ; unmap 1 iova=0x0 size=0x0 all
        p0.t0: unmap 1 iova=0x0 size=0x1000 vaddr ; unmap 1 iova=0x0 size=0x0 all vaddr
        p0.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 vaddr ; map 1 iova=0x1000 size=0x1000 vaddr=page1 vaddr
        p0.t0: submit d0.w0 pin iova=0x0 pages=1 rw ; submit d0.w0 pin iova=0x1000 pages=1 rw
        p0.t0: submit d0.w0 unpin iova=0x0 pages=1 ; submit d0.w0 dma-rw read iova=0x0 size=0x1000
        p0.t0: fork p1 ; exec ; kill p1
        """;

    private const string Child = """
        vprog 1
        world d0 mdev driver(by=worker) d1 pci
        p1.t0: close 1 ; close 3 ; map 1 iova=0x0 size=0x1000 vaddr=page0 vaddr ; unmap 1 iova=0x0 size=0x0 all
        p1.t0: unmap 1 iova=0x0 size=0x0 all vaddr ; submit d0.w0 pin iova=0x0 pages=1 rw ; attach 4 1 ; exec ; kill p0
        """;

    /// <summary>Operations that only some designs know; a design's menu has those that it knows.</summary>
    private const string OfDesigns = """
        vprog 1
        world d0 mdev driver(by=worker) d1 pci
        p0.t0: map-file 1 iova=0x0 size=0x1000 offset=0x0 rw ; change-mm 1 ; change-process 1 ; truncate pages=0 ; punch-hole page0 pages=1
        p0.t0: unbind d0
        p1.t0: change-mm 1 ; change-process 1
        """;

    /// <summary>What every design knows.</summary>
    public static ExplorationSetup Standard { get; } = new(
        ProgramText.Parse(Prologue, "prologue").Program.World,
        Operations(Prologue),
        [.. Operations(Owner), .. Operations(Child)]);

    /// <summary>The standard setup with the operations that a design knows beside it.</summary>
    public static ExplorationSetup For(KindSet known) => Standard with
    {
        Menu = [.. Standard.Menu, .. Operations(OfDesigns).Where(operation => known.Has(operation.Kind))],
    };

    private static ImmutableArray<Operation> Operations(string text) =>
        [.. ProgramText.Parse(text, "menu").Program.Lines.Select(line => line.Operation)];
}
