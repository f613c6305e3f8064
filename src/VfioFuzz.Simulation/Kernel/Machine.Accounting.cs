using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Hardware;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>locked_vm and RLIMIT_MEMLOCK (type1-semantics 3 Accounting, 6.1).</summary>
internal sealed partial class Machine<TDesign>
{
    /// <summary>VmLck in pages, as /proc prints it: in kB of 64 bits, so an underflow loses its two upper bits.</summary>
    public ulong VmLckOf(int process) => (ulong)(state.Processes[process].LockedVm * 4L) / 4;

    /// <summary>
    /// Whether the mm to pin from and to charge still lives: that of the mapper's group leader as it is now (dma->task), or the recorded
    /// one (dma->mm).
    /// </summary>
    private bool IsOwnerAlive(in Mapping mapping)
    {
        if (mapping.Owner == MachineState.Nobody)
            return false;
        ref readonly var p = ref state.Processes[mapping.Owner];
        return TDesign.ChargesMm ? p.MmThreads != 0 : (p.MmThreads >> p.Leader & 1) != 0;
    }

    /// <summary>
    /// vfio_lock_acct: adds pages to the owner's locked_vm, or takes them off. A charge is refused beyond the owner's limit (ENOMEM) unless
    /// lock_cap; without an mm it is ESRCH, which callers that uncharge ignore: the mapping's own count then keeps the pages (KC-1).
    /// </summary>
    private Errno Charge(ref Mapping mapping, int pages)
    {
        if (pages == 0)
            return Errno.None;
        var errno = IsOwnerAlive(in mapping) ? ChargeProcess(mapping.Owner, pages, (mapping.Flags & MappingFlags.LockCap) != 0)
            : pages > 0 && TDesign.ChargesMm ? Errno.None
            : Errno.ESRCH;
        if (TDesign.CountsCharges && errno == Errno.None)
            mapping.LockedVm += (short)pages;
        return errno;
    }

    private Errno ChargeProcess(int process, int pages, bool lockCap)
    {
        ref var p = ref state.Processes[process];
        if (pages > 0 && (!lockCap || Slips(Slip.IgnoresCapability)) && Exceeds(in p, pages) && !Slips(Slip.IgnoresLimit))
            return Errno.ENOMEM;
        p.LockedVm += (short)pages;
        return Errno.None;
    }

    /// <summary>
    /// locked_vm + pages > limit, in unsigned arithmetic: an underflown mm exceeds every limit, until a charge brings it back to 0.
    /// </summary>
    private static bool Exceeds(in Process p, int pages) =>
        p.LockedVm + pages < 0 ||
        (p.Limit != Process.Unlimited && p.LockedVm + pages > p.Limit);

    private bool IsCapable(int task) =>
        (state.Processes[ProcessOf(task)].Capable >> task % Limits.ThreadsPerProcess & 1) != 0;

    /// <summary>
    /// vfio_pin_pages_remote for one page by an ioctl: the page comes from the caller's mm whoever made the mapping (bug-zoo L1), the caller's
    /// limit is tested first, then the owner is charged. Frames here are never contiguous, so every page is a run of its own
    /// (corrections C7).
    /// </summary>
    private Errno PinForIommu(int process, int m, ulong offset, out byte frame)
    {
        ref var mapping = ref state.Mappings[m];
        Translating(in mapping);
        if (!PinBacking(in mapping, process, offset, out frame))
            return Errno.EFAULT;
        if ((HardwareState.IsReserved(frame) && !Slips(Slip.ChargesDeviceMemory)) || (FindPin(m, offset) >= 0 && !Slips(Slip.ChargesPinnedPageTwice)))
            return Errno.None;
        var lockCap = Slips(Slip.TestsCapabilityOfAttacher)
            ? (state.Processes[process].Capable & 1) != 0
            : (mapping.Flags & MappingFlags.LockCap) != 0;
        var errno = !lockCap && Exceeds(in state.Processes[process], 1) && !Slips(Slip.IgnoresLimit)
            ? Errno.ENOMEM
            : ChargeReplayed(process, ref mapping);
        if (errno != Errno.None)
            state.Hardware.Unpin(frame);
        return errno;
    }

    private Errno ChargeReplayed(int process, ref Mapping mapping) =>
        Slips(Slip.ChargesCaller) ? ChargeProcess(process, 1, lockCap: true) : Charge(ref mapping, 1);

    /// <summary>Trusted: a translation is about to be made from the mapping's vaddr (design decision 6).</summary>
    private void Translating(in Mapping mapping)
    {
        if ((mapping.Flags & MappingFlags.VaddrInvalid) != 0)
            Observer?.Broken(RuleName.StaleVaddr, NoLine, $"the vaddr of mapping 0x{mapping.Iova:x} is used while it is invalid");
    }
}
