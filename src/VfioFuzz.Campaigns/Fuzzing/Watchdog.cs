using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>
/// Looks at a campaign's progress from a thread of its own. A run that does not end cannot be stopped in its own process: its input is saved, and the
/// process ends with <see cref="HangCode"/>, to be started again by whoever started it.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    /// <summary>The exit code of a process that hung.</summary>
    public const int HangCode = 70;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    private readonly CampaignFolder folder;
    private readonly string target;
    private readonly TimeSpan hangAfter;
    private readonly Action<int> end;
    private readonly ManualResetEventSlim over = new();
    private readonly Thread thread;
    private FuzzInput? running;
    private long progress;

    /// <param name="folder">Where hangs are kept.</param>
    /// <param name="target">What inputs run on.</param>
    /// <param name="hangAfter">A run that takes longer is a hang.</param>
    /// <param name="end">Ends the process with an exit code.</param>
    public Watchdog(CampaignFolder folder, string target, TimeSpan hangAfter, Action<int> end)
    {
        (this.folder, this.target, this.hangAfter, this.end) = (folder, target, hangAfter, end);
        thread = new Thread(Watch) { IsBackground = true, Name = "watchdog" };
        thread.Start();
    }

    /// <summary>An input is about to run.</summary>
    public void Begin(FuzzInput input)
    {
        running = input;
        Volatile.Write(ref progress, progress + 1);
    }

    /// <summary>What follows may take its time: shrinking, files.</summary>
    public void Rest() => running = null;

    public void Dispose()
    {
        over.Set();
        thread.Join();
        over.Dispose();
    }

    private void Watch()
    {
        var (seen, since) = (0L, TimeSpan.Zero);
        while (!over.Wait(Period))
        {
            var now = Volatile.Read(ref progress);
            since = now == seen && running is not null ? since + Period : TimeSpan.Zero;
            seen = now;
            if (since >= hangAfter && running is { } hung)
                Give(hung);
        }
    }

    private void Give(FuzzInput hung)
    {
        var number = Directory.GetFiles(folder.Hangs).Length;
        var schedule = hung.Request.Replay ?? Schedule.Empty;
        WholeFile.Write(
            Path.Combine(folder.Hangs, $"id:{number:d6}.vprog"),
            ProgramText.Print(new ProgramDocument(hung.Program)
            {
                Targets = [target],
                Schedule = schedule,
                Notes = [$"a run that did not end in {hangAfter.TotalSeconds:n0} s; schedule seed {hung.Request.ScheduleSeed}"],
            }));
        running = null;
        end(HangCode);
    }
}
