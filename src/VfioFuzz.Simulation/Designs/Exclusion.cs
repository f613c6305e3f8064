using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>v6.3-v6.17 (EXC): vaddr updates and emulated groups exclude each other by EBUSY, so nobody ever has to wait; charges follow the mm.</summary>
internal readonly struct Exclusion : IDesign
{
    public static string Name => "exclusion";

    public static DialectName Dialect => DialectName.Exc;

    public static bool ExcludesMediated => true;

    public static bool ChargesMm => true;

    public static bool NotifiesContainerClose => false;

    public static Errno ForeignContainer => Errno.EBADFD;
}
