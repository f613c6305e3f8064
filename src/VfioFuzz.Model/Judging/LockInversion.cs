using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Judging;

/// <summary>
/// The kernel's callbacks take the iommu mutex under device_list_lock, and other paths the list under the mutex (deadlocks DL-23). That
/// circle is a defect of the kernel and no part of the contract: a run that stands in it is not explained by it. In the blocking
/// dialects a mutex may also be held by a call that waits for a driver which waits for user space (DL-08'); that is their contract.
/// </summary>
internal static class LockInversion
{
    public static bool Holds(Contract contract, in ModelState state)
    {
        for (var number = 0; number < Capacity.Instances; number++)
        {
            ref readonly var instance = ref state.Instances[number];
            if (instance.MutexOwner == 0 || instance.ListOwner == 0)
                continue;
            var notifier = instance.ListOwner - 1;
            ref readonly var call = ref state.Calls[notifier];
            if (call.Phase != Phase.Notifying || call.Progress >= instance.RegisteredCount)
                return true;
            if (IsUnlocked(contract, state, instance.Registered[call.Progress]))
                return true;
        }
        return false;
    }

    private static bool IsUnlocked(Contract contract, in ModelState state, int device) =>
        contract.World.Device(device).Lock switch
        {
            DriverLock.Own => state.Devices[device].DriverLockOwner == 0,
            DriverLock.Shared => state.SharedDriverLockOwner == 0,
            _ => true,
        };
}
