using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Sessions;

/// <summary>
/// Programs that one session runs in a row, with a reading of the pin counters at their end, and their histories.
/// Filled by one thread, run by the session's, then read by the first again.
/// </summary>
internal sealed class Batch
{
    private readonly List<History> histories = [];
    private TaskCompletionSource ended = new();
    private volatile bool abandoned;

    public List<Program> Programs { get; } = [];

    /// <summary>At least as many as programs: they are used again.</summary>
    public IReadOnlyList<History> Histories => histories;

    /// <summary>Takes up to <paramref name="size"/> programs, in place of what was here.</summary>
    /// <returns>Whether there were any.</returns>
    public bool Draw(IEnumerator<Program> source, int size)
    {
        abandoned = false;
        ended = new TaskCompletionSource();
        Programs.Clear();
        while (Programs.Count < size && source.MoveNext())
            Programs.Add(source.Current);
        while (histories.Count < Programs.Count)
            histories.Add(new History());
        for (var index = 0; index < Programs.Count; index++)
            histories[index].Clear();
        return Programs.Count > 0;
    }

    /// <summary>Runs all programs; what goes wrong comes out of <see cref="Wait"/>.</summary>
    public void Run(GuestSession session)
    {
        try
        {
            if (!abandoned)
                session.Run(Programs, histories);
            ended.SetResult();
        }
        catch (Exception exception) when (exception is OperationCanceledException or KernelUnavailableException
            or InvalidOperationException or IOException)
        {
            ended.SetException(exception);
        }
    }

    /// <summary>Until the batch has been run.</summary>
    public void Wait() => ended.Task.GetAwaiter().GetResult();

    /// <summary>Nobody will read the histories: it is not begun if it has not been, and waited for if it has.</summary>
    public void Abandon()
    {
        abandoned = true;
        ((IAsyncResult)ended.Task).AsyncWaitHandle.WaitOne();
    }
}
