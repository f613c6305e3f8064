using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Hardware;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>vfio_pin_pages and vfio_unpin_pages, by a caller or a worker (type1-semantics 5.2, 5.3).</summary>
internal sealed partial class Machine<TDesign>
{
    /// <summary>vfio_pin_pages looks for the callback itself: v6.6, and what is built on it.</summary>
    private static bool RefusesPinWithoutCallback => AlignsInfo;

    private void PinLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var op = ref operations[t.Line];
        if (op.Pages == 0 || (RefusesPinWithoutCallback && !HasCallback(t.Device)))
            EndPin(task, Errno.EINVAL);
        else if (op.Pages > Limits.PinPagesMax)
            EndPin(task, Errno.E2BIG);
        else if ((state.Instances[t.Instance].Flags & InstanceFlags.V2) == 0)
            EndPin(task, Errno.EACCES);
        else
            PinOrWait(task);
    }

    /// <summary>Every page's mapping must be valid at once: after a sleep the scan starts over (BLK2 and later; bug-zoo BZ-04).</summary>
    private void PinOrWait(int task)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var op = ref operations[t.Line];
        if (state.Instances[t.Instance].InvalidCount != 0 && !Slips(Slip.PinsInvalidVaddr))
        {
            var tested = Slips(Slip.TestsVaddrOfFirstPageOnly) ? 1 : op.Pages;
            for (ulong page = Slips(Slip.ForgetsThatItWaited) ? t.Value : 0; page < tested; page++)
            {
                var m = FindMapping(t.Instance, op.X + page * Limits.PageSize, Limits.PageSize);
                if (m < 0)
                {
                    EndPin(task, Errno.EINVAL);
                    return;
                }
                if ((state.Mappings[m].Flags & MappingFlags.VaddrInvalid) != 0)
                {
                    if (Slips(Slip.ForgetsThatItWaited))
                        t.Value = page + 1;
                    if (!Sleeps(task, Label.PinWoken))
                        EndPin(task, Errno.EFAULT);
                    return;
                }
            }
        }
        if (state.Instances[t.Instance].DeviceList[0] == 0)
        {
            EndPin(task, Errno.EINVAL);
            return;
        }
        EndPin(task, PinPages(task, in op), op.Pages);
    }

    private void PinWoken(int task)
    {
        switch (Waited(task))
        {
            case true: PinOrWait(task); break;
            case false: EndPin(task, Errno.EFAULT); break;
            default: break;
        }
    }

    private void EndPin(int task, Errno errno, ulong value = 0)
    {
        Release(Lock.IommuMutex(state.Tasks[task].Instance));
        LeaveDriverCall(task, errno, value);
    }

    /// <summary>All pages or none; each success is a record of the driver.</summary>
    private Errno PinPages(int task, in Operation op)
    {
        ref var t = ref state.Tasks[task];
        for (ulong page = 0; page < op.Pages; page++)
        {
            var access = page > 0 && Slips(Slip.TestsAccessOfFirstPageOnly) ? Access.None : op.Access;
            var errno = PinPage(t.Instance, t.Device, op.X + page * Limits.PageSize, access);
            if (errno == Errno.None)
                continue;
            if (Slips(Slip.KeepsPagesOfFailedPin))
                return errno;
            for (ulong pinned = 0; pinned < page; pinned++)
            {
                var iova = op.X + pinned * Limits.PageSize;
                var m = FindMapping(t.Instance, iova, Limits.PageSize);
                if (FindPin(m, iova - state.Mappings[m].Iova) is >= 0 and var pin)
                    DropRecord(pin, t.Device);
            }
            return errno;
        }
        return Errno.None;
    }

    private Errno PinPage(int instance, int device, ulong iova, Access access)
    {
        var m = FindMapping(instance, iova, Limits.PageSize);
        if (m < 0)
            return Errno.EINVAL;
        ref readonly var mapping = ref state.Mappings[m];
        access &= Access.ReadWrite;
        if ((mapping.Prot & access) != access && !Slips(Slip.PinsWithoutPermission))
            return Errno.EPERM;
        var offset = iova - mapping.Iova;
        var pin = FindPin(m, offset);
        if (pin < 0)
        {
            var errno = PinExternal(instance, m, offset, out pin);
            if (errno != Errno.None)
                return errno;
            if (Slips(Slip.ForgetsRecordOfPin))
            {
                state.Pins[pin] = default;
                return Errno.None;
            }
        }
        ref var p = ref state.Pins[pin];
        if (CountRecords(p.Records[device]) == MachineState.RecordsMax)
        {
            OutOf("records of a page");
            return Errno.ENOMEM;
        }
        if (p.References == 0 || !Slips(Slip.ForgetsSecondReference))
            p.References++;
        p.Records[device] = Push(p.Records[device], (access & Access.Write) != 0);
        return Errno.None;
    }

    /// <summary>
    /// vfio_pin_page_external: from the owner's mm, with the mapping's prot; charged unless a domain has the page charged already.
    /// </summary>
    private Errno PinExternal(int instance, int m, ulong offset, out int pin)
    {
        ref var mapping = ref state.Mappings[m];
        pin = FreePin();
        if (pin < 0)
        {
            OutOf("external pins");
            return Errno.ENOMEM;
        }
        Translating(in mapping);
        if (!IsOwnerAlive(in mapping) && !NeedsNoMm(in mapping))
            return Errno.ENODEV;
        // An iova inside a page pins the page that its vaddr lies in.
        if (!PinBacking(in mapping, mapping.Owner, offset, out var frame))
            return Errno.EFAULT;
        if ((ulong)(int)offset != offset)
        {
            state.Hardware.Unpin(frame);
            OutOf("offsets of external pins");
            return Errno.ENOMEM;
        }
        if (HardwareState.IsDevices(frame))
        {
            // No struct page: there is nothing that a driver could be given.
            if (!Slips(Slip.LeaksPinOfDeviceMemory))
                state.Hardware.Unpin(frame);
            return Errno.EINVAL;
        }
        if (state.Instances[instance].DomainGroups == 0 && !HardwareState.IsReserved(frame) && !Slips(Slip.PinsWithoutCharge) &&
            Charge(ref mapping, 1) is not Errno.None and var errno)
        {
            if (!Slips(Slip.LeaksPinOverLimit))
                state.Hardware.Unpin(frame);
            return errno;
        }
        state.Pins[pin] = new ExternalPin { Offset = (int)offset, InUse = (byte)(m + 1), Frame = frame };
        return Errno.None;
    }

    private int FreePin()
    {
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
        {
            if (state.Pins[pin].InUse == 0)
                return pin;
        }
        return -1;
    }

    /// <summary>vfio_unpin_page_external: at the last reference the page is put, and uncharged if no domain is there now.</summary>
    private void DropReference(int pin)
    {
        ref var p = ref state.Pins[pin];
        if (--p.References != 0)
        {
            if (Slips(Slip.UnpinsReferencedPage))
                state.Hardware.Unpin(p.Frame);
            return;
        }
        var (m, isCharge) = (p.InUse - 1, !HardwareState.IsReserved(p.Frame));
        state.Hardware.Unpin(p.Frame);
        p = default;
        if (state.Instances[state.Mappings[m].InUse - 1].DomainGroups == 0 && isCharge && !Slips(Slip.ForgetsUnchargeOnUnpin))
            Charge(ref state.Mappings[m], -1);
    }

    /// <summary>
    /// The driver's next record of the line's pages, in page order. Locals: Cursor the records dropped, Value the page to go on from.
    /// </summary>
    private void UnpinNext(int task)
    {
        ref var t = ref state.Tasks[task];
        if (RecordFrom(task, out _) >= 0)
            Go(task, Label.Unpin, Lock.IommuMutex(t.Instance));
        else
            LeaveDriverCall(task, Errno.None, t.Cursor);
    }

    private void UnpinLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        var pin = RecordFrom(task, out var page);
        if (pin >= 0)
        {
            DropRecord(pin, t.Device);
            t.Cursor++;
            t.Value = page + 1;
        }
        Release(Lock.IommuMutex(t.Instance));
        UnpinNext(task);
    }

    private int RecordFrom(int task, out ulong page)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var op = ref operations[t.Line];
        var found = -1;
        page = op.Pages;
        for (var pin = 0; pin < MachineState.ExternalPinsMax; pin++)
        {
            ref readonly var p = ref state.Pins[pin];
            if (p.InUse == 0 || p.Records[t.Device] == 0)
                continue;
            var distance = IovaOf(in p) - op.X;
            var number = distance / Limits.PageSize;
            if (distance % Limits.PageSize != 0 || number < t.Value || number >= page)
                continue;
            (found, page) = (pin, number);
        }
        return found;
    }
}
