using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Linux.Channels;
using VfioFuzz.Linux.Images;
using VfioFuzz.Linux.Machines;
using VfioFuzz.Linux.Sessions;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux;

/// <summary>
/// A real kernel in virtual machines. Histories come in batches: after each the kernel's pin counters are read, so
/// that a leak is told with the program that made it. Each guest takes the next batch when it is free, and histories
/// are told in order; programs are independent of each other, so verdicts do not depend on who ran what.
/// </summary>
public sealed class LinuxTarget : ITarget
{
    /// <summary>The first batch is small: what is found at once is seen at once.</summary>
    private const int FirstBatch = 16;

    /// <summary>More would want more memory than small hosts have.</summary>
    private const int GuestsMax = 8;

    /// <summary>Batches drawn ahead for each session: one to run, one so that it need not wait.</summary>
    private const int BatchesAhead = 2;

    private readonly CancellationTokenSource ending;
    private readonly BlockingCollection<Batch> waiting = [];
    private readonly SessionThread[] sessions;
    private readonly int batchMax;
    private readonly string? replacedInitramfs;
    private readonly Queue<Batch> given = new();
    private readonly Stack<Batch> free = new();

    private LinuxTarget(
        string name, Func<CancellationToken, IGuest> start, SessionOptions options, LinuxTargetOptions wishes,
        string? replacedInitramfs)
    {
        Name = name;
        batchMax = wishes.BatchSize;
        this.replacedInitramfs = replacedInitramfs;
        var guests = Math.Clamp(wishes.Guests ?? Environment.ProcessorCount / wishes.Processors, 1, GuestsMax);
        ending = CancellationTokenSource.CreateLinkedTokenSource(options.Cancellation);
        sessions = new SessionThread[guests];
        for (var index = 0; index < guests; index++)
            sessions[index] = new SessionThread(new GuestSession(() => start(ending.Token), options), waiting);
        foreach (var further in sessions[1..])
            further.StartWhenWanted();
        if (wishes.ForManyPrograms)
            WantAll();
        try
        {
            var facts = sessions[0].Session.Guest.Channel.Facts;
            var dialect = DialectDecision.Of(facts);
            DialectReason = dialect.Reason;
            Platform = PlatformOf(facts, dialect.Dialect, wishes);
            sessions[0].Start();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name { get; }

    public Platform Platform { get; }

    /// <summary>The blocks of the type1 module, where it is built to tell which of them run; else none.</summary>
    public ImmutableArray<CodeBlock> Blocks { get; private set; } = [];

    /// <summary>Why the dialect is what it is: the kernel's version and what it answered to the probes.</summary>
    public string DialectReason { get; }

    /// <summary>
    /// How many guests were started; all but the first of each session replaced one that was lost or not to be
    /// trusted.
    /// </summary>
    public int GuestsStarted => sessions.Sum(each => each.Session.GuestsStarted);

    /// <summary>Boots the kernel. What is missing or does not load is said in the exception.</summary>
    /// <exception cref="KernelUnavailableException">The kernel is not prepared, does not boot, or its guest cannot
    /// be used.</exception>
    public static LinuxTarget Create(LinuxTargetOptions options)
    {
        var store = new KernelStore(options.CacheFolder);
        var kernel = KernelPreparation.Current(
            store, options.Kernel, options.GuestSource ?? KernelRequest.ShippedGuestSource,
            options.Progress ?? new Progress<string>(), options.Cancellation);
        options.Iommu.DemandDriver(kernel);
        var initramfs = (options.Type1Module ?? kernel.Type1) is { } module ? WithModule(kernel, module) : null;
        var machine = MachineOf(kernel, options) with { Initramfs = initramfs ?? kernel.Initramfs };
        var target = Create(new TargetName(options.Kernel, options.Iommu).ToString(), Boot, options, initramfs);
        target.Blocks = BlockTable.Beside(options.Type1Module ?? kernel.Type1);
        return target;

        VirtualMachine Boot(CancellationToken ending)
        {
            store.Touch(kernel);
            return VirtualMachine.Boot(machine, ending);
        }
    }

    /// <summary>The same over guests that are started in another way.</summary>
    internal static LinuxTarget Create(
        string name, Func<CancellationToken, IGuest> start, LinuxTargetOptions options, string? replacedInitramfs = null)
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
            return new LinuxTarget(name, start, session, options, replacedInitramfs);
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
        try
        {
            while (true)
            {
                for (; given.Count < BatchesAhead * sessions.Length && Give(source, size);)
                    size = Math.Min(2 * size, batchMax);
                if (!given.TryPeek(out var batch))
                    yield break;
                batch.Wait();
                for (var index = 0; index < batch.Programs.Count; index++)
                {
                    batch.Histories[index].Platform = Platform;
                    yield return batch.Histories[index];
                }
                free.Push(given.Dequeue());
            }
        }
        finally
        {
            Abandon();
        }
    }

    public void Dispose()
    {
        waiting.CompleteAdding();
        ending.Cancel();
        foreach (var session in sessions)
            session.Dispose();
        waiting.Dispose();
        ending.Dispose();
        if (replacedInitramfs is not null)
            File.Delete(replacedInitramfs);
    }

    /// <returns>Whether there were programs left.</returns>
    private bool Give(IEnumerator<Program> source, int size)
    {
        var batch = free.TryPop(out var used) ? used : new Batch();
        if (!batch.Draw(source, size))
        {
            free.Push(batch);
            return false;
        }
        given.Enqueue(batch);
        waiting.Add(batch);
        if (given.Count > 1)
            WantAll();
        return true;
    }

    private void WantAll()
    {
        foreach (var further in sessions[1..])
            further.Want();
    }

    /// <summary>Ends a run before its end; the sessions are then idle.</summary>
    private void Abandon()
    {
        foreach (var batch in given)
            batch.Abandon();
        given.Clear();
    }

    /// <summary>A kernel with KASAN needs shadow memory and takes ten times as long to boot.</summary>
    private static MachineOptions MachineOf(PreparedKernel kernel, LinuxTargetOptions options)
    {
        var machine = new MachineOptions(kernel.Vmlinux, kernel.Initramfs)
        {
            Iommu = options.Iommu,
            Processors = options.Processors,
            Accelerator = options.Accelerator,
            ConsoleLog = options.ConsoleLog,
        };
        var configuration = Path.Combine(kernel.Headers, ".config");
        return File.Exists(configuration) && new KernelConfiguration(configuration).IsOn("CONFIG_KASAN")
            ? machine with { MemoryMebibytes = 1024, BootTime = 5 * machine.BootTime }
            : machine;
    }

    /// <exception cref="KernelUnavailableException">The file is no type1 module, or the kernel has type1 built in.</exception>
    internal static string WithModule(PreparedKernel kernel, string module)
    {
        if (new ModuleSet(kernel.Modules).IsBuiltIn(Initramfs.Type1))
            throw new KernelUnavailableException(
                $"linux {kernel.Release} ({kernel.Package}) has {Initramfs.Type1} built in, so {module} cannot take its place: "
                + "build the kernel with CONFIG_VFIO_IOMMU_TYPE1=m");
        var replacement = Initramfs.Replacement(module);
        var path = Path.Combine(VirtualMachine.RunFolder, string.Create(CultureInfo.InvariantCulture,
            $"vfiofuzz-{Environment.ProcessId}-{Path.GetRandomFileName()}.initramfs"));
        File.Copy(kernel.Initramfs, path);
        using var file = new FileStream(path, FileMode.Append);
        file.Write(replacement);
        return path;
    }

    private static Platform PlatformOf(GuestFacts facts, DialectName dialect, LinuxTargetOptions wishes) => new(
        wishes.Type1Module is null && Type1Variant.Parse(wishes.Kernel) is var (_, variant) ? $"{facts.Kernel} {variant}" : facts.Kernel,
        dialect, facts.PciPageSizes, facts.PciRanges, facts.DmaEntryLimit, facts.WriteOnlyReads)
    {
        EnforcesCoherency = facts.EnforcesCoherency,
        HasHugePage = facts.HasHugePage,
        HasUnsafeInterrupts = facts.HasUnsafeInterrupts,
    };
}
