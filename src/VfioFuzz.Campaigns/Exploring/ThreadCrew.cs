using System.Runtime.ExceptionServices;
using VfioFuzz.Checking.Exploring;

namespace VfioFuzz.Campaigns.Exploring;

/// <summary>Several threads for one search: the calling one and helpers that live as long as the crew.</summary>
public sealed class ThreadCrew : ICrew, IDisposable
{
    private readonly Barrier begin;
    private readonly Barrier end;
    private readonly Thread[] helpers;
    private readonly Exception?[] failures;
    private Action<int>? work;

    public ThreadCrew(int members)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        (begin, end) = (new Barrier(members), new Barrier(members));
        failures = new Exception?[members];
        helpers = new Thread[members - 1];
        for (var i = 0; i < helpers.Length; i++)
        {
            var member = i + 1;
            helpers[i] = new Thread(() => Help(member)) { IsBackground = true, Name = $"explorer {member}" };
            helpers[i].Start();
        }
    }

    public int Members => helpers.Length + 1;

    public void RunAll(Action<int> work)
    {
        this.work = work;
        begin.SignalAndWait();
        Try(0, work);
        end.SignalAndWait();
        if (Array.Find(failures, failure => failure is not null) is { } failed)
            ExceptionDispatchInfo.Throw(failed);
    }

    public void Dispose()
    {
        work = null;
        begin.SignalAndWait();
        foreach (var helper in helpers)
            helper.Join();
        begin.Dispose();
        end.Dispose();
    }

    private void Help(int member)
    {
        for (; ; )
        {
            begin.SignalAndWait();
            if (work is not { } now)
                return;
            Try(member, now);
            end.SignalAndWait();
        }
    }

    /// <summary>A failure is thrown again where the work was ordered; the others are not left waiting for ever.</summary>
    private void Try(int member, Action<int> now)
    {
        try
        {
            now(member);
        }
#pragma warning disable CA1031 // Whatever it is, it belongs to the caller's thread.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            failures[member] = failure;
        }
    }
}
