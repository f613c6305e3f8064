using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>
/// The waiters list as posted on 2022-10-10 (deadlocks 8.3): <see cref="Blocking"/>, and the release of a device file flags and wakes the
/// device's waiters of that moment, who answer EFAULT. Nothing else tests the flag, and a waiter that comes later has a new entry.
/// </summary>
internal readonly struct Waiters : IDesign
{
    public static string Name => "waiters";

    public static DialectName Dialect => DialectName.Waiters;

    public static CloseWake CloseWakes => CloseWake.ListedWaiters;
}

/// <summary>
/// The waiters list as it would have to be (deadlocks 8.4 A'): the last close of a device sets a flag that lasts until its next first
/// open, and vfio_wait tests it, as well as the container's, before it sleeps and after.
/// </summary>
internal readonly struct Sticky : IDesign
{
    public static string Name => "sticky";

    public static DialectName Dialect => DialectName.Sticky;

    public static CloseWake CloseWakes => CloseWake.StickyFlag;
}
