using VfioFuzz.Model.State;

namespace VfioFuzz.Model.Groups;

/// <summary>
/// The lock that a call on a group holds until it returns (type1-semantics 7.2 Locks). Releases without it go by the group's user
/// count alone; what opens and closes a device is serialized by the device set's lock in every release, which is the same field.
/// </summary>
internal static class GroupLock
{
    public static bool IsTaken(in Step step, in Device device) => step.Dialect.LocksGroups && device.LockOwner != 0;

    public static void Take(in Step step, ref Device device)
    {
        if (step.Dialect.LocksGroups)
            device.LockOwner = step.Owner;
    }

    public static void Drop(in Step step, ref Device device)
    {
        if (step.Dialect.LocksGroups)
            device.LockOwner = 0;
    }
}
