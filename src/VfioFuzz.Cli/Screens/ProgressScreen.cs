using System.Globalization;
using VfioFuzz.Campaigns;

namespace VfioFuzz.Cli.Screens;

/// <summary>
/// Tells on stderr how far a campaign is: one line that is written over on a terminal, a line every few seconds elsewhere, nothing when
/// quiet.
/// </summary>
internal sealed class ProgressScreen(string target, CheckOptions options, bool quiet)
{
    private static readonly TimeSpan PlainPeriod = TimeSpan.FromSeconds(5);

    private readonly bool terminal = !Console.IsErrorRedirected;
    private TimeSpan told;
    private bool dirty;

    public void Tell(CheckProgress progress)
    {
        if (quiet || !terminal && progress.Elapsed - told < PlainPeriod)
            return;
        told = progress.Elapsed;
        var line = Line(progress);
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
        if (!dirty)
            return;
        Console.Error.Write("\r" + new string(' ', Math.Max(20, Console.WindowWidth) - 1) + "\r");
        dirty = false;
    }

    private string Line(CheckProgress progress)
    {
        var rate = progress.Programs / Math.Max(0.001, progress.Elapsed.TotalSeconds);
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{target}: {progress.Programs:n0} programs, {rate:n0}/s, {progress.Findings} findings");
        if (progress.Shrinking is { } key)
            return $"{line}, shrinking {key.Expectation}";
        return Remaining(progress, rate) is { } remaining
            ? string.Create(CultureInfo.InvariantCulture, $"{line}, {remaining.TotalSeconds:n0} s left")
            : line;
    }

    private TimeSpan? Remaining(CheckProgress progress, double rate)
    {
        TimeSpan? byTime = options.TimeMax == TimeSpan.MaxValue ? null : options.TimeMax - progress.Elapsed;
        TimeSpan? byPrograms = options.ProgramsMax == int.MaxValue || rate < 0.01
            ? null
            : TimeSpan.FromSeconds((options.ProgramsMax - progress.Programs) / rate);
        var least = byTime is null || byPrograms < byTime ? byPrograms ?? byTime : byTime;
        return least < TimeSpan.Zero ? TimeSpan.Zero : least;
    }
}
