using System.Diagnostics;

namespace VfioFuzz.Cli.Tests;

/// <summary>What the command said and how it ended.</summary>
internal sealed record Ran(int Code, string Out, string Error);

/// <summary>Runs the built command as people do, in a directory of its own and with an empty cache of kernels.</summary>
internal sealed class Command : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public Command() => System.IO.Directory.CreateDirectory(Directory);

    /// <summary>Whether the command sees the kernels that were prepared on this machine.</summary>
    public bool HasKernels { get; init; }

    public string Directory { get; } = Path.Combine(Path.GetTempPath(), $"vfiofuzz-{Guid.NewGuid():n}");

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    public string File(string name, string text)
    {
        var path = Path.Combine(Directory, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public Ran Run(params ReadOnlySpan<string> arguments) => RunOn("", arguments);

    public Ran RunOn(string input, params ReadOnlySpan<string> arguments)
    {
        using var process = Start(arguments);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return End(process);
    }

    public Process Start(params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "vfiofuzz"))
        {
            WorkingDirectory = Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        if (!HasKernels)
            start.Environment["VFIOFUZZ_CACHE"] = Path.Combine(Directory, "cache");
        return Process.Start(start)!;
    }

    public static Ran End(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"the command did not end within {Patience}");
        }
        return new Ran(process.ExitCode, output.Result, error.Result);
    }
}
