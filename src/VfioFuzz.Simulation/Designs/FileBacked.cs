using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>
/// Mappings that keep their file (deadlocks 8.3, 2022-10-11; 8.4 C): a range that is wholly a shared file's is translated through the file from
/// then on, whatever becomes of the mapper's mm, so no vaddr has to be given back and nobody waits. The vaddr flags are gone. Private
/// memory is mapped as ever and dies with its mm. Otherwise as <see cref="Removal"/>.
/// </summary>
internal readonly struct FileBacked : IDesign
{
    public static string Name => "file";

    public static DialectName Dialect => DialectName.File;

    public static bool NotifiesContainerClose => false;

    public static bool UpdatesVaddr => false;

    public static bool ChargesMm => true;

    public static Errno ForeignContainer => Errno.EBADFD;

    public static bool KeepsFile => true;

    public static DesignOperations Knows => DesignOperations.MapFile | DesignOperations.FileSize;
}

/// <summary>
/// iommufd's answer (iommufd-compat 10.2): MAP_FILE, and CHANGE_PROCESS that moves the charge of mappings which are all files'. Told with
/// type1's other answers; the errnos of iommufd's own compat layer are not simulated. Drivers are notified with no lock held. A
/// dead former owner is no error (bug-zoo L15 mended).
/// </summary>
internal readonly struct Iommufd : IDesign
{
    public static string Name => "iommufd";

    public static DialectName Dialect => DialectName.Iommufd;

    public static bool NotifiesContainerClose => false;

    public static bool UpdatesVaddr => false;

    public static bool ChargesMm => true;

    public static Errno ForeignContainer => Errno.EBADFD;

    public static Notification Notifies => Notification.WithoutLock;

    public static DesignOperations Knows =>
        DesignOperations.MapFile | DesignOperations.ChangeProcess | DesignOperations.FileSize;
}
