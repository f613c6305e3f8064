using System.Diagnostics;

namespace VfioFuzz.Linux.Tools;

/// <summary>What an external command said.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Errors)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last lines of both outputs, for a message.</summary>
    public string Tail =>
        string.Join('\n', (Output + "\n" + Errors).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(12));
}

/// <summary>Runs external commands in the C locale, to their end.</summary>
internal static class Tool
{
    /// <summary>
    /// The full path of a command on PATH (or in the sbin folders that a user's PATH may lack), or null.
    /// </summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Concat(["/usr/sbin", "/sbin"])
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    public static ToolResult Run(
        string name, IEnumerable<string> arguments, CancellationToken cancellation, string? folder = null)
    {
        using var process = Start(name, arguments, folder);
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        Finish(process, cancellation, output, errors);
        return new ToolResult(process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>Runs a command that must succeed; what it said is in the message when it does not.</summary>
    public static string Demand(
        string name, IEnumerable<string> arguments, CancellationToken cancellation, string? folder = null)
    {
        string[] list = [.. arguments];
        var result = Run(name, list, cancellation, folder);
        if (!result.Succeeded)
            throw Failure(name, list, result);
        return result.Output;
    }

    /// <summary>
    /// Feeds <paramref name="input"/> to a filter (a decompressor) and writes what comes out to a file.
    /// </summary>
    public static void Filter(
        string name, IEnumerable<string> arguments, ReadOnlyMemory<byte> input, string target,
        CancellationToken cancellation)
    {
        string[] list = [.. arguments];
        using var process = Start(name, list, null);
        using var file = File.Create(target);
        var output = process.StandardOutput.BaseStream.CopyToAsync(file, cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            process.StandardInput.BaseStream.Write(input.Span);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The filter ended before its input did; its exit code and words tell why.
        }
        Finish(process, cancellation, output, errors);
        if (process.ExitCode != 0)
            throw Failure(name, list, new ToolResult(process.ExitCode, "", errors.Result));
    }

    private static Process Start(string name, IEnumerable<string> arguments, string? folder)
    {
        var path = Find(name) ?? throw new KernelUnavailableException($"{name} is not installed");
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        return Process.Start(start) ?? throw new InvalidOperationException($"{path} did not start");
    }

    private static void Finish(Process process, CancellationToken cancellation, params Task[] readers)
    {
        try
        {
            Task.WaitAll(readers, cancellation);
            process.WaitForExitAsync(cancellation).Wait(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static KernelUnavailableException Failure(string name, string[] arguments, ToolResult result)
    {
        var command = $"{name} {string.Join(' ', arguments)}";
        var fullDisk = result.Tail.Contains("No space left on device", StringComparison.Ordinal);
        return new KernelUnavailableException(
            (fullDisk ? "the disk is full: " : "") + $"`{command}` failed with code {result.ExitCode}:\n{result.Tail}");
    }
}
