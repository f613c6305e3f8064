using VfioFuzz.Model.Files;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Containers;

/// <summary>VFIO_CHECK_EXTENSION (type1-semantics 1.2): a table, never an errno.</summary>
internal static class CheckExtension
{
    public static Outcome Run(in Step step)
    {
        ref var container = ref FileTable.ContainerOf(step);
        if (container.LockOwner != 0)
            return Outcome.Waits(RuleId.ContainerLockWaits);
        var extension = step.Operation.X;
        if (container.InstancePlusOne == 0)
            return Outcome.Ok(
                RuleId.CheckExtension, OfType1(step.Contract, extension, allowsInvalid: false));
        ref readonly var instance = ref step.State.Instances[container.InstancePlusOne - 1];
        if (instance.MutexOwner != 0 && extension is Extension.DmaCc or Extension.UpdateVaddr)
            return Outcome.Waits(RuleId.MutexWaits);
        if (extension == Extension.DmaCc)
            return Outcome.Ok(RuleId.CheckExtension, !instance.HasDomain || step.Contract.Platform.EnforcesCoherency ? 1u : 0u);
        return Outcome.Ok(
            RuleId.CheckExtension,
            OfType1(step.Contract, extension, allowsInvalid: instance.EmulatedGroups == 0));
    }

    /// <summary>type1's own answer, but for cache coherency, which is a fact of the iommu.</summary>
    /// <param name="allowsInvalid">There is an instance, and no emulated group in it.</param>
    public static ulong OfType1(Contract contract, ulong extension, bool allowsInvalid) => extension switch
    {
        Extension.Type1 or Extension.Type1V2 => 1,
        Extension.Type1Nesting => contract.Dialect.KnowsNesting ? 1u : 0u,
        Extension.UnmapAll => contract.Dialect.KnowsUnmapAll ? 1u : 0u,
        Extension.UpdateVaddr when !contract.Dialect.UpdatesVaddr => 0,
        Extension.UpdateVaddr when contract.Dialect.OffersUpdateVaddrBeforeSetIommu => 1,
        Extension.UpdateVaddr => allowsInvalid ? 1u : 0u,
        _ => 0,
    };
}
