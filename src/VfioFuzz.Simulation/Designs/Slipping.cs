using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>A design whose machine may slip (<see cref="Slip"/>); in everything else the design.</summary>
internal readonly struct Slipping<TDesign> : IDesign
    where TDesign : struct, IDesign
{
    public static string Name => TDesign.Name;

    public static DialectName Dialect => TDesign.Dialect;

    public static bool UpdatesVaddr => TDesign.UpdatesVaddr;

    public static bool ExcludesMediated => TDesign.ExcludesMediated;

    public static bool ChargesMm => TDesign.ChargesMm;

    public static bool CountsCharges => TDesign.CountsCharges;

    public static bool WokenUserOopses => TDesign.WokenUserOopses;

    public static bool NotifiesContainerClose => TDesign.NotifiesContainerClose;

    public static Errno ForeignContainer => TDesign.ForeignContainer;

    public static bool FindsLastPage => TDesign.FindsLastPage;

    public static CloseWake CloseWakes => TDesign.CloseWakes;

    public static DesignOperations Knows => TDesign.Knows;

    public static bool KeepsFile => TDesign.KeepsFile;

    public static Notification Notifies => TDesign.Notifies;

    public static bool SharesDeviceSet => TDesign.SharesDeviceSet;

    public static bool PinsInFault => TDesign.PinsInFault;

    public static bool CanSlip => true;
}
