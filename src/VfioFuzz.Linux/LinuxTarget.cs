using System.Globalization;
using VfioFuzz.Linux.Channels;
using VfioFuzz.Linux.Images;
using VfioFuzz.Linux.Machines;
using VfioFuzz.Linux.Sessions;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux;

/// <summary>
/// A real kernel in a virtual machine. Histories come in batches: after each the kernel's pin counters are read, so
/// that a leak is told with the program that made it.
/// </summary>
public sealed class LinuxTarget : ITarget
{
    /// <summary>The first batch is small: what is found at once is seen at once.</summary>
    private const int FirstBatch = 16;

    /// <summary>
    /// Up to here a write-only mapping lets the device read (measured on 6.1 and 6.12; refused by 7.3).
    /// </summary>
    private static readonly Version WriteOnlyReads = new(7, 0);

    private readonly GuestSession session;
    private readonly int batchMax;
    private readonly string? replacedInitramfs;
    private readonly List<Program> batch = [];
    private readonly List<History> histories = [];

    private LinuxTarget(
        string name, Func<IGuest> start, SessionOptions options, int batchMax, string? replacedInitramfs)
    {
        Name = name;
        this.batchMax = batchMax;
        this.replacedInitramfs = replacedInitramfs;
        session = new GuestSession(start, options);
        try
        {
            var facts = session.Guest.Channel.Facts;
            var dialect = DialectDecision.Of(facts);
            DialectReason = dialect.Reason;
            Platform = PlatformOf(facts, dialect.Dialect);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name { get; }

    public Platform Platform { get; }

    /// <summary>Why the dialect is what it is: the kernel's version and what it answered to the probes.</summary>
    public string DialectReason { get; }

    /// <summary>
    /// How many guests were started; all but the first replaced one that was lost or not to be trusted.
    /// </summary>
    public int GuestsStarted => session.GuestsStarted;

    /// <summary>Boots the kernel. What is missing or does not load is said in the exception.</summary>
    /// <exception cref="KernelUnavailableException">The kernel is not prepared, does not boot, or its guest cannot
    /// be used.</exception>
    public static LinuxTarget Create(LinuxTargetOptions options)
    {
        var store = new KernelStore(options.CacheFolder);
        var kernel = KernelPreparation.Current(
            store, options.Kernel, options.GuestSource ?? KernelRequest.ShippedGuestSource,
            options.Progress ?? new Progress<string>(), options.Cancellation);
        var initramfs = options.Type1Module is { } module ? WithModule(kernel.Initramfs, module) : null;
        var machine = MachineOf(kernel, options) with { Initramfs = initramfs ?? kernel.Initramfs };
        return Create(
            $"linux/{options.Kernel}", () => VirtualMachine.Boot(machine, options.Cancellation), options, initramfs);
    }

    /// <summary>The same over guests that are started in another way.</summary>
    internal static LinuxTarget Create(
        string name, Func<IGuest> start, LinuxTargetOptions options, string? replacedInitramfs = null)
    {
        var session = new SessionOptions
        {
            SettleTime = options.SettleTime,
            HangTime = options.HangTime,
            Progress = options.Progress,
            Cancellation = options.Cancellation,
        };
        try
        {
            return new LinuxTarget(name, start, session, options.BatchSize, replacedInitramfs);
        }
        catch (KernelUnavailableException exception) when (options.Type1Module is { } module)
        {
            throw new KernelUnavailableException($"with {module}: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// The request's schedule and freeze mode mean nothing to a real kernel, which schedules by itself.
    /// </summary>
    public IEnumerable<History> Run(IEnumerable<Program> programs, RunRequest request)
    {
        var size = Math.Min(FirstBatch, batchMax);
        using var source = programs.GetEnumerator();
        while (Draw(source, size))
        {
            session.Run(batch, histories);
            for (var index = 0; index < batch.Count; index++)
            {
                histories[index].Platform = Platform;
                yield return histories[index];
            }
            size = Math.Min(2 * size, batchMax);
        }
    }

    public void Dispose()
    {
        session.Dispose();
        if (replacedInitramfs is not null)
            File.Delete(replacedInitramfs);
    }

    private bool Draw(IEnumerator<Program> source, int size)
    {
        batch.Clear();
        while (batch.Count < size && source.MoveNext())
            batch.Add(source.Current);
        while (histories.Count < batch.Count)
            histories.Add(new History());
        for (var index = 0; index < batch.Count; index++)
            histories[index].Clear();
        return batch.Count > 0;
    }

    /// <summary>A kernel with KASAN needs shadow memory and takes ten times as long to boot.</summary>
    private static MachineOptions MachineOf(PreparedKernel kernel, LinuxTargetOptions options)
    {
        var machine = new MachineOptions(kernel.Vmlinux, kernel.Initramfs)
        {
            Processors = options.Processors,
            Accelerator = options.Accelerator,
            ConsoleLog = options.ConsoleLog,
        };
        var configuration = Path.Combine(kernel.Headers, ".config");
        return File.Exists(configuration) && new KernelConfiguration(configuration).IsOn("CONFIG_KASAN")
            ? machine with { MemoryMebibytes = 1024, BootTime = 5 * machine.BootTime }
            : machine;
    }

    private static string WithModule(string initramfs, string module)
    {
        var replacement = Initramfs.Replacement(module);
        var path = Path.Combine(VirtualMachine.RunFolder, string.Create(CultureInfo.InvariantCulture,
            $"vfiofuzz-{Environment.ProcessId}-{Path.GetRandomFileName()}.initramfs"));
        File.Copy(initramfs, path);
        using var file = new FileStream(path, FileMode.Append);
        file.Write(replacement);
        return path;
    }

    private static Platform PlatformOf(GuestFacts facts, DialectName dialect) => new(
        facts.Kernel, dialect, facts.PciPageSizes, facts.PciRanges, facts.DmaEntryLimit,
        DialectDecision.VersionOf(facts.Kernel) < WriteOnlyReads);
}
