using System.Runtime.InteropServices;
using System.Text;
using VfioFuzz.Linux.Channels;
using VfioFuzz.Linux.Machines;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Tests.Sessions;

/// <summary>
/// Plays the executor on the other side of the shared memory: a thread that takes the slots in turn. A
/// CHECK_EXTENSION line whose number is one of the <see cref="Deeds"/> makes it misbehave; every other line answers
/// its own extension number.
/// </summary>
internal sealed unsafe class FakeGuest : IGuest
{
    private static int made;

    private readonly SharedMemory memory;
    private readonly FileStream consoleFile;
    private readonly Thread executor;
    private readonly FakeWorld world;
    private readonly int generation;
    private WireHeader* header;
    private volatile bool stopping;
    private volatile string? ended;
    private ulong tickets;

    public FakeGuest(FakeWorld world)
    {
        this.world = world;
        generation = ++world.Guests;
        var stem = Path.Combine(
            Path.GetTempPath(), $"fake-guest-{Environment.ProcessId}-{Interlocked.Increment(ref made)}");
        memory = new SharedMemory(stem + ".memory");
        header = (WireHeader*)memory.Address;
        consoleFile = new FileStream(
            stem + ".console", FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
        Console = new GuestConsole(consoleFile.Name);
        Channel = new GuestChannel(memory);
        FillHeader();
        executor = new Thread(Serve) { IsBackground = true };
        executor.Start();
    }

    public GuestChannel Channel { get; }

    public GuestConsole Console { get; }

    public string? Ended => ended;

    public void Dispose()
    {
        stopping = true;
        executor.Join();
        header = null;
        Console.Dispose();
        consoleFile.Dispose();
        File.Delete(consoleFile.Name);
        memory.Dispose();
    }

    private void FillHeader()
    {
        header->SizeOperation = (uint)sizeof(Operation);
        header->SizeEvent = (uint)sizeof(HistoryEvent);
        header->SizeSlot = (uint)(sizeof(WireSlot) + world.SlotSizeError);
        header->SizeHeader = (uint)sizeof(WireHeader);
        header->CapabilityUpdateVaddrPci = 1;
        header->CapabilityUpdateVaddrMdev = world.PinsMayWait ? 1u : 0u;
        Encoding.ASCII.GetBytes("6.1.0-99-amd64 #1 SMP Debian 6.1.192-2").CopyTo(new Span<byte>(header->Kernel, 128));
        Encoding.ASCII.GetBytes(world.Failure).CopyTo(new Span<byte>(header->Failure, 512));
        Volatile.Write(ref header->Magic, Wire.Magic);
    }

    private void Serve()
    {
        for (var number = 0UL; !stopping;)
        {
            if (ended is null && !world.Hanging)
                header->Heartbeat++;
            if (header->Command == (uint)GuestCommand.PinCounters)
            {
                header->CommandValue[0] = (ulong)world.Pins + 1000;
                header->CommandValue[1] = 1000;
                Volatile.Write(ref header->Command, 0);
            }
            var slot = (WireSlot*)((byte*)header + Wire.SlotOffset) + number % Wire.Slots;
            if (ended is not null || world.Hanging || Volatile.Read(ref slot->State) != (uint)SlotState.Submitted)
            {
                Thread.Sleep(0);
                continue;
            }
            if (!RunProgram(slot))
                continue;
            Volatile.Write(ref slot->State, (uint)SlotState.Done);
            number++;
        }
        world.Hanging = false;
    }

    /// <returns>Whether the guest lives to tell.</returns>
    private bool RunProgram(WireSlot* slot)
    {
        world.Runs++;
        world.SettleMilliseconds = slot->SettleMilliseconds;
        for (var line = 0; line < slot->Lines; line++)
        {
            slot->Progress = (uint)line + 1;
            var extension = slot->Operations[line].X;
            Add(slot, HistoryEvent.Called(line, tickets++));
            if (!Do((Deed)extension, slot))
                return false;
            Add(slot, HistoryEvent.Answered(line, Answer.Ok(extension), tickets++));
            Add(slot, HistoryEvent.Settled(tickets++));
        }
        return true;
    }

    private bool Do(Deed deed, WireSlot* slot)
    {
        switch (deed)
        {
            case Deed.Panic:
                Say("[    3.141592] Kernel panic - not syncing: Fatal exception\n");
                ended = "QEMU ended with code 0";
                return false;
            case Deed.Vanish:
                ended = "QEMU ended with code 137";
                return false;
            case Deed.Hang or Deed.HangOnce when deed == Deed.Hang || generation == 1:
                world.Hanging = true;
                return false;
            case Deed.Complain:
                Say("[    2.000001] WARNING: CPU: 0 PID: 1 at drivers/vfio/vfio_iommu_type1.c:1\n");
                break;
            case Deed.ComplainOnce when generation == 1:
                Say("[    2.000001] WARNING: CPU: 0 PID: 1 at once.c:1\n");
                break;
            case Deed.Leak:
                world.Pins += 3;
                break;
            case Deed.LeakOnce when generation == 1:
                world.Pins += 1;
                break;
            case Deed.FailReset:
                Add(slot, new HistoryEvent(EventKind.ResetFailed, 0, 0, 0, 7, tickets++));
                Encoding.ASCII.GetBytes("p0.t1 D vfio_wait\0").CopyTo(new Span<byte>(slot->Text, Wire.TextMax));
                break;
            case Deed.StayBusy:
                Add(slot, new HistoryEvent(EventKind.ResetFailed, 0, 0, 0, (ulong)ResetReason.Type1IsBusy, tickets++));
                Add(slot, new HistoryEvent(EventKind.ResetFailed, 0, 0, 0, (ulong)ResetReason.MdevIsBusy, tickets++));
                break;
        }
        return true;
    }

    private void Say(string text) => consoleFile.Write(Encoding.ASCII.GetBytes(text));

    private static void Add(WireSlot* slot, HistoryEvent happened) =>
        MemoryMarshal.CreateSpan(ref slot->EventList[0], Wire.EventsMax)[(int)slot->Events++] = happened;
}

/// <summary>Extension numbers that make a fake guest misbehave.</summary>
internal enum Deed : ulong
{
    Panic = 9001,
    Vanish,
    Hang,
    HangOnce,
    Complain,
    ComplainOnce,
    Leak,
    LeakOnce,
    FailReset,
    StayBusy,
}

/// <summary>What outlives one fake guest: counts, and how it presents itself.</summary>
internal sealed class FakeWorld
{
    public int Guests { get; set; }

    /// <summary>Whether a vaddr can be invalid while an mdev is attached.</summary>
    public bool PinsMayWait { get; init; }

    /// <summary>The settling time that the last program came with.</summary>
    public uint SettleMilliseconds { get; set; }

    public int Runs { get; set; }

    public long Pins { get; set; }

    public bool Hanging { get; set; }

    public string Failure { get; init; } = "";

    public int SlotSizeError { get; init; }

    /// <summary>Guests that can be started; more starts fail.</summary>
    public int GuestsMax { get; init; } = int.MaxValue;

    public LinuxTarget Target(int batchSize = 256, int guests = 1) => LinuxTarget.Create("linux/fake", _ => Start(), new LinuxTargetOptions
    {
        Kernel = "fake",
        BatchSize = batchSize,
        Guests = guests,
        HangTime = TimeSpan.FromMilliseconds(150),
    });

    private FakeGuest Start() => Guests < GuestsMax
        ? new FakeGuest(this)
        : throw new KernelUnavailableException("the machine is out of guests");
}
