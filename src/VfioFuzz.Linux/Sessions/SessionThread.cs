using System.Collections.Concurrent;

namespace VfioFuzz.Linux.Sessions;

/// <summary>A session with a thread of its own, which runs the batches it is given in order.</summary>
internal sealed class SessionThread : IDisposable
{
    private readonly BlockingCollection<Batch> given = [];
    private readonly Thread thread;

    public SessionThread(GuestSession session)
    {
        Session = session;
        thread = new Thread(Serve) { IsBackground = true, Name = "guest session" };
        thread.Start();
    }

    public GuestSession Session { get; }

    public void Add(Batch batch) => given.Add(batch);

    public void Dispose()
    {
        given.CompleteAdding();
        thread.Join();
        given.Dispose();
        Session.Dispose();
    }

    private void Serve()
    {
        foreach (var batch in given.GetConsumingEnumerable())
            batch.Run(Session);
    }
}
