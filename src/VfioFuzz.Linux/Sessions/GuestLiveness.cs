using System.Diagnostics;
using System.Globalization;
using VfioFuzz.Linux.Machines;

namespace VfioFuzz.Linux.Sessions;

/// <summary>Whether a guest is still worth waiting for. One value for each wait.</summary>
internal struct GuestLiveness(IGuest guest, SessionOptions options)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly long start = Stopwatch.GetTimestamp();
    private long looked = Stopwatch.GetTimestamp();
    private long beaten = Stopwatch.GetTimestamp();
    private ulong heartbeat = guest.Channel.Heartbeat;
    private int rounds;

    /// <summary>
    /// Waits a moment: spinning at first, since a program alone takes a few hundred microseconds; then sleeping, since
    /// on a small host the guest needs our core. With several programs in flight the guest has work meanwhile.
    /// </summary>
    /// <returns>Why the guest is lost, or null.</returns>
    public string? Pause(bool alone = true)
    {
        const int Spins = 200;
        rounds++;
        if (alone && rounds < Spins)
            Thread.SpinWait(20);
        else
            Thread.Sleep(1);
        return Stopwatch.GetElapsedTime(looked) > LookEvery ? Look() : null;
    }

    private string? Look()
    {
        options.Cancellation.ThrowIfCancellationRequested();
        looked = Stopwatch.GetTimestamp();
        if (guest.Ended is { } ended)
            return ended;
        if (guest.Channel.Heartbeat is var beat && beat != heartbeat)
            (heartbeat, beaten) = (beat, looked);
        if (Stopwatch.GetElapsedTime(beaten) > options.HangTime)
            return string.Create(CultureInfo.InvariantCulture,
                $"the guest hangs: no sign of life for {options.HangTime.TotalSeconds:f0} s");
        if (Stopwatch.GetElapsedTime(start) > options.ProgramTime)
            return string.Create(CultureInfo.InvariantCulture,
                $"the guest lives but does not finish for {options.ProgramTime.TotalSeconds:f0} s");
        return null;
    }
}
