using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>
/// The named capacities of the model's state. Those marked <i>by construction</i> cannot be exceeded by a program of
/// <see cref="Limits.LinesMax"/> lines; reaching one of the others is <see cref="Acceptance.Undecided"/>.
/// </summary>
internal static class Capacity
{
    /// <summary>By construction: every line opens at most one file.</summary>
    public const int Files = Limits.LinesMax;

    /// <summary>By construction: every line opens at most one container.</summary>
    public const int Containers = Limits.LinesMax;

    /// <summary>By construction: an instance needs an attached group, and there is one group for each device.</summary>
    public const int Instances = Limits.DevicesMax;

    /// <summary>By construction: every line maps at most once.</summary>
    public const int Mappings = Limits.LinesMax;

    /// <summary>By construction: p0's first address space, and one more for each fork or exec.</summary>
    public const int AddressSpaces = Limits.LinesMax + 1;

    /// <summary>By construction: none, the page of zeros, the device's memory, the first window, the two files' pages, and one window for each fork, exec or mmap.</summary>
    public const int Frames = 2 + Limits.WindowPages * (Limits.LinesMax + 4);

    /// <summary>Externally pinned iovas over all mappings; two full vfio_pin_pages calls over disjoint mappings fit.</summary>
    public const int Pins = 2 * Limits.PinPagesMax;

    /// <summary>What drivers remember of their pins; a page pinned by three lines has three records.</summary>
    public const int Records = 4 * Limits.PinPagesMax;

    /// <summary>
    /// By construction: a line dirties a pin's pages, ten words at most, which a shift spreads over twice as many, or fills mappings of a huge page, ten
    /// words each.
    /// </summary>
    public const int DirtyWords = 30 * Limits.LinesMax;

    /// <summary>Files whose last reference one close, exit or exec drops: the slots and the mailbox.</summary>
    public const int Releases = Limits.SlotsMax + Limits.MailboxMax;
}
