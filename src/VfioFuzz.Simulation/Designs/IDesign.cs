using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>
/// Where a simulated kernel differs from v6.0-v6.2 (dialect BLK3): the defaults are that kernel, and a design overrides what it
/// changes and nothing else. Machines are compiled for each design, so a question asked in a step costs nothing.
/// </summary>
internal interface IDesign
{
    static abstract string Name { get; }

    static abstract DialectName Dialect { get; }

    /// <summary>Whether MAP and UNMAP know the VADDR flag and VFIO_UPDATE_VADDR is offered at all.</summary>
    static virtual bool UpdatesVaddr => true;

    /// <summary>
    /// Whether vaddr updates and emulated groups exclude each other (ef3a3f6a294b): EBUSY for an invalidation with an emulated group
    /// and for any attach while a vaddr is invalid; the extension only with a driver and without an emulated group.
    /// </summary>
    static virtual bool ExcludesMediated => false;

    /// <summary>Whether charges follow the mapper's mm, also across exec (046eca5018f8, 90fdd158a695, 18e292705ba2).</summary>
    static virtual bool ChargesMm => false;

    /// <summary>Whether a user thread that wakes in vfio_wait oopses on kthread_should_stop (DL-19).</summary>
    static virtual bool WokenUserOopses => false;

    /// <summary>SET_CONTAINER with an fd that is no container (corrections C6).</summary>
    static virtual Errno ForeignContainer => Errno.EINVAL;

    /// <summary>Whether lookups find a mapping that ends at 2^64; before v6.18 its end computes to 0 and they do not (bug-zoo BZ-16).</summary>
    static virtual bool FindsLastPage => false;

    /// <summary>Whether a removed mapping that was invalid wakes the waiters.</summary>
    static virtual bool WakesOnUnmap => true;

    /// <summary>Whether a MAP that fails half-way returns the pins it took.</summary>
    static virtual bool UnpinsFailedMap => true;

    /// <summary>Whether the IOMMU forgets a page before the page is unpinned.</summary>
    static virtual bool InvalidatesBeforeUnpin => true;

    /// <summary>Whether pin and dma_rw wait for an invalid vaddr (or use it as it was).</summary>
    static virtual bool WaitsForVaddr => true;
}
