using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>
/// The blocking wait as in v6.0-v6.2 (BLK3): pin, dma_rw and replay sleep in vfio_wait until a vaddr is valid again. User threads that are
/// woken survive (DL-19 mended), so that the other deadlocks can be seen, and a mapping of the last page is found (BZ-16 mended), so that it
/// does not hide other wrong answers.
/// </summary>
internal readonly struct Blocking : IDesign
{
    public static string Name => "blocking";

    public static DialectName Dialect => DialectName.Blk3;

    public static bool FindsLastPage => true;
}

/// <summary><see cref="Blocking"/> with the last page lost as it was before v6.18 (BZ-16).</summary>
internal readonly struct BlockingLastPageFaithful : IDesign
{
    public static string Name => "blocking?last-page=faithful";

    public static DialectName Dialect => DialectName.Blk3;
}

/// <summary><see cref="Blocking"/> as it was: a user thread woken in vfio_wait evaluates kthread_should_stop and oopses with the iommu mutex held (DL-19).</summary>
internal readonly struct BlockingShouldStopFaithful : IDesign
{
    public static string Name => "blocking?should-stop=faithful";

    public static DialectName Dialect => DialectName.Blk3;

    public static bool WokenUserOopses => true;

    public static bool FindsLastPage => true;
}
