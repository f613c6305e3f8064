using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>
/// VFIO_UPDATE_VADDR taken out again, as offered on the list (deadlocks 8.3, 2022-10-06): the VADDR flags of MAP and UNMAP are unknown bits
/// (EINVAL before any other check but argsz) and the extension is 0. Nothing can become invalid, so nothing waits.
/// Otherwise v6.3: charges follow the mapper's mm, a foreign fd in SET_CONTAINER is EBADFD. No release promises this: its
/// dialect is EXC without those flags and that extension.
/// </summary>
internal readonly struct Removal : IDesign
{
    public static string Name => "removal";

    public static DialectName Dialect => DialectName.Removal;

    public static bool UpdatesVaddr => false;

    public static bool ChargesMm => true;

    public static bool NotifiesContainerClose => false;

    public static Errno ForeignContainer => Errno.EBADFD;
}
