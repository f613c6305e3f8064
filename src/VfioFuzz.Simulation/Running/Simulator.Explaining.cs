using System.Collections.Immutable;
using System.Numerics;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Kernel;
using Lock = VfioFuzz.Simulation.Kernel.Lock;

namespace VfioFuzz.Simulation.Running;

/// <summary>A run that is looked at after every step; nothing of it is kept otherwise.</summary>
internal sealed partial class Simulator<TDesign>
{
    private List<Moment>? moments;
    private List<(int Line, Answer Answer)>? answeredSince;

    public Interleaving Explain(Program program, RunRequest request, History history)
    {
        moments = [];
        answeredSince = [];
        Run(program, request, history);
        var taken = new Interleaving([.. moments]);
        moments = null;
        answeredSince = null;
        return taken;
    }

    /// <summary>Frozen modes and the tear-down are no part of the program's interleaving: recording has ended by then.</summary>
    private void Note(int task, string step, bool starts)
    {
        if (moments is null || !recording)
            return;
        var at = machine.State.Tasks[task].Line;
        moments.Add(new Moment(
            at < Limits.LinesMax ? at : line, new TaskId((byte)task), step, starts, [.. answeredSince!], [.. Inside()], [.. MappingWords()], [.. PinWords()]));
        answeredSince!.Clear();
    }

    private IEnumerable<TaskMoment> Inside()
    {
        for (var task = 0; task < Limits.TasksMax; task++)
        {
            if ((machine.State.Active >> task & 1) == 0)
                continue;
            var canRun = machine.CanRun(task);
            yield return new TaskMoment(
                new TaskId((byte)task),
                Place.Describe(machine.State.Tasks[task].Label),
                canRun ? "" : machine.WaitOf(task),
                !canRun && machine.HolderOf(task) is { } holder ? new TaskId((byte)holder) : null,
                [.. HeldBy(task)]);
        }
    }

    private IEnumerable<string> HeldBy(int task)
    {
        for (var number = 1; number < Lock.Count; number++)
        {
            if (machine.State.Locks[number] == task + 1)
                yield return Lock.Describe(number);
        }
    }

    private IEnumerable<string> MappingWords()
    {
        for (var m = 0; m < MachineState.MappingsMax; m++)
        {
            var mapping = machine.State.Mappings[m];
            if (mapping.InUse == 0)
                continue;
            var owner = mapping.Owner == MachineState.Nobody ? "nobody" : $"p{mapping.Owner}";
            var valid = (mapping.Flags & MappingFlags.VaddrInvalid) != 0 ? "INVALID vaddr" : $"vaddr {WordOf(mapping.Vaddr)}";
            var file = (mapping.Flags & MappingFlags.FileBacked) != 0 ? " of the file" : "";
            var translated = machine.State.Hardware.TranslatedPages(m) > 0 ? ", in the IOMMU" : "";
            yield return $"{new Iova(mapping.Iova)}+{new ByteCount(mapping.Size)} {valid}{file} of {owner}{translated}";
        }
    }

    private static string WordOf(ulong vaddr) => vaddr is >= Limits.WindowBase and < Limits.WindowEnd
        ? $"page{(vaddr - Limits.WindowBase) / Limits.PageSize}"
        : new HostAddress(vaddr).ToString();

    private IEnumerable<string> PinWords()
    {
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
        {
            var p = machine.State.Pins[pin];
            if (p.InUse == 0)
                continue;
            var iova = machine.State.Mappings[p.InUse - 1].Iova + (ulong)p.Offset;
            var holders = new List<string>();
            for (var device = 0; device < Limits.DevicesMax; device++)
            {
                if (p.Records[device] != 0)
                    holders.Add($"d{device} x{BitOperations.Log2(p.Records[device])}");
            }
            yield return $"{new Iova(iova)} by {string.Join(", ", holders)}";
        }
    }
}
