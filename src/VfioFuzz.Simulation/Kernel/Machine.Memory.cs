using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>What user code does to its window, its limit and its capability.</summary>
internal sealed partial class Machine<TDesign>
{
    private static ulong AddressOf(int page) => Limits.WindowBase + (ulong)page * Limits.PageSize;

    private void WritePage(int task, int page)
    {
        var done = state.Hardware.Write(ProcessOf(task), AddressOf(page), Tag.OfLine(state.Tasks[task].Line).Value);
        Finish(task, done ? Errno.None : Errno.EFAULT);
    }

    private void ReadPage(int task, int page)
    {
        var done = state.Hardware.Read(ProcessOf(task), AddressOf(page), out var tag);
        Finish(task, done ? Errno.None : Errno.EFAULT, tag);
    }

    private void StartMmap(int task)
    {
        // Where nobody waits with mmap_lock held it is inside the step.
        if (TDesign.PinsInFault)
            Go(task, Label.MmapLocked, Lock.Mmap(ProcessOf(task)));
        else
            MmapLocked(task);
    }

    private void MmapLocked(int task)
    {
        ref readonly var op = ref operations[state.Tasks[task].Line];
        if (TDesign.PinsInFault)
            Release(Lock.Mmap(ProcessOf(task)));
        if (op.Kind == OperationKind.Mmap)
            Mmap(task, in op);
        else
            Munmap(task, in op);
    }

    private void Mmap(int task, in Operation op)
    {
        var end = WindowRangeEnd(op.Page, op.Pages);
        if (end <= op.Page || op.MemoryKind > MemoryKinds.Last)
        {
            Finish(task, Errno.EINVAL);
            return;
        }
        for (var page = op.Page; page < end; page++)
            state.Hardware.MapPage(ProcessOf(task), page, op.MemoryKind, Tag.OfLine(state.Tasks[task].Line).Value);
        Finish(task, Errno.None);
    }

    private void Munmap(int task, in Operation op)
    {
        var end = WindowRangeEnd(op.Page, op.Pages);
        if (end <= op.Page)
        {
            Finish(task, Errno.EINVAL);
            return;
        }
        for (var page = op.Page; page < end; page++)
            state.Hardware.UnmapPage(ProcessOf(task), page);
        Finish(task, Errno.None);
    }

    /// <summary>One past the last page of a range that is cut at the window's end.</summary>
    private static int WindowRangeEnd(int page, ulong pages) =>
        (int)Math.Min((ulong)page + Math.Min(pages, Limits.WindowPages), Limits.WindowPages);

    private void SetLimit(int task, ulong pages)
    {
        state.Processes[ProcessOf(task)].Limit = (ushort)Math.Min(pages, Process.Unlimited);
        Finish(task, Errno.None);
    }

    private void SetCapability(int task, bool raised)
    {
        ref var p = ref state.Processes[ProcessOf(task)];
        var bit = (byte)(1 << task % Limits.ThreadsPerProcess);
        if (raised)
            p.Capable |= bit;
        else
            p.Capable &= (byte)~bit;
        Finish(task, Errno.None);
    }
}
