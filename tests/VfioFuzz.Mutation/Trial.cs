using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace VfioFuzz.Mutation;

/// <summary>
/// Tries one mutant after the other: those that can be switched in one warm process, the others each in its own. Everything runs at this
/// program's priority, which build.sh makes a low one.
/// </summary>
internal sealed class Trial : IDisposable
{
    private const string Assembly = "VfioFuzz.Model.dll";

    /// <summary>What a run on a kernel may take beyond the time it is given.</summary>
    private static readonly TimeSpan KernelStartMax = TimeSpan.FromMinutes(5);

    private readonly Model model;
    private readonly string built;
    private readonly string work;
    private readonly string switched;
    private readonly Host host;

    /// <param name="model">Whose mutants they are; compiled before.</param>
    /// <param name="image">Its assembly with the switches.</param>
    /// <param name="built">artifacts/bin.</param>
    /// <param name="work">A folder of the trial's own.</param>
    public Trial(Model model, byte[] image, string built, string work)
    {
        (this.model, this.built, this.work) = (model, built, work);
        Directory.CreateDirectory(work);
        switched = Path.Combine(work, "switched.dll");
        File.WriteAllBytes(switched, image);
        host = HostOf(switched);
        // Tests that fail without a mutant would kill them all.
        if (host.Try(0) is { IsDeath: true } failure)
            throw new InvalidOperationException($"the model as it is does not pass: {failure}");
    }

    public Ending Try(Mutant mutant)
    {
        if (model.NumberOf(mutant) is > 0 and var number)
            return host.Try(number);
        var alone = Path.Combine(work, "alone.dll");
        File.WriteAllBytes(alone, model.Compile(mutant)!);
        using var own = HostOf(alone);
        return own.Try(0);
    }

    /// <summary>A run on a real kernel, for those that nothing else saw; null when it saw nothing either.</summary>
    public Ending? OnKernel(Mutant mutant, string target, int seconds)
    {
        var command = Path.Combine(work, "command");
        if (!Directory.Exists(command))
            Copy(Path.Combine(built, "VfioFuzz.Cli", "release"), command);
        var number = model.NumberOf(mutant);
        File.WriteAllBytes(Path.Combine(command, Assembly), number > 0 ? File.ReadAllBytes(switched) : model.Compile(mutant)!);
        var start = new ProcessStartInfo(Path.Combine(command, "vfiofuzz"),
        [
            "check", "--target", target, "--time", $"{seconds}", "--avoid-known", "--no-shrink", "--json", "--quiet", "--findings", Path.Combine(work, "findings"),
        ])
        {
            RedirectStandardOutput = true,
        };
        start.Environment[Schemata.Variable] = number.ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(seconds) + KernelStartMax))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return new Ending($"{seconds} s on {target} (hung)", "");
        }
        return process.ExitCode > 4 ? new Ending($"{seconds} s on {target} (stopped)", "") : Wrong(output.Result, $"{seconds} s on {target}");
    }

    public void Dispose() => host.Dispose();

    /// <summary>Answers, charges and the kernel's own BUG are what the model speaks of; other rules fail with any model.</summary>
    private static Ending? Wrong(string output, string stage)
    {
        var start = output.IndexOf('[', StringComparison.Ordinal);
        if (start < 0)
            return null;
        using var reports = JsonDocument.Parse(output[start..]);
        foreach (var finding in reports.RootElement[0].GetProperty("findings").EnumerateArray())
            if (finding.GetProperty("rule").GetString() is "answer-allowed" or "locked-vm" && finding.GetProperty("known").GetString() is null)
                return new Ending(stage, finding.GetProperty("place").GetString()!);
        return null;
    }

    private Host HostOf(string image) => new(
        Path.Combine(built, "VfioFuzz.Model.Tests", "release"), Path.Combine(built, "VfioFuzz.Cli.Tests", "release"), image);

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }
    }
}
