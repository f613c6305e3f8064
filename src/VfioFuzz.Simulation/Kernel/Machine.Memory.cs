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
        switch (op.Kind)
        {
            case OperationKind.Mmap: Mmap(task, in op); break;
            case OperationKind.Munmap: Munmap(task, in op); break;
            case OperationKind.Mlock: Finish(task, Mlock(task, (int)Math.Min(op.Pages, Limits.OwnPages))); break;
            default:
                Munlock(ProcessOf(task));
                Finish(task, Errno.None);
                break;
        }
    }

    /// <summary>do_mlock: what is locked already is forgiven only when all of it would be too much.</summary>
    private Errno Mlock(int task, int pages)
    {
        ref var p = ref state.Processes[ProcessOf(task)];
        if (p.Limit == 0 && !IsCapable(task))
            return Errno.EPERM;
        var added = pages - Math.Min(pages, p.OwnLocked);
        if (!IsCapable(task) && Exceeds(in p, pages) && Exceeds(in p, added))
            return Errno.ENOMEM;
        p.OwnLocked += (byte)added;
        p.LockedVm += (short)added;
        return Errno.None;
    }

    public void Munlock(int process)
    {
        ref var p = ref state.Processes[process];
        p.LockedVm -= p.OwnLocked;
        p.OwnLocked = 0;
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
