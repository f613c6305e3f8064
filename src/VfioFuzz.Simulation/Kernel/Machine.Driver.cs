using System.Numerics;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// The mdev driver of the world: its lock, its records, its worker (<see cref="DeviceSpec"/>; real-kernel notes, "the test mdev").
/// </summary>
internal sealed partial class Machine<TDesign>
{
    private byte DriverLockOf(int device) => world.Device(device).Lock switch
    {
        DriverLock.Own => Lock.Driver(device),
        DriverLock.Shared => Lock.SharedDriver,
        _ => 0,
    };

    private void EnterDriver(int task, Label label) => Go(task, label, DriverLockOf(state.Tasks[task].Device));

    private void LeaveDriver(int device)
    {
        if (DriverLockOf(device) is not 0 and var taken)
            Release(taken);
    }

    /// <summary>A driver ioctl by a caller: numbers no other fd knows, so containers and groups refuse them.</summary>
    private void StartDriverCall(int task, in Operation op, Label label)
    {
        var file = FileAt(ProcessOf(task), op.Slot);
        if (file < 0)
        {
            Finish(task, Errno.EBADF);
            return;
        }
        ref readonly var f = ref state.Files[file];
        if (f.Kind == FileKind.Container && state.Containers[f.Object].Instance == 0)
            Finish(task, Errno.EINVAL);
        else if (f.Kind != FileKind.Device || world.Device(f.Object).Kind != DeviceKind.Mdev)
            Finish(task, Errno.ENOTTY);
        else
        {
            Hold(ref state.Tasks[task].FileA, file);
            state.Tasks[task].Device = f.Object;
            if (TDesign.PinsInFault)
                Go(task, Label.FaultIn, (byte)(Lock.Mmap(ProcessOf(task)) | Lock.ForRead));
            else
                StartDriverWork(task, f.Object, label);
        }
    }

    private static Label LabelOfDriverCall(OperationKind kind) => kind switch
    {
        OperationKind.Pin => Label.PinDriver,
        OperationKind.Unpin => Label.UnpinDriver,
        _ => Label.RwDriver,
    };

    private void StartDriverWork(int task, int device, Label label)
    {
        ref var t = ref state.Tasks[task];
        t.Device = (byte)device;
        t.Instance = InstanceOf(device);
        t.Cursor = 0;
        t.Value = 0;
        EnterDriver(task, label);
    }

    /// <summary>Hands the line to the device's worker; the submitting thread goes on.</summary>
    private void Submit(int task, int device, Label label)
    {
        ref var t = ref state.Tasks[task];
        if (!HasWorker(device))
        {
            Finish(task, Errno.ENODEV);
            return;
        }
        if (!IsWorkerIdle(device))
        {
            Finish(task, Errno.EBUSY);
            return;
        }
        var line = t.Line;
        t.Line = NoLine;
        Return(task);
        var worker = TaskId.WorkerOf(device).Value;
        state.Tasks[worker] = new TaskState { Line = line };
        state.Active |= (ushort)(1 << worker);
        StartDriverWork(worker, device, label);
    }

    private bool HasWorker(int device)
    {
        var spec = world.Device(device);
        return spec.Kind == DeviceKind.Mdev && spec.By != DriverContext.Caller && state.Devices[device].AcceptsWork;
    }

    private void StartJoin(int task, int device)
    {
        if (!HasWorker(device))
        {
            Finish(task, Errno.ENODEV);
            return;
        }
        state.Tasks[task].Device = (byte)device;
        Go(task, Label.Join, Wait.WorkerJoined);
    }

    /// <summary>
    /// The driver's end of a pin, unpin or dma_rw: its lock is dropped; a worker that met EFAULT may be one that tries again (DL-05).
    /// </summary>
    private void LeaveDriverCall(int task, Errno errno, ulong value = 0)
    {
        ref var t = ref state.Tasks[task];
        LeaveDriver(t.Device);
        if (TDesign.PinsInFault && task < Limits.UserTasksMax)
            ReleaseRead(Lock.Mmap(ProcessOf(task)));
        var spec = world.Device(t.Device);
        if (task < Limits.UserTasksMax || errno != Errno.EFAULT || spec.OnFault != DriverOnFault.Retry || t.Retries >= spec.RetryCount)
        {
            Finish(task, errno, value);
            return;
        }
        t.Retries++;
        t.Value = 0;
        EnterDriver(task, operations[t.Line].Kind == OperationKind.SubmitPin ? Label.PinDriver : Label.RwDriver);
    }

    /// <summary>The external pin with the lowest iova in [first, first + size) of which the device has a record, or -1.</summary>
    private int LowestRecord(int device, ulong first, ulong size)
    {
        var found = -1;
        var distance = size;
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
        {
            ref readonly var p = ref state.Pins[pin];
            if (p.InUse == 0 || p.Records[device] == 0 || IovaOf(in p) - first >= distance)
                continue;
            found = pin;
            distance = IovaOf(in p) - first;
        }
        return found;
    }

    private ulong IovaOf(in ExternalPin pin) => state.Mappings[pin.InUse - 1].Iova + (ulong)pin.Offset;

    private static int CountRecords(byte stack) => stack == 0 ? 0 : BitOperations.Log2(stack);

    /// <summary>Whether any record under the leading 1 was asked for write.</summary>
    private static bool HasWriteRecord(byte stack) => BitOperations.PopCount(stack) > 1;

    private static byte Push(byte stack, bool write) => (byte)((stack == 0 ? 1 : stack) << 1 | (write ? 1 : 0));

    private static byte Pop(byte stack) => stack >> 1 == 1 ? (byte)0 : (byte)(stack >> 1);

    /// <summary>The driver drops its newest record of the page and calls vfio_unpin_pages for it.</summary>
    private void DropRecord(int pin, int device)
    {
        ref var p = ref state.Pins[pin];
        p.Records[device] = Pop(p.Records[device]);
        DropReference(pin);
    }

    /// <summary>
    /// A device masters the bus, or, for an mdev, uses the page of a record with exactly the page's iova.
    /// </summary>
    private void DeviceAccess(int task, in Operation op)
    {
        var spec = world.Device(op.A);
        var write = (op.Access & Access.Write) != 0;
        if (!HoldsDevice(ProcessOf(task), op.A))
            Finish(task, Errno.ENODEV);
        else if (spec.Kind == DeviceKind.Pci)
            MasterBus(task, in op, write);
        else
            UseRecord(task, in op, write);
    }

    private bool HoldsDevice(int process, int device)
    {
        for (var slot = 0; slot < Limits.SlotsMax; slot++)
        {
            if (FileAt(process, slot) is >= 0 and var file && state.Files[file].Kind == FileKind.Device &&
                state.Files[file].Object == device)
                return true;
        }
        return false;
    }

    private void MasterBus(int task, in Operation op, bool write)
    {
        if (op.X >= 1UL << 32)
        {
            Finish(task, Errno.EINVAL);
            return;
        }
        var page = op.X & ~(Limits.PageSize - 1);
        // In the MSI window no memory answers, whatever the page tables say, nor does a device's without its memory bit.
        var answers = state.Hardware.Lookup(InstanceOf(op.A), page, out var frame, out var access) && IsInAperture(page, page)
            && state.Hardware.IsInReach(frame);
        if (!write)
        {
            // Nothing but zeros is what the device sees where nothing answers.
            answers = answers && !state.Hardware.IsBlank(frame);
            Finish(task, answers ? Errno.None : Errno.EFAULT, answers ? state.Hardware.TagOf(frame) : 0UL);
        }
        else
        {
            // A write that the IOMMU refuses is dropped silently; a write-only mapping can be read (Platform.WriteOnlyAllowsRead).
            if (answers && (access & Access.Write) != 0)
                state.Hardware.SetTag(frame, Tag.OfLine(state.Tasks[task].Line).Value);
            Finish(task, Errno.None);
        }
    }

    private void UseRecord(int task, in Operation op, bool write)
    {
        var page = op.X & ~(Limits.PageSize - 1);
        var pin = LowestRecord(op.A, page, 1);
        if (pin < 0 || (write && !HasWriteRecord(state.Pins[pin].Records[op.A])))
        {
            Finish(task, Errno.EFAULT);
            return;
        }
        var frame = state.Pins[pin].Frame;
        if (write)
            state.Hardware.SetTag(frame, Tag.OfLine(state.Tasks[task].Line).Value);
        Finish(task, Errno.None, write ? 0UL : state.Hardware.TagOf(frame));
    }
}
