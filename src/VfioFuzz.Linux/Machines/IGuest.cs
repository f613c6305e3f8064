using VfioFuzz.Linux.Channels;

namespace VfioFuzz.Linux.Machines;

/// <summary>A running guest: the shared memory, its console, and whether it still lives. Disposing ends it.</summary>
internal interface IGuest : IDisposable
{
    GuestChannel Channel { get; }

    GuestConsole Console { get; }

    /// <summary>How the guest's machine ended, or null while it runs.</summary>
    string? Ended { get; }
}
