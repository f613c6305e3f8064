using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Exploring;

/// <summary>
/// Setups that designs are searched from, by name. <see cref="Standard"/>, which the atlas certifies: two mediated devices with a worker each and
/// a physical one, two processes with one thread each, and whatever a live update does, at two IOVAs. The first device's fd may lie below (0) or
/// above (3, 5) the container's (1), since that decides what a dying process releases first (deadlocks F7).
/// </summary>
public static class ExplorationMenu
{
    /// <summary>The first device's group is attached, the others' are open.</summary>
    public const string Standard = "standard";

    /// <summary>The same menu, begun with the second mediated device attached and open, too: few operations make two workers meet.</summary>
    public const string Workers = "workers";

    /// <summary>Two processes, each with a container and a device of its own; the drivers' lock is one for both.</summary>
    public const string Tenants = "tenants";

    /// <summary>
    /// p0 has a type1v2 container at 1, the group of the mdev d0 at 2, attached, that of the pci device d1 at 4, and that of the mdev d2 at 7.
    /// </summary>
    private const string Prologue = """
        vprog 1
        world d0 mdev driver(by=worker) d1 pci d2 mdev driver(by=worker)
        p0.t0: open container at=1 ; open group d0 at=2 ; attach 2 1 ; set-iommu 1 type1v2 ; open group d1 at=4 ; open group d2 at=7
        """;

    private const string PrologueOfWorkers = Prologue + """

        p0.t0: attach 7 1 ; get-device 7 d2 at=8
        """;

    private const string Owner = """
        vprog 1
        world d0 mdev driver(by=worker) d1 pci d2 mdev driver(by=worker)
        p0.t0: get-device 2 d0 at=0 ; get-device 2 d0 at=3 ; dup 3 at=5 ; dup 1 at=6
        p0.t0: close 0 ; close 1 ; close 2 ; close 3
        p0.t0: open container at=1 ; set-iommu 1 type1v2 ; open group d0 at=2
        p0.t0: attach 2 1 ; attach 4 1 ; detach 4 ; detach 2
        p0.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 rw ; map 1 iova=0x1000 size=0x1000 vaddr=page1 rw
        p0.t0: unmap 1 iova=0x0 size=0x1000 ; unmap 1 iova=0x1000 size=0x1000 ; unmap 1 iova=0x0 size=0x0 all
        p0.t0: unmap 1 iova=0x0 size=0x1000 vaddr ; unmap 1 iova=0x1000 size=0x1000 vaddr ; unmap 1 iova=0x0 size=0x0 all vaddr
        p0.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 vaddr ; map 1 iova=0x1000 size=0x1000 vaddr=page1 vaddr
        p0.t0: submit d0.w0 pin iova=0x0 pages=1 rw ; submit d0.w0 pin iova=0x1000 pages=1 rw
        p0.t0: submit d0.w0 unpin iova=0x0 pages=1 ; submit d0.w0 unpin iova=0x1000 pages=1 ; submit d0.w0 dma-rw read iova=0x0 size=0x1000
        p0.t0: get-device 7 d2 at=8 ; close 8 ; close 7 ; attach 7 1 ; detach 7
        p0.t0: submit d2.w0 pin iova=0x0 pages=1 rw ; submit d2.w0 unpin iova=0x0 pages=1
        p0.t0: fork p1 ; exec ; kill p1
        """;

    private const string Child = """
        vprog 1
        world d0 mdev driver(by=worker) d1 pci d2 mdev driver(by=worker)
        p1.t0: close 1 ; close 3 ; map 1 iova=0x0 size=0x1000 vaddr=page0 vaddr ; unmap 1 iova=0x0 size=0x0 all
        p1.t0: unmap 1 iova=0x0 size=0x0 all vaddr ; submit d0.w0 pin iova=0x0 pages=1 rw ; attach 4 1 ; exec ; kill p0
        p1.t0: close 8 ; submit d2.w0 pin iova=0x0 pages=1 rw
        """;

    /// <summary>Operations that only some designs know; a design's menu has those that it knows.</summary>
    private const string OfDesigns = """
        vprog 1
        world d0 mdev driver(by=worker) d1 pci d2 mdev driver(by=worker)
        p0.t0: map-file 1 iova=0x0 size=0x1000 offset=0x0 rw ; change-mm 1 ; change-process 1 ; truncate pages=0 ; punch-hole page0 pages=1
        p0.t0: unbind d0
        p1.t0: change-mm 1 ; change-process 1
        """;

    /// <summary>p0 and p1 have a type1v2 container at 1 each, the group of an mdev at 2, attached, and the mdev at 3: p0 d0, and p1 d1.</summary>
    private const string PrologueOfTenants = """
        vprog 1
        world d0 mdev driver(by=worker lock=shared) d1 mdev driver(by=worker lock=shared)
        p0.t0: fork p1 ; open container at=1 ; open group d0 at=2 ; attach 2 1 ; set-iommu 1 type1v2 ; get-device 2 d0 at=3
        p1.t0: open container at=1 ; open group d1 at=2 ; attach 2 1 ; set-iommu 1 type1v2 ; get-device 2 d1 at=3
        """;

    private const string MenuOfTenants = """
        vprog 1
        world d0 mdev driver(by=worker lock=shared) d1 mdev driver(by=worker lock=shared)
        p0.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 rw ; map 1 iova=0x1000 size=0x1000 vaddr=page1 rw
        p0.t0: unmap 1 iova=0x0 size=0x1000 ; unmap 1 iova=0x0 size=0x0 all
        p0.t0: unmap 1 iova=0x0 size=0x1000 vaddr ; unmap 1 iova=0x0 size=0x0 all vaddr
        p0.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 vaddr ; map 1 iova=0x1000 size=0x1000 vaddr=page1 vaddr
        p0.t0: submit d0.w0 pin iova=0x0 pages=1 rw ; submit d0.w0 pin iova=0x1000 pages=1 rw
        p0.t0: submit d0.w0 unpin iova=0x0 pages=1 ; submit d0.w0 dma-rw read iova=0x0 size=0x1000 ; pin 3 iova=0x0 pages=1 rw
        p0.t0: get-device 2 d0 at=3 ; close 1 ; close 2 ; close 3 ; detach 2 ; exec ; kill p1
        p1.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 rw ; unmap 1 iova=0x0 size=0x1000 ; unmap 1 iova=0x0 size=0x0 all vaddr
        p1.t0: map 1 iova=0x0 size=0x1000 vaddr=page0 vaddr ; submit d1.w0 pin iova=0x0 pages=1 rw ; submit d1.w0 unpin iova=0x0 pages=1
        p1.t0: get-device 2 d1 at=3 ; close 1 ; close 3 ; exec ; kill p0
        """;

    /// <summary>The names of all setups.</summary>
    public static ImmutableArray<string> Names => [Standard, Workers, Tenants];

    /// <summary>A setup with the operations of its menu that a design knows.</summary>
    /// <exception cref="ArgumentException">No such setup.</exception>
    public static ExplorationSetup For(KindSet known, string name = Standard) => name switch
    {
        Standard => Setup(known, Prologue, Owner, Child, OfDesigns),
        Workers => Setup(known, PrologueOfWorkers, Owner, Child, OfDesigns),
        Tenants => Setup(known, PrologueOfTenants, MenuOfTenants),
        _ => throw new ArgumentException($"no menu '{name}'", nameof(name)),
    };

    private static ExplorationSetup Setup(KindSet known, string prologue, params ReadOnlySpan<string> menus)
    {
        var menu = ImmutableArray.CreateBuilder<Operation>();
        foreach (var part in menus)
            menu.AddRange(Operations(part).Where(operation => known.Has(operation.Kind)));
        return new ExplorationSetup(ProgramText.Parse(prologue, "prologue").Program.World, Operations(prologue), menu.ToImmutable());
    }

    private static ImmutableArray<Operation> Operations(string text) =>
        [.. ProgramText.Parse(text, "menu").Program.Lines.Select(line => line.Operation)];
}
