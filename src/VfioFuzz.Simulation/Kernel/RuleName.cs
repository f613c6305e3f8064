namespace VfioFuzz.Simulation.Kernel;

/// <summary>Rules that the machine itself can see broken, by the names of the rule book; invariants go by their numbers (I1..I13).</summary>
internal static class RuleName
{
    /// <summary>BUG, oops or an access to freed memory.</summary>
    public const string KernelBug = "kernel-bug";

    /// <summary>A translation through a vaddr that is invalid.</summary>
    public const string StaleVaddr = "stale-vaddr";

    /// <summary>A pin that no mapping and no record accounts for.</summary>
    public const string LeakedPin = "leaked-pin";

    /// <summary>Pins that the end of the run has not returned, or that were returned twice.</summary>
    public const string PinBalance = "pin-balance";

    /// <summary>A page that a device sees and should not.</summary>
    public const string VisiblePage = "visible-page";
}
