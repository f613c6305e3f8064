using System.Collections.Concurrent;
using System.Diagnostics;
using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Machines;

/// <summary>
/// Starts processes that must not outlive this one: through setpriv --pdeathsig when it is there, and killed at an
/// orderly exit in any case. The signal of prctl(PR_SET_PDEATHSIG) comes when the parent's <i>thread</i> ends, so
/// one thread that never ends starts them all.
/// </summary>
internal static class ProcessLauncher
{
    private static readonly BlockingCollection<Action> Requests = [];
    private static readonly ConcurrentDictionary<Process, bool> Living = new();
    private static readonly string? Setpriv = Tool.Find("setpriv");

    static ProcessLauncher()
    {
        new Thread(Serve) { IsBackground = true, Name = "process launcher" }.Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => KillAll();
    }

    /// <summary>A started process with its standard error redirected and its input closed.</summary>
    public static Process Start(string path, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardError = true };
        if (Setpriv is null)
            start.FileName = path;
        else
        {
            start.FileName = Setpriv;
            foreach (var argument in (string[])["--pdeathsig", "KILL", "--", path])
                start.ArgumentList.Add(argument);
        }
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start) ?? throw new InvalidOperationException($"{path} did not start"));
            }
            catch (System.ComponentModel.Win32Exception exception)
            {
                started.SetException(
                    new KernelUnavailableException($"{path} does not start: {exception.Message}", exception));
            }
        });
        var process = started.Task.GetAwaiter().GetResult();
        process.StandardInput.Close();
        Living[process] = true;
        return process;
    }

    /// <summary>Kills the process if it still runs, and waits for its end.</summary>
    public static void End(Process process)
    {
        if (!Living.TryRemove(process, out _))
            return;
        Kill(process);
        process.WaitForExit();
        process.Dispose();
    }

    private static void Serve()
    {
        foreach (var request in Requests.GetConsumingEnumerable())
            request();
    }

    private static void KillAll()
    {
        foreach (var process in Living.Keys)
            Kill(process);
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
