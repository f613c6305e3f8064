using System.Numerics;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Hardware;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>Structs as programs hand them over (type1-semantics 0.3), and GET_INFO (1.4).</summary>
internal sealed partial class Machine<TDesign>
{
    private const uint InfoMinSize = 16;
    private const uint InfoSize = 24;
    private const uint MigrationSize = 32;

    /// <summary>GET_INFO aligns its capabilities to 8 bytes and writes back all of the struct that argsz has: v6.6, and what is built on it.</summary>
    private static bool AlignsInfo => TDesign.Dialect is DialectName.Exc or DialectName.Ovf or DialectName.Removal or DialectName.File
        or DialectName.ChangeMm or DialectName.Iommufd;

    /// <summary>copy_from_user of the first <paramref name="minSize"/> bytes, then the argsz among them.</summary>
    private static Errno CopyIn(UserArgument argument, uint minSize)
    {
        if (!argument.IsReadable)
            return Errno.EFAULT;
        return argument.Size < minSize ? Errno.EINVAL : Errno.None;
    }

    /// <summary>access_ok and verify_bitmap_size.</summary>
    private static bool IsBitmapValid(UserBitmap bitmap, ulong range)
    {
        const ulong most = 0x1000_0000;
        var bits = bitmap.PageSize == 0 ? range : range / (bitmap.PageSize & (0 - bitmap.PageSize));
        var given = bitmap.BytesFor(range);
        return bitmap.Data != ArgumentPlace.Kernel && bits > 0 && given is > 0 and <= most && given >= unchecked(bits + 63 & ~63UL) >> 3;
    }

    private void StartGetInfo(int task, in Operation op)
    {
        if (!ResolveContainer(task, op.Slot, needsDriver: true))
            return;
        if (!op.Argument.IsReadable)
            Finish(task, Errno.EFAULT);
        else if ((uint)op.X < InfoMinSize)
            Finish(task, Errno.EINVAL);
        else
            Go(task, Label.GetInfo, Lock.IommuMutex(state.Tasks[task].Instance));
    }

    private void GetInfoLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        var instance = t.Instance;
        Release(Lock.IommuMutex(instance));
        ref readonly var op = ref operations[t.Line];
        var argsz = (uint)op.X;
        var ranges = RangesOf(state.Instances[instance].ValidIovas);
        var needed = InfoSize + MigrationSize + AvailableSize + (ranges > 0 ? 16 * (1 + (uint)ranges) : 0);
        var written = AlignsInfo ? Math.Min(argsz, InfoSize) : argsz < InfoSize - 4 ? InfoMinSize : InfoSize - 4;
        var fits = argsz >= needed;
        if (!op.Argument.IsWritable || ((fits || written > InfoMinSize) && op.Argument.Place == ArgumentPlace.Edge))
            Finish(task, Errno.EFAULT);
        else
            Finish(task, Errno.None, Show(op.InfoView, in state.Instances[instance], fits, fits ? argsz : needed, written));
    }

    /// <summary>The capability of dma_avail: 12 bytes, or aligned.</summary>
    private static uint AvailableSize => AlignsInfo ? 16u : 12u;

    private static int RangesOf(ValidIovas valid) => valid switch
    {
        ValidIovas.Aperture => 2,
        ValidIovas.Everything => 1,
        _ => 0,
    };

    private static ulong Show(InfoView view, in Instance instance, bool fits, uint argsz, uint written)
    {
        var (ranges, pageSizes) = (RangesOf(instance.ValidIovas), PageSizesOf(instance));
        switch (view)
        {
            case InfoView.Summary:
                var head = Math.Min(argsz, 0xffffUL) | 0x3_0000;
                return fits ? head | (ranges > 0 ? 7UL : 3) << 20 | (ulong)ranges << 24 | (ulong)instance.Available << 32 : head;
            case InfoView.PageSizes:
                return pageSizes;
            case InfoView.Chain when !fits:
                // cap_offset 0 as far as it is written, little end first, over bytes of 0xaa.
                return written <= InfoMinSize ? 0xaaaaUL : written == InfoMinSize + 1 ? 0xaa00UL : 0;
            case InfoView.Chain:
                var second = InfoSize + MigrationSize;
                return InfoSize | Capability(InfoSize, 2) << 16 | Capability(second, 3) << 32
                    | (ranges > 0 ? Capability(second + AvailableSize, 1) << 48 : 0);
            case InfoView.Padding:
                // The next capability's id and version, unless the capability is aligned, or the last.
                var behindAvailable = AlignsInfo ? 0 : ranges > 0 ? 0x0001_0001UL : 0xaaaa_aaaa;
                return (written < InfoSize ? 0xaaaa_aaaa & ulong.MaxValue << 8 * Math.Max(0, (int)written - 20) : 0)
                    | (fits ? behindAvailable << 32 : 0);
            case InfoView.Holes:
                return 0;
            case InfoView.Migration:
                return fits ? (ulong)BitOperations.TrailingZeroCount(pageSizes) << 8 | 0x1_0000 | 0x1000_0000UL << 24 : 0;
            case >= InfoView.First0 and <= InfoView.First2:
                return fits && view == InfoView.First1 && ranges == 2 ? HardwareState.MsiWindow + HardwareState.MsiWindowSize : 0;
            default:
                return fits ? LastOf(view - InfoView.Last0, ranges) : 0;
        }
    }

    private static ulong LastOf(int range, int ranges) => (range, ranges) switch
    {
        (0, 1) => ulong.MaxValue,
        (0, 2) => HardwareState.MsiWindow - 1,
        (1, 2) => HardwareState.ApertureEnd - 1,
        _ => 0,
    };

    /// <summary>Offset, id and version 1, as <see cref="InfoView.Chain"/> has them.</summary>
    private static ulong Capability(uint offset, uint id) => offset | id << 8 | 1 << 12;

    private static ulong PageSizesOf(in Instance instance) =>
        instance.DomainGroups != 0 ? HardwareState.PageSizes : ~(Limits.PageSize - 1);
}
