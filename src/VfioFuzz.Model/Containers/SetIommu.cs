using System.Numerics;
using VfioFuzz.Model.Files;
using VfioFuzz.Model.Groups;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Containers;

/// <summary>
/// VFIO_SET_IOMMU (type1-semantics 1.3): an instance for the container, with every attached group in it, and with as many mappings to have as
/// dma_entry_limit says at this moment.
/// </summary>
internal static class SetIommu
{
    public static Outcome Limit(in Step step)
    {
        step.State.EntryLimit = (ushort)step.Operation.X;
        step.State.HasEntryLimit = true;
        return Outcome.Ok(RuleId.EntryLimit);
    }

    public static Outcome Run(in Step step)
    {
        ref var state = ref step.State;
        ref var container = ref FileTable.ContainerOf(step);
        if (container.LockOwner != 0)
            return Outcome.Waits(RuleId.ContainerLockWaits);
        if (container.Groups == 0 || container.InstancePlusOne != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.SetIommuState);
        var type = step.Operation.X;
        if (CheckExtension.OfType1(step.Contract, type, allowsInvalid: false) == 0)
            return Outcome.Fails(Errno.ENODEV, RuleId.SetIommuType);
        if (type is not (Extension.Type1 or Extension.Type1V2 or Extension.Type1Nesting))
            return Outcome.Fails(Errno.EINVAL, RuleId.SetIommuType);

        var limit = state.HasEntryLimit ? state.EntryLimit : step.Contract.Platform.DmaEntryLimit;
        var instance = new Instance
        {
            Exists = true,
            V2 = type != Extension.Type1,
            Nesting = type == Extension.Type1Nesting,
            ContainerOpen = true,
            DmaAvail = limit,
            EntryLimit = limit,
        };
        for (int groups = container.Groups; groups != 0; groups &= groups - 1)
            Attachment.Join(step.Contract, ref instance, BitOperations.TrailingZeroCount(groups));
        // iommu_enable_nesting is refused by this machine's iommu (row 6), its interrupts by type1 (row 11); the groups are detached again and nothing has changed.
        if (instance.Nesting && instance.HasDomain)
            return Outcome.Fails(Errno.EINVAL, RuleId.SetIommuNesting);
        if (instance.HasDomain && Attachment.IsUnsafe(step.Contract, state))
            return Outcome.Fails(Errno.EPERM, RuleId.AttachUnsafe);
        var free = 0;
        while (state.Instances[free].Exists)
            free++;
        state.Instances[free] = instance;
        container.InstancePlusOne = (byte)(free + 1);
        return Outcome.Ok(RuleId.SetIommu);
    }
}
