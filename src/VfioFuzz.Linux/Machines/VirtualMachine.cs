using System.Diagnostics;
using System.Globalization;
using System.Text;
using VfioFuzz.Linux.Channels;
using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Machines;

/// <summary>One run of QEMU with a guest whose executor is ready.</summary>
internal sealed class VirtualMachine : IGuest
{
    private static int made;

    private readonly Process process;
    private readonly SharedMemory memory;
    private readonly StringBuilder errors = new();
    private readonly string consolePath;
    private readonly string[] cardPaths;

    private VirtualMachine(MachineOptions options)
    {
        var qemu = Tool.Find("qemu-system-x86_64") ?? throw new KernelUnavailableException(
            "qemu-system-x86_64 is not installed; install with\n"
            + "  apt-get install --no-install-recommends qemu-system-x86");
        var stem = Path.Combine(RunFolder, string.Create(CultureInfo.InvariantCulture,
            $"vfiofuzz-{Environment.ProcessId}-{Interlocked.Increment(ref made)}"));
        consolePath = stem + ".console";
        cardPaths = [.. options.Devices.Select((_, number) => string.Create(
            CultureInfo.InvariantCulture, $"{stem}.card{number}"))];
        File.WriteAllBytes(consolePath, []);
        foreach (var path in cardPaths)
            using (var card = File.Create(path))
                card.SetLength(PciDevice.CardSize);
        memory = new SharedMemory(stem + ".memory");
        Console = new GuestConsole(consolePath, options.ConsoleLog);
        Channel = new GuestChannel(memory);
        process = ProcessLauncher.Start(qemu, MachineArguments.Of(options, memory.Path, consolePath, cardPaths));
        process.ErrorDataReceived += (_, data) =>
        {
            if (data.Data is { } said)
                lock (errors)
                    errors.AppendLine(said);
        };
        process.BeginErrorReadLine();
        ProcessId = process.Id;
    }

    public GuestChannel Channel { get; }

    public GuestConsole Console { get; }

    public string? Ended
    {
        get
        {
            if (!process.HasExited)
                return null;
            lock (errors)
                return string.Create(CultureInfo.InvariantCulture,
                    $"QEMU ended with code {process.ExitCode}{(errors.Length > 0 ? ": " + errors : "")}").TrimEnd();
        }
    }

    /// <summary>QEMU's.</summary>
    public int ProcessId { get; }

    /// <summary>Files that host and QEMU share live in memory where there is such a folder.</summary>
    public static string RunFolder => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    /// <summary>Boots until the executor is ready; a boot that does not get there is tried once more.</summary>
    /// <exception cref="KernelUnavailableException">Twice in vain.</exception>
    public static VirtualMachine Boot(MachineOptions options, CancellationToken cancellation)
    {
        RemoveLeftovers();
        var first = TryBoot(options, out var machine, cancellation);
        if (machine is not null)
            return machine;
        var second = TryBoot(options, out machine, cancellation);
        return machine ?? throw new KernelUnavailableException(
            "the guest did not get as far as its executor, twice: "
            + (first == second ? first : $"{first}\nthen: {second}"));
    }

    /// <summary>Ends QEMU as the kernel's out-of-memory killer would: for tests of what comes after.</summary>
    internal void Kill() => process.Kill();

    public void Dispose()
    {
        ProcessLauncher.End(process);
        Console.Dispose();
        memory.Dispose();
        RemoveFiles();
    }

    /// <summary>Once both sides have them open the files need no names, and a killed host leaves nothing behind.</summary>
    private void RemoveFiles()
    {
        File.Delete(memory.Path);
        File.Delete(consolePath);
        foreach (var path in cardPaths)
            File.Delete(path);
    }

    /// <returns>Why the boot failed; empty when <paramref name="machine"/> is ready.</returns>
    private static string TryBoot(MachineOptions options, out VirtualMachine? machine, CancellationToken cancellation)
    {
        var booting = new VirtualMachine(options);
        machine = null;
        try
        {
            var clock = Stopwatch.StartNew();
            while (!booting.Channel.IsReady)
            {
                cancellation.ThrowIfCancellationRequested();
                if (booting.Ended is { } ended)
                    return $"{ended}\n{booting.Console.Tail}".TrimEnd();
                if (clock.Elapsed > options.BootTime)
                    return string.Create(CultureInfo.InvariantCulture,
                        $"nothing for {options.BootTime.TotalSeconds:f0} s\n{booting.Console.Tail}").TrimEnd();
                Thread.Sleep(2);
            }
            booting.RemoveFiles();
            machine = booting;
            return "";
        }
        finally
        {
            if (machine is null)
                booting.Dispose();
        }
    }

    /// <summary>Files of processes that were killed before they could remove them.</summary>
    private static void RemoveLeftovers()
    {
        foreach (var path in Directory.EnumerateFiles(RunFolder, "vfiofuzz-*-*"))
        {
            var owner = Path.GetFileName(path).Split('-')[1];
            if (int.TryParse(owner, CultureInfo.InvariantCulture, out var id) && !Directory.Exists($"/proc/{id}"))
                File.Delete(path);
        }
    }
}
