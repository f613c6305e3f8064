using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Channels;

/// <summary>
/// The host's side of the memory that host and guest share (guest/wire.h). Programs are numbered in the order they
/// are submitted; number n uses slot n mod <see cref="Wire.Slots"/>, and the guest takes the slots in turn. The
/// states of slots, the magic and the command are the only words both sides write: stored with release, loaded with
/// acquire order.
/// </summary>
internal sealed unsafe class GuestChannel(SharedMemory memory)
{
    private readonly WireHeader* header = (WireHeader*)memory.Address;
    private ulong submitted;

    /// <summary>Whether the executor has said that it is ready (or why it cannot be).</summary>
    public bool IsReady => Volatile.Read(ref header->Magic) != 0;

    public ulong Heartbeat => Volatile.Read(ref header->Heartbeat);

    public bool CommandDone => Volatile.Read(ref header->Command) == (uint)GuestCommand.None;

    public int CommandResult => header->CommandResult;

    public ulong CommandValue(int index) => header->CommandValue[index];

    /// <summary>
    /// Why the layouts of host and guest do not match, or null. To be asked when the channel is ready.
    /// </summary>
    public string? Mismatch
    {
        get
        {
            if (Volatile.Read(ref header->Magic) is var magic && magic != Wire.Magic)
                return string.Create(CultureInfo.InvariantCulture,
                    $"the guest speaks wire version {magic:x}, the host {Wire.Magic:x}");
            return Differs("operation", header->SizeOperation, sizeof(Operation))
                ?? Differs("event", header->SizeEvent, sizeof(HistoryEvent))
                ?? Differs("slot", header->SizeSlot, sizeof(WireSlot))
                ?? Differs("header", header->SizeHeader, sizeof(WireHeader));

            static string? Differs(string name, uint guest, int host) => guest == host ? null : string.Create(
                CultureInfo.InvariantCulture, $"the guest's {name} has {guest} bytes, the host's {host}");
        }
    }

    /// <summary>What the executor found out about its machine.</summary>
    public GuestFacts Facts
    {
        get
        {
            var ranges = new IovaRange[Math.Min(header->PciRanges, WireHeader.RangesMax)];
            for (var index = 0; index < ranges.Length; index++)
                ranges[index] = new(new(header->PciRange[2 * index]), new(header->PciRange[2 * index + 1]));
            return new GuestFacts(
                Text(header->Kernel, WireHeader.KernelMax), Text(header->Failure, WireHeader.FailureMax),
                (int)header->DevicesPci, (int)header->DevicesMdev, header->PciPageSizes, ranges, header->DmaEntryLimit,
                header->CapabilityUpdateVaddrPci != 0, header->CapabilityUpdateVaddrMdev != 0,
                header->WriteOnlyReads != 0, header->DmaCc != 0, header->HugePages != 0, header->UnsafeInterrupts != 0);
        }
    }

    /// <summary>
    /// Gives the next program to the guest. Its slot must be free: the program before the last <see
    /// cref="Wire.Slots"/> taken.
    /// </summary>
    /// <returns>The program's number.</returns>
    public ulong Submit(Program program, WireLane lane, TimeSpan settle)
    {
        var number = submitted;
        var slot = Slot(number);
        if (slot->State != (uint)SlotState.Free)
            throw new InvalidOperationException("the slot is in use: more programs in flight than slots");
        submitted++;
        slot->Lane = (uint)lane;
        slot->Lines = (uint)program.Lines.Length;
        slot->SettleMilliseconds = (uint)settle.TotalMilliseconds;
        slot->Sequence = number;
        slot->Progress = 0;
        slot->Events = 0;
        slot->BusyMicroseconds = 0;
        slot->World = program.World;
        slot->Text[0] = 0;
        for (var line = 0; line < program.Lines.Length; line++)
        {
            slot->Block[line] = program.Lines[line].Block;
            slot->Operations[line] = program.Lines[line].Operation;
        }
        Volatile.Write(ref slot->State, (uint)SlotState.Submitted);
        return number;
    }

    public bool IsDone(ulong number) => Volatile.Read(ref Slot(number)->State) == (uint)SlotState.Done;

    /// <summary>The line that program last started, or -1.</summary>
    public int LineOf(ulong number) => (int)Volatile.Read(ref Slot(number)->Progress) - 1;

    /// <summary>Takes the events of a program that is done and frees its slot.</summary>
    /// <returns>States and stacks of stuck tasks; usually empty.</returns>
    public string Take(ulong number, History history)
    {
        var text = Copy(number, history);
        Volatile.Write(ref Slot(number)->State, (uint)SlotState.Free);
        return text;
    }

    /// <summary>The events so far of a program that will never be done: its guest is gone.</summary>
    public string Copy(ulong number, History history)
    {
        var slot = Slot(number);
        var count = Math.Min((int)Volatile.Read(ref slot->Events), Wire.EventsMax);
        foreach (var happened in MemoryMarshal.CreateReadOnlySpan(ref slot->EventList[0], count))
            history.Add(happened);
        history.Took = TimeSpan.FromMicroseconds(slot->BusyMicroseconds);
        CopyCoverage(number, history);
        return Text(slot->Text, Wire.TextMax);
    }

    /// <summary>A guest whose type1 does not tell leaves both counts 0.</summary>
    private void CopyCoverage(ulong number, History history)
    {
        var coverage = (WireCoverage*)((byte*)header + Wire.CoverageOffset) + number % Wire.Slots;
        var blocks = (int)Math.Min(coverage->Blocks, WireCoverage.EntriesMax);
        var steps = Math.Min((int)coverage->Steps, WireCoverage.EntriesMax - blocks);
        history.AddCoverage(new(coverage->Entry, blocks), new(coverage->Entry + blocks, steps));
    }

    /// <summary>Asks for something besides programs; none may be in flight.</summary>
    public void Post(GuestCommand command, string text = "")
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var target = new Span<byte>(header->CommandText, WireHeader.CommandTextMax);
        target.Clear();
        bytes.CopyTo(target[..^1]);
        Volatile.Write(ref header->Command, (uint)command);
    }

    private static string Text(byte* start, int length)
    {
        var bytes = new ReadOnlySpan<byte>(start, length);
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private WireSlot* Slot(ulong number) =>
        (WireSlot*)((byte*)header + Wire.SlotOffset) + number % Wire.Slots;
}
