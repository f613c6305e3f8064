using System.Diagnostics.CodeAnalysis;
using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Hardware;

/// <summary>
/// An emulated Intel IOMMU as in the real-kernel lane: 39-bit aperture, 4K leaves. A caller names the run of entries it works
/// on (<c>slot</c>), as the walk of an iova would find it; the iova in the run is the hardware's own.
/// </summary>
internal partial struct HardwareState
{
    /// <summary>First iova that the page tables cannot hold (domain->geometry.aperture_end + 1).</summary>
    public const ulong PageSizes = 0x4020_1000;

    public const ulong ApertureEnd = 1UL << 39;

    /// <summary>The MSI window, reserved on every x86 group (type1-semantics 11).</summary>
    public const ulong MsiWindow = 0xfee0_0000;
    public const ulong MsiWindowSize = 0x10_0000;

    /// <summary>
    /// iommu_map of one more page at the end of run <paramref name="slot"/>; false: the iova lies beyond the aperture (EFAULT, corrections C2).
    /// </summary>
    public bool Translate(int slot, byte domain, ulong iova, byte frame, Access access)
    {
        if (iova >= ApertureEnd)
            return false;
        if (Lookup(domain, iova, out _, out _))
        {
            Report(HardwareFault.TranslatedTwice);
            return true;
        }
        ref var run = ref RunOf(slot);
        if (run.Pages == 0)
            (run.Iova, run.Domain, run.Access) = (iova, domain, access);
        run.Frames[run.Pages++] = frame;
        translated[frame]++;
        return true;
    }

    /// <summary>iommu_unmap of the last page of a run; what it translated to.</summary>
    public byte Invalidate(int slot)
    {
        ref var run = ref RunOf(slot);
        var frame = run.Frames[--run.Pages];
        run.Frames[run.Pages] = 0;
        translated[frame]--;
        if (run.Pages == 0)
            run = default;
        return frame;
    }

    /// <summary>Two runs change their numbers, which only their owner knows.</summary>
    public void SwapRuns(int one, int other) =>
        (translations[one], translations[other]) = (translations[other], translations[one]);

    /// <summary>Pages of a run that the IOMMU translates now.</summary>
    public readonly int TranslatedPages(int slot) => translations[slot].Pages;

    /// <summary>Those of them that somebody is charged for: reserved pages are free (type1-semantics 3 Reserved).</summary>
    public readonly int ChargedPages(int slot)
    {
        var pages = 0;
        for (var page = 0; page < translations[slot].Pages; page++)
            pages += IsReserved(translations[slot].Frames[page]) ? 0 : 1;
        return pages;
    }

    /// <summary>First iova of a run.</summary>
    public readonly ulong TranslatedIova(int slot) => translations[slot].Iova;

    /// <summary>The domain of a run.</summary>
    public readonly byte TranslatedDomain(int slot) => translations[slot].Domain;

    /// <summary>iommu_iova_to_phys for one page of a run.</summary>
    public readonly byte FrameAt(int slot, int page) => translations[slot].Frames[page];

    /// <summary>What a bus master of <paramref name="domain"/> meets at an iova; false: nothing answers.</summary>
    public readonly bool Lookup(byte domain, ulong iova, out byte frame, out Access access)
    {
        for (var slot = 0; slot < TranslationsMax; slot++)
        {
            ref readonly var run = ref translations[slot];
            if (run.Pages == 0 || run.Domain != domain || iova - run.Iova >= run.Pages * Limits.PageSize)
                continue;
            frame = run.Frames[(int)((iova - run.Iova) / Limits.PageSize)];
            access = run.Access;
            return true;
        }
        (frame, access) = (0, Access.None);
        return false;
    }

    [UnscopedRef]
    private ref Translation RunOf(int slot) => ref translations[slot];
}
