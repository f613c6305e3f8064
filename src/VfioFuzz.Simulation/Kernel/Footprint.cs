using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// What a step reads or writes beyond its task's own locals, a bit for each kind of thing: two steps of different tasks whose footprints have
/// nothing in common commute. Coarse on purpose: a bit too many costs states, a bit too few costs findings.
/// </summary>
internal static class Footprint
{
    /// <summary>Instances with their mutexes, mappings, pins and lists, memory, charges, the IOMMU: all that state rules speak of.</summary>
    public const uint Mappings = 1;

    /// <summary>Containers: group_lock, groups, references, which instance they have.</summary>
    public const uint Containers = 2;

    /// <summary>
    /// That an instance stays: who frees one looks at everybody who wants its mutex, and who comes to want it must not be looked over.
    /// </summary>
    public const uint InstanceLife = 4;

    /// <summary>Anything: what releases or ends something.</summary>
    public const uint All = uint.MaxValue;

    /// <summary>The group's and the set's lock of a device and what the vfio core knows of it.</summary>
    public static uint Group(int device) => 0x10u << device;

    /// <summary>A driver's lock and flags.</summary>
    public static uint Driver(int device) => 0x100u << device;

    public const uint AllDrivers = 0x100u * ((1 << Limits.DevicesMax) - 1);

    /// <summary>Whether a device's worker has work.</summary>
    public static uint Worker(int device) => 0x1000u << device;
}
