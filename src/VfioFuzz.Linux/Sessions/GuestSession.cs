using System.Globalization;
using VfioFuzz.Linux.Channels;
using VfioFuzz.Linux.Machines;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Sessions;

/// <summary>
/// Runs programs on a guest and, when that one is lost or no longer to be trusted (a stuck task, a complaint of its
/// kernel, a reset that failed), on the next. Several programs are in flight, so what was submitted after the
/// culprit is run again.
/// </summary>
internal sealed partial class GuestSession(Func<IGuest> start, SessionOptions options) : IDisposable
{
    private IGuest? guest;

    // The batch being run: everything before `done` has its history, everything before `submitted` is in the ring.
    private IReadOnlyList<Program> programs = [];
    private IReadOnlyList<History> histories = [];
    private int done;
    private int submitted;

    /// <summary>The number that the guest's channel gave the program at <see cref="done"/>.</summary>
    private ulong number;

    /// <summary>How many programs to run one at a time, to learn which of several made the kernel complain.</summary>
    private int cautious;

    /// <summary>
    /// The program that was run again because its guest was lost in a way that a busy host explains too; or -1.
    /// </summary>
    private int retried;

    /// <summary>A complaint not yet pinned to a program, and the first program it may belong to.</summary>
    private (int Suspect, string Report)? held;

    /// <summary>Why no further guest can be started, or null.</summary>
    private string? exhausted;

    /// <summary>Where an mdev's pin may wait for a vaddr, and where it may not (<see cref="LinuxTargetOptions.SettleTime"/>).</summary>
    private static readonly TimeSpan SettleTimeOfWaiters = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan SettleTimeOfOthers = TimeSpan.FromMilliseconds(300);

    /// <summary>How long a task must sleep before its line counts as blocked.</summary>
    private TimeSpan settleTime;

    public int GuestsStarted { get; private set; }

    /// <summary>The running guest; started when there is none.</summary>
    public IGuest Guest => guest ?? Begin();

    /// <summary>Runs a batch and checks that every pin was returned. Each program gets its history.</summary>
    public void Run(IReadOnlyList<Program> batch, IReadOnlyList<History> results)
    {
        (programs, histories, done, submitted, number) = (batch, results, 0, 0, 0);
        (cautious, retried, held, firstUnchecked) = (0, -1, null, 0);
        while (done < programs.Count && HasGuest())
            Step();
        for (; done < programs.Count; done++)
            histories[done].Incomplete = exhausted;
        ReleaseHeld();
        CheckPins();
    }

    public void Dispose() => guest?.Dispose();

    /// <summary>Starts a guest if there is none; whether there is one then.</summary>
    public bool HasGuest()
    {
        if (guest is not null)
            return true;
        if (exhausted is not null)
            return false;
        try
        {
            Begin();
            return true;
        }
        catch (KernelUnavailableException exception)
        {
            exhausted = $"no further guest: {exception.Message}";
            return false;
        }
    }

    private IGuest Begin()
    {
        guest = start();
        GuestsStarted++;
        try
        {
            DemandUsable(guest);
        }
        catch
        {
            guest.Dispose();
            guest = null;
            throw;
        }
        settleTime = options.SettleTime ?? (guest.Channel.Facts.UpdateVaddrMdev ? SettleTimeOfWaiters : SettleTimeOfOthers);
        guest.Console.Arm();
        firstUnchecked = done;
        balance = ReadBalance(guest);
        return guest;
    }

    private static void DemandUsable(IGuest started)
    {
        if (started.Channel.Mismatch is { } mismatch)
            throw new KernelUnavailableException(
                $"host and guest do not fit together: {mismatch}; prepare the kernel again");
        if (started.Channel.Facts.Failure is { Length: > 0 } failure)
            throw new KernelUnavailableException(
                $"the guest cannot be used: {failure}\n{started.Console.Tail}".TrimEnd());
    }

    private void Step()
    {
        var window = cautious > 0 ? 1 : Wire.Slots;
        for (; submitted < programs.Count && submitted - done < window; submitted++)
        {
            var given = Submit(programs[submitted]);
            if (submitted == done)
                number = given;
        }
        var loss = Wait(guest!, number);
        if (loss is null)
            Collect(histories[done]);
        else
            Lose(histories[done], loss);
    }

    /// <summary>
    /// A program with process events, limits or capabilities gets a p0 with memory of its own: what becomes of an mm
    /// when its processes end is what it is about.
    /// </summary>
    private ulong Submit(Program program) => guest!.Channel.Submit(
        program, Lane.Of(program) == Lanes.Processes ? WireLane.Process : WireLane.InProcess, settleTime);

    /// <returns>Why the guest was lost before the program was done, or null.</returns>
    private string? Wait(IGuest running, ulong awaited)
    {
        var liveness = new GuestLiveness(running, options);
        while (!running.Channel.IsDone(awaited))
            if (liveness.Pause(alone: submitted - done <= 1) is { } loss)
                return running.Channel.IsDone(awaited) ? null : loss;
        return null;
    }

    private void Collect(History history)
    {
        history.Clear();
        var text = guest!.Channel.Take(number, history);
        if (guest.Console.HasReport())
        {
            CollectComplaint(history, text);
            return;
        }
        var resetFailed = ResetFailed(history);
        if (resetFailed)
            history.Console = text.Length > 0 ? text : $"tear-down did not bring the guest back to its initial state: {ReasonOf(history)}";
        Settle();
        if (resetFailed)
            Replace("a program left it stuck or not as it was");
    }

    /// <summary>The kernel complained during this program or one that was submitted after it.</summary>
    private void CollectComplaint(History history, string text)
    {
        // Read after the console: a successor that has not started cannot have said it.
        var successorRuns = submitted - done > 1 && guest!.Channel.LineOf(number + 1) >= 0;
        if (successorRuns && guest!.Console.ReportsDeath)
        {
            // Who is done has survived it; the report is left for the one that is not.
            Settle();
            return;
        }
        var report = guest!.Console.TakeReport();
        if (successorRuns)
        {
            held = (done, report);
            cautious = Wire.Slots;
        }
        else
        {
            held = null;
            history.Console = report + text;
            Settle();
        }
        Replace("its kernel complained");
    }

    private void Lose(History history, string loss)
    {
        var line = guest!.Channel.LineOf(number);
        var complained = guest.Console.HasReport();
        var said = complained ? guest.Console.TakeReport() : guest.Console.Tail;
        if (retried != done && (line < 0 || !complained))
        {
            retried = done;
            cautious = Math.Max(cautious, 1);
            Replace(loss);
            return;
        }
        history.Clear();
        guest.Channel.Copy(number, history);
        var place = line < 0 ? "before its first line" : string.Create(CultureInfo.InvariantCulture, $"in line {line}");
        history.Incomplete = $"{place}: {loss}";
        history.Console = $"{history.Incomplete}\n{said}".TrimEnd();
        held = complained ? null : held;
        Settle();
        Replace(loss);
    }

    /// <summary>The history of the program at <see cref="done"/> stands.</summary>
    private void Settle()
    {
        done++;
        number++;
        if (cautious > 0 && --cautious == 0)
            ReleaseHeld();
    }

    /// <summary>
    /// What no program run alone made the kernel say again is told with the first program it may belong to.
    /// </summary>
    private void ReleaseHeld()
    {
        if (held is var (suspect, report))
            histories[suspect].Console += report
                + $"(said while this or one of the next {Wire.Slots - 1} programs ran; not said again by any alone)\n";
        held = null;
    }

    /// <summary>Ends the guest; what was submitted and has no history will be submitted to the next.</summary>
    private void Replace(string reason)
    {
        options.Progress?.Report($"guest replaced: {reason}");
        guest?.Dispose();
        guest = null;
        submitted = done;
    }

    /// <summary>What the supervisor waited for in vain; who is stuck it tells itself, at length.</summary>
    private static string ReasonOf(History history)
    {
        var reasons = new List<string>();
        foreach (var happened in history.Events)
            if (happened.Kind == EventKind.ResetFailed)
                reasons.Add(happened.ResetReason switch
                {
                    ResetReason.Type1IsBusy => "the type1 module is still in use",
                    ResetReason.MdevIsBusy => "a test mdev is still open, or its driver has pages pinned",
                    ResetReason.MailDoesNotEnd => "the release of a file that nobody took from a mailbox does not end",
                    ResetReason.DeviceIsUnbound => "a device that the program unbound does not get its driver again",
                    _ => "a task does not die",
                });
        return string.Join(" and ", reasons);
    }

    private static bool ResetFailed(History history)
    {
        foreach (var happened in history.Events)
            if (happened.Kind == EventKind.ResetFailed)
                return true;
        return false;
    }
}
