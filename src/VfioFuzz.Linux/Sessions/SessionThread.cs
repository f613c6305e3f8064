using System.Collections.Concurrent;

namespace VfioFuzz.Linux.Sessions;

/// <summary>
/// A session with a thread of its own, which takes batches from the queue that all sessions share.
/// </summary>
/// <param name="session">Used by nobody else once this is started.</param>
/// <param name="batches">In the order they are to be told; each is taken once.</param>
internal sealed class SessionThread(GuestSession session, BlockingCollection<Batch> batches) : IDisposable
{
    private readonly ManualResetEventSlim wanted = new();
    private Thread? thread;

    public GuestSession Session { get; } = session;

    /// <summary>Takes batches from now on; the session has its guest.</summary>
    public void Start() => Launch(Serve);

    /// <summary>Starts a guest when it is wanted, and takes batches from then on.</summary>
    public void StartWhenWanted() => Launch(() =>
    {
        wanted.Wait();
        if (!batches.IsAddingCompleted && HasGuest())
            Serve();
    });

    /// <summary>There is work for one more guest.</summary>
    public void Want() => wanted.Set();

    /// <summary>To be called when the queue is complete.</summary>
    public void Dispose()
    {
        wanted.Set();
        thread?.Join();
        Session.Dispose();
        wanted.Dispose();
    }

    /// <summary>A guest more that does not come up is done without: the other sessions take its work.</summary>
    private bool HasGuest()
    {
        try
        {
            return Session.HasGuest();
        }
        catch (Exception exception) when (exception is OperationCanceledException or InvalidOperationException or IOException)
        {
            return false;
        }
    }

    private void Launch(ThreadStart run)
    {
        thread = new Thread(run) { IsBackground = true, Name = "guest session" };
        thread.Start();
    }

    private void Serve()
    {
        foreach (var batch in batches.GetConsumingEnumerable())
            batch.Run(Session);
    }
}
