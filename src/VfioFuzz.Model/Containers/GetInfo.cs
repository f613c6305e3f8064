using System.Numerics;
using VfioFuzz.Model.Files;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Containers;

/// <summary>VFIO_IOMMU_GET_INFO (type1-semantics 1.4): the struct, and behind it the capabilities when there is room for all of them.</summary>
internal static class GetInfo
{
    /// <summary>Up to iova_pgsizes: what every argsz must cover, and what is copied in.</summary>
    private const uint Least = 16;

    /// <summary>Up to cap_offset, which came later.</summary>
    private const uint WithCapOffset = 20;

    /// <summary>The whole struct, behind which the first capability lies.</summary>
    private const uint Whole = 24;

    /// <summary>Page sizes and capabilities are there.</summary>
    private const ulong Flags = 3;

    /// <summary>Four bytes that are as the program left them.</summary>
    private const ulong Untouched = 0xaaaaaaaa;

    /// <summary>Id 1, version 1.</summary>
    private const uint IovaRangeHead = 0x1_0001;

    private const ulong MaxDirtyBitmapSize = 1UL << 28;

    public static Outcome Run(in Step step)
    {
        ref readonly var operation = ref step.Operation;
        var argument = operation.Argument;
        var argsz = (uint)operation.X;
        if (!argument.IsReadable)
            return Outcome.Fails(Errno.EFAULT, RuleId.GetInfoCopyIn);
        if (argsz < Least)
            return Outcome.Fails(Errno.EINVAL, RuleId.GetInfoArgsz);

        // The last group was detached since the ioctl was dispatched.
        var number = FileTable.ContainerOf(step).InstancePlusOne - 1;
        if (number < 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.NoDriver);
        ref readonly var instance = ref step.State.Instances[number];
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        var needed = Needed(step, instance);
        var fits = argsz >= needed;
        if (!argument.IsWritable || (Written(step, argsz) > Least && !argument.IsReadableBeyond))
            return Outcome.Fails(Errno.EFAULT, RuleId.GetInfoCopy);
        return fits
            ? Outcome.Ok(RuleId.GetInfo, Fitting(step, instance, argsz))
            : Outcome.Ok(RuleId.GetInfoTooSmall, TooSmall(step, instance, argsz, needed));
    }

    private static ulong Fitting(in Step step, in Instance instance, uint argsz) => step.Operation.InfoView switch
    {
        InfoView.Summary => Summary(argsz) | (Ranges(step, instance) > 0 ? 7UL : 3UL) << 20
            | (ulong)Ranges(step, instance) << 24 | (ulong)instance.DmaAvail << 32,
        InfoView.PageSizes => PageSizes(step, instance),
        InfoView.Chain => Chain(step, instance),
        InfoView.Padding => StructPadding(step, argsz) | (ulong)AvailPadding(step, instance) << 32,
        InfoView.Migration => (ulong)BitOperations.TrailingZeroCount(PageSizes(step, instance)) << 8 | 1UL << 16
            | MaxDirtyBitmapSize << 24,
        // All capabilities are zero before they are filled (vfio_info_cap_add), and MIGRATION's is copied from one that was.
        InfoView.Holes => 0,
        >= InfoView.First0 and <= InfoView.First2 => Range(step, instance, step.Operation.InfoView - InfoView.First0).First.Value,
        _ => Range(step, instance, step.Operation.InfoView - InfoView.Last0).Last.Value,
    };

    /// <summary>argsz says what would be enough, and cap_offset 0 that nothing is there.</summary>
    private static ulong TooSmall(in Step step, in Instance instance, uint argsz, uint needed) => step.Operation.InfoView switch
    {
        InfoView.Summary => Summary(needed),
        InfoView.PageSizes => PageSizes(step, instance),
        InfoView.Chain => Written(step, argsz) switch { Least => 0xaaaa, Least + 1 => 0xaa00, _ => 0 },
        InfoView.Padding => StructPadding(step, argsz),
        _ => 0,
    };

    private static ulong Summary(uint argsz) => Math.Min(argsz, 0xffff) | Flags << 16;

    /// <summary>How much of the struct is written back.</summary>
    private static uint Written(in Step step, uint argsz)
    {
        if (step.Dialect.AlignsInfoCapabilities)
            return Math.Min(argsz, Whole);
        return argsz >= WithCapOffset ? WithCapOffset : Least;
    }

    /// <summary>The struct's last four bytes: zeroes as far as they are written.</summary>
    private static ulong StructPadding(in Step step, uint argsz) =>
        Written(step, argsz) is > WithCapOffset and var written ? Untouched << (int)(8 * (written - WithCapOffset)) & Untouched : Untouched;

    /// <summary>What follows avail: padding, where there is any, is zero; else the next capability's head, or what no one writes.</summary>
    private static uint AvailPadding(in Step step, in Instance instance) =>
        step.Dialect.AlignsInfoCapabilities ? 0 : Ranges(step, instance) > 0 ? IovaRangeHead : (uint)Untouched;

    private static uint Needed(in Step step, in Instance instance)
    {
        var ranges = (uint)Ranges(step, instance);
        return Whole + 32 + AvailBytes(step) + (ranges == 0 ? 0 : 16 + 16 * ranges);
    }

    private static uint AvailBytes(in Step step) => step.Dialect.AlignsInfoCapabilities ? 16u : 12u;

    /// <summary>MIGRATION (2), DMA_AVAIL (3), IOVA_RANGE (1), each of version 1.</summary>
    private static ulong Chain(in Step step, in Instance instance)
    {
        const ulong version = 0x1000;
        ulong chain = Whole | (Whole | 0x200 | version) << 16 | ((Whole + 32) | 0x300 | version) << 32;
        return Ranges(step, instance) == 0 ? chain : chain | ((Whole + 32 + AvailBytes(step)) | 0x100 | version) << 48;
    }

    private static ulong PageSizes(in Step step, in Instance instance) =>
        instance.HasDomain ? step.Contract.Platform.PciPageSizes : ~(Limits.PageSize - 1);

    private static int Ranges(in Step step, in Instance instance) => instance.IovaList switch
    {
        IovaList.Empty => 0,
        IovaList.Everything => 1,
        _ => step.Contract.Platform.PciRanges.Length,
    };

    private static IovaRange Range(in Step step, in Instance instance, int index)
    {
        if (index >= Ranges(step, instance))
            return default;
        return instance.IovaList == IovaList.Everything ? new(new(0), new(ulong.MaxValue)) : step.Contract.Platform.PciRanges[index];
    }
}
