using System.Globalization;
using VfioFuzz.Campaigns.Exploring;

namespace VfioFuzz.Cli.Screens;

/// <summary>
/// Tells on stderr how far a search is: one line that is written over on a terminal, a line every few seconds elsewhere, nothing when
/// quiet.
/// </summary>
internal sealed class ExplorationScreen(string target, bool quiet)
{
    private static readonly TimeSpan TerminalPeriod = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PlainPeriod = TimeSpan.FromSeconds(5);

    private readonly bool terminal = !Console.IsErrorRedirected;
    private TimeSpan told;
    private bool dirty;

    public void Tell(TimedProgress progress)
    {
        if (quiet || progress.Elapsed - told < (terminal ? TerminalPeriod : PlainPeriod))
            return;
        told = progress.Elapsed;
        var done = progress.Done;
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{target}: {done.Operations} operations, {done.Steps} steps deep, {done.States:n0} states, {progress.Rate:n0}/s, " +
            $"{done.Bytes >> 20:n0} MiB, {done.Findings} findings");
        if (progress.Left is { } left)
            line += string.Create(CultureInfo.InvariantCulture, $", about {left.TotalSeconds:n0} s left");
        if (!terminal)
        {
            Console.Error.WriteLine(line);
            return;
        }
        var width = Math.Max(20, Console.WindowWidth) - 1;
        Console.Error.Write("\r" + (line.Length > width ? line[..width] : line.PadRight(width)));
        dirty = true;
    }

    /// <summary>Leaves the line free for what is printed next.</summary>
    public void Clear()
    {
        if (dirty)
            Console.Error.Write("\r" + new string(' ', Math.Max(20, Console.WindowWidth) - 1) + "\r");
        dirty = false;
    }
}
