using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>
/// fork, CHANGE_MM, exec, CHANGE_MM (deadlocks 8.3, 2022-10-06; 8.4 D): a child lends its mm while its parent has none. CHANGE_MM
/// charges the caller's mm for every mapping of the container that is another's, all or none, then uncharges the former owners, dead ones aside. No
/// vaddr is ever invalid; pins of a mapping whose owner is dead answer ENODEV. Otherwise as <see cref="Removal"/>.
/// </summary>
internal readonly struct ChangeMm : IDesign
{
    public static string Name => "change-mm";

    public static DialectName Dialect => DialectName.ChangeMm;

    public static bool NotifiesContainerClose => false;

    public static bool UpdatesVaddr => false;

    public static bool ChargesMm => true;

    public static Errno ForeignContainer => Errno.EBADFD;

    public static DesignOperations Knows => DesignOperations.ChangeMm;
}
