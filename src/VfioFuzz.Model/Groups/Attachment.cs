using VfioFuzz.Model.Mappings;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Groups;

/// <summary>A group's membership in a container and in its instance (type1-semantics 3.1, 3.2, 7.2).</summary>
internal static class Attachment
{
    public static bool IsEmulated(Contract contract, int device) =>
        contract.World.Device(device).Kind == DeviceKind.Mdev;

    public static Outcome SetUnsafeInterrupts(in Step step)
    {
        step.State.ForbidsUnsafeInterrupts = step.Operation.Flags == 0;
        return Outcome.Ok(RuleId.UnsafeInterrupts);
    }

    /// <summary>Whether type1 refuses groups behind this machine's IOMMU now (3.1 row 11).</summary>
    public static bool IsUnsafe(Contract contract, in ModelState state) =>
        contract.Platform.HasUnsafeInterrupts && state.ForbidsUnsafeInterrupts;

    /// <summary>Adds the group to the instance; a first iommu-backed group brings its ranges.</summary>
    public static void Join(Contract contract, ref Instance instance, int device)
    {
        if (IsEmulated(contract, device))
        {
            instance.EmulatedGroups |= (byte)(1 << device);
            return;
        }
        instance.PciGroups |= (byte)(1 << device);
        instance.IovaList = IovaList.Platform;
    }

    /// <summary>Whether the locks that a detach takes are free: the container's group_lock and the mutex.</summary>
    public static bool CanDetach(ref ModelState state, int device, out RuleId reason)
    {
        ref var container = ref state.Containers[state.Devices[device].ContainerPlusOne - 1];
        reason = RuleId.ContainerLockWaits;
        if (container.LockOwner != 0)
            return false;
        reason = RuleId.MutexWaits;
        return container.InstancePlusOne == 0 || state.Instances[container.InstancePlusOne - 1].MutexOwner == 0;
    }

    /// <summary>vfio_group_detach_container: out of the instance, out of the container; the last one destroys the instance.</summary>
    public static void Detach(Contract contract, ref ModelState state, int number)
    {
        ref var device = ref state.Devices[number];
        ref var container = ref state.Containers[device.ContainerPlusOne - 1];
        container.Groups &= (byte)~(1 << number);
        device.ContainerPlusOne = 0;
        device.Users = 0;
        device.IsClaimed = false;
        if (container.InstancePlusOne == 0)
            return;
        ref var instance = ref state.Instances[container.InstancePlusOne - 1];
        Leave(contract, ref state, ref instance, number);
        if (container.Groups != 0)
            return;
        MappingTable.RemoveAll(contract, ref state, ref instance);
        instance = default;
        container.InstancePlusOne = 0;
    }

    /// <summary>vfio_iommu_type1_detach_group (3.2).</summary>
    private static void Leave(Contract contract, ref ModelState state, ref Instance instance, int number)
    {
        var bit = (byte)(1 << number);
        if ((instance.EmulatedGroups & bit) != 0)
        {
            instance.EmulatedGroups &= (byte)~bit;
            if (instance.EmulatedGroups == 0 && !instance.HasDomain)
                MappingTable.RemoveAll(contract, ref state, ref instance);
            return;
        }
        if (instance.PciGroups == bit)
        {
            if (instance.EmulatedGroups == 0)
                MappingTable.RemoveAll(contract, ref state, ref instance);
            else
                Reaccount(contract, ref state, ref instance);
            instance.IovaList = IovaList.Everything;
        }
        instance.PciGroups &= (byte)~bit;
        // What a group without dirty tracking may have written is dirty (type1-semantics 1.7 Dirty sources).
        if (!instance.TracksDirty)
            return;
        foreach (var index in instance.Mappings)
            DirtyBits.Fill(ref state, index, state.Mappings[index].Pages);
    }

    /// <summary>
    /// vfio_iommu_unmap_unpin_reaccount: the iommu lets go of every mapping, which stays with the charge of its external pins. A dead
    /// mapper's charge is not re-based (L8).
    /// </summary>
    private static void Reaccount(Contract contract, ref ModelState state, ref Instance instance)
    {
        foreach (var index in instance.Mappings)
        {
            ref var mapping = ref state.Mappings[index];
            if (!mapping.IommuMapped)
                continue;
            var change = PinTable.Chargeable(ref state, index) - mapping.Chargeable;
            mapping.Forget();
            Charging.Recharge(contract, ref state, ref mapping, change);
        }
    }
}
