using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// vfio_dma_rw (type1-semantics 5.4), one mapping's chunk after the other. Locals: Value the bytes done, Cursor the byte read at the
/// first iova.
/// </summary>
internal sealed partial class Machine<TDesign>
{
    /// <summary>The driver's buffer (<see cref="OperationKind.DmaRw"/>).</summary>
    private const ulong DmaRwMax = 16384;

    private void RwLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        var size = operations[t.Line].Y;
        if (size is 0 or > DmaRwMax)
            EndRw(task, Errno.EINVAL);
        else
            RwOrWait(task);
    }

    private void RwOrWait(int task)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var op = ref operations[t.Line];
        while (t.Value < op.Y)
        {
            var m = FindMapping(t.Instance, op.X + t.Value, 1);
            if (m < 0)
            {
                EndRw(task, Errno.EINVAL);
                return;
            }
            if ((state.Mappings[m].Flags & MappingFlags.VaddrInvalid) != 0 && !Slips(Slip.CopiesThroughInvalidVaddr) &&
                !(Slips(Slip.TestsVaddrOfFirstChunkOnly) && t.Value > 0))
            {
                if (!Sleeps(task, Label.RwWoken))
                    EndRw(task, Errno.EFAULT);
                return;
            }
            var errno = RwChunk(task, m, in op);
            if (errno != Errno.None)
            {
                EndRw(task, errno);
                return;
            }
            if (Slips(Slip.CopiesFirstChunkOnly))
                break;
        }
        var isRead = (op.Access & Access.Write) == 0 && op.X % Limits.PageSize == 0;
        EndRw(task, Errno.None, isRead ? t.Cursor : 0UL);
    }

    private void RwWoken(int task)
    {
        switch (Waited(task))
        {
            case true: RwOrWait(task); break;
            case false: EndRw(task, Errno.EFAULT); break;
            default: break;
        }
    }

    private void EndRw(int task, Errno errno, ulong value = 0)
    {
        Release(Lock.IommuMutex(state.Tasks[task].Instance));
        LeaveDriverCall(task, errno, value);
    }

    /// <summary>
    /// Even a write needs READ. A worker borrows the owner's mm; a caller must be that mm (EFAULT). A fault in the chunk is EFAULT, with the
    /// bytes before it copied.
    /// </summary>
    private Errno RwChunk(int task, int m, in Operation op)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var mapping = ref state.Mappings[m];
        var write = (op.Access & Access.Write) != 0;
        if ((mapping.Prot & Access.Read) == 0 || (write && (mapping.Prot & Access.Write) == 0 && !(Slips(Slip.TestsAccessOfFirstChunkOnly) && t.Value > 0)))
            return Errno.EPERM;
        if (!NeedsNoMm(in mapping))
        {
            if (!IsOwnerAlive(in mapping))
                return Errno.EPERM;
            if (task < Limits.UserTasksMax && ProcessOf(task) != mapping.Owner)
                return Errno.EFAULT;
        }
        Translating(in mapping);
        var offset = op.X + t.Value - mapping.Iova;
        var count = Math.Min(op.Y - t.Value, mapping.Size - offset);
        if (!Copy(task, in mapping, mapping.Vaddr + offset, count, write))
            return Errno.EFAULT;
        t.Value += count;
        return Errno.None;
    }

    private bool Copy(int task, in Mapping mapping, ulong vaddr, ulong count, bool write)
    {
        ref var t = ref state.Tasks[task];
        for (ulong done = 0; done < count;)
        {
            var at = vaddr + done;
            var inPage = at % Limits.PageSize;
            byte content = 0;
            if (write ? !IsWritable(in mapping, at) : !ReadByte(in mapping, at, out content))
                return false;
            if (write && inPage == 0)
                WriteByte(in mapping, at, Tag.OfLine(t.Line).Value);
            if (!write && t.Value + done == 0)
                t.Cursor = content;
            done += Limits.PageSize - inPage;
        }
        return true;
    }

    private bool IsWritable(in Mapping mapping, ulong at) => IsFileBacked(in mapping)
        ? state.Hardware.HasFilePage(FileOf(in mapping), at)
        : state.Hardware.IsWritable(mapping.Owner, at);

    private bool ReadByte(in Mapping mapping, ulong at, out byte content) => IsFileBacked(in mapping)
        ? state.Hardware.ReadFile(FileOf(in mapping), at, out content)
        : state.Hardware.Read(mapping.Owner, at, out content);

    private void WriteByte(in Mapping mapping, ulong at, byte tag)
    {
        if (IsFileBacked(in mapping))
            state.Hardware.WriteFile(FileOf(in mapping), at, tag);
        else
            state.Hardware.Write(mapping.Owner, at, tag);
    }
}
