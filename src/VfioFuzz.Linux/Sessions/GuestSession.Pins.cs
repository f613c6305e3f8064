using System.Globalization;
using VfioFuzz.Linux.Channels;
using VfioFuzz.Linux.Machines;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Sessions;

/// <summary>
/// Pins taken must equal pins returned. The kernel's counters are per CPU and folded when asked, which costs more
/// than a program, so they are read once a batch; when they differ the batch is run again in a fresh guest with a
/// reading after every program.
/// </summary>
internal sealed partial class GuestSession
{
    private readonly History scratch = new();

    /// <summary>Pages pinned when the running guest was last asked; null when it cannot tell.</summary>
    private long? balance;

    /// <summary>
    /// The first program of the batch that ran in the present guest, hence whose pins the next reading tells about.
    /// </summary>
    private int firstUnchecked;

    private void CheckPins()
    {
        if (guest is null || balance is not { } before || firstUnchecked >= done)
            return;
        if (ReadSettledBalance(before) is not { } after)
        {
            Replace("it did not report its pins");
            return;
        }
        balance = after;
        if (after == before)
            return;
        if (done - firstUnchecked == 1)
            AddBalance(histories[firstUnchecked], after - before);
        else
            FindLeaks(after - before);
    }

    private void FindLeaks(long leaked)
    {
        var first = firstUnchecked;
        Replace("pins were not returned");
        var found = false;
        for (var index = first; index < done; index++)
        {
            if (!HasGuest() || balance is not { } before)
                break;
            if (RunAlone(programs[index]) && ReadSettledBalance(before) is { } after)
            {
                balance = after;
                found |= after != before;
                if (after != before)
                    AddBalance(histories[index], after - before);
            }
            else
                Replace("it was lost while a leak was looked for");
        }
        firstUnchecked = done;
        if (!found)
            histories[done - 1].Incomplete ??= string.Create(CultureInfo.InvariantCulture,
                $"{leaked} pins of the last {done - first} programs were not returned; no program alone repeats it");
    }

    /// <returns>Whether the guest is as good as before.</returns>
    private bool RunAlone(Program program)
    {
        var given = Submit(program);
        if (Wait(guest!, given) is not null)
            return false;
        scratch.Clear();
        guest!.Channel.Take(given, scratch);
        return !ResetFailed(scratch) && !guest.Console.HasReport();
    }

    /// <summary>A difference is read once more: the last file's release may still be on its way.</summary>
    private long? ReadSettledBalance(long expected)
    {
        if (ReadBalance(guest!) is not { } first)
            return null;
        if (first == expected)
            return first;
        Thread.Sleep(10);
        return ReadBalance(guest!);
    }

    private long? ReadBalance(IGuest running)
    {
        running.Channel.Post(GuestCommand.PinCounters);
        var liveness = new GuestLiveness(running, options);
        while (!running.Channel.CommandDone)
            if (liveness.Pause() is not null)
                return null;
        return running.Channel.CommandResult == 0
            ? (long)(running.Channel.CommandValue(0) - running.Channel.CommandValue(1))
            : null;
    }

    private static void AddBalance(History history, long pages)
    {
        var ticket = history.Events.IsEmpty ? 0 : history.Events[^1].Ticket + 1;
        history.Add(new HistoryEvent(EventKind.PinBalance, 0, 0, 0, (ulong)pages, ticket));
    }
}
