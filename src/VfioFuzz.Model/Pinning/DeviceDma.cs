using VfioFuzz.Model.Mappings;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Pinning;

/// <summary>A device reaches memory: through the iommu, or through a page that its driver has pinned (OperationKind.Dma).</summary>
internal static class DeviceDma
{
    private const ulong AddressEnd = 1UL << 32;

    public static Outcome Run(in Step step)
    {
        ref var state = ref step.State;
        var device = (int)step.Operation.A;
        var spec = step.Contract.World.Device(device);
        if (spec.Kind == DeviceKind.Absent || !HoldsFd(step, device))
            return Outcome.Fails(Errno.ENODEV, RuleId.DmaState);
        var write = (step.Operation.Access & Access.Write) != 0;
        var iova = step.Operation.X & ~(Limits.PageSize - 1);
        if (spec.Kind == DeviceKind.Mdev)
            return ByMdev(step, device, iova, write);
        if (step.Operation.X >= AddressEnd)
            return Outcome.Fails(Errno.EINVAL, RuleId.DmaState);

        var frame = Translate(step, device, iova, write);
        if (state.IsOutOfReach(frame))
            frame = 0;
        if (write)
        {
            if (frame != 0)
                state.Store(frame, step.Tag);
            return Outcome.Ok(RuleId.DmaPci);
        }
        return frame == 0 || state.IsBlank(frame)
            ? Outcome.Fails(Errno.EFAULT, RuleId.DmaPci)
            : Outcome.Ok(RuleId.DmaPci, state.ContentOf(frame));
    }

    /// <summary>The page of the driver's newest record of the page's iova; to write, of one that was asked for write.</summary>
    private static Outcome ByMdev(in Step step, int device, ulong iova, bool write)
    {
        ref var state = ref step.State;
        var record = Driver.Newest(ref state, device, iova, write ? Access.Write : Access.None);
        if (record < 0)
            return Outcome.Fails(Errno.EFAULT, RuleId.DmaMdev);
        var frame = state.Records[record].Frame;
        if (!write)
            return Outcome.Ok(RuleId.DmaMdev, state.ContentOf(frame));
        state.Store(frame, step.Tag);
        return Outcome.Ok(RuleId.DmaMdev);
    }

    private static ushort Translate(in Step step, int device, ulong iova, bool write)
    {
        ref var state = ref step.State;
        var number = Driver.InstanceOf(ref state, device);
        var index = MappingTable.Find(ref state, state.Instances[number], iova, iova);
        if (index < 0)
            return 0;
        ref readonly var mapping = ref state.Mappings[index];
        var allowed = write
            ? (mapping.Access & Access.Write) != 0
            : (mapping.Access & Access.Read) != 0 || step.Contract.Platform.WriteOnlyAllowsRead;
        return allowed ? mapping.FrameOf((int)((iova - mapping.Iova) / Limits.PageSize)) : (ushort)0;
    }

    private static bool HoldsFd(in Step step, int device)
    {
        ref var process = ref step.Process;
        for (var slot = 0; slot < Limits.SlotsMax; slot++)
        {
            if (process.Slots[slot] == 0)
                continue;
            ref readonly var file = ref step.State.Files[process.Slots[slot] - 1];
            if (file.Kind == FileKind.Device && file.Target == device)
                return true;
        }
        return false;
    }
}
