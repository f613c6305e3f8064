using System.Numerics;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// Which steps need no alternative: what a search that reduces by partial order builds on. Everything here is about the kernel alone: as
/// long as no operation starts, what a task may still do is the rest of its call.
/// </summary>
internal sealed partial class Machine<TDesign>
{
    /// <summary>
    /// Whether the next step of a task that can run is nobody else's business, whatever operations may start: it reads nothing that another
    /// task's step writes, writes nothing that another's reads or writes, and changes nothing that a rule speaks of.
    /// </summary>
    /// <remarks>
    /// PinDriver and RwDriver, where the driver has no lock, merely come to want the mutex of an instance that stays while the device is open.
    /// Task work merely takes up a file that nobody refers to any more. A thread that returns to user space would be missed there by its
    /// siblings alone: a signal from elsewhere takes it to its exit in the call as well as behind it.
    /// </remarks>
    /// <param name="task">The task.</param>
    /// <param name="hasSibling">Whether another thread of its process starts operations.</param>
    public bool IsUnnoticed(int task, bool hasSibling)
    {
        ref readonly var t = ref state.Tasks[task];
        return t.Label switch
        {
            Label.PinDriver or Label.RwDriver => t.Wants == 0 && state.Devices[t.Device].OpenCount != 0,
            Label.TaskWork => StepOfTaskWork(in t) == 0 && (t.Work != 0 || t.NewWork != 0 || !hasSibling),
            Label.Reaping => !hasSibling && (t.Flags & TaskFlags.Killed) == 0,
            _ => false,
        };
    }

    /// <summary>
    /// Whether, no operation starting any more, the next step of a task that can run commutes with all that the others may do before it: a
    /// persistent set of one. Others that sleep count only when somebody may wake them meanwhile.
    /// </summary>
    public bool CommutesWithOthers(int task, uint runnable)
    {
        var step = StepOf(task);
        var may = runnable & ~(1u << task);
        var others = 0u;
        for (var known = 0u; known != may;)
        {
            for (var rest = may & ~known; rest != 0; rest &= rest - 1)
                others |= RestOf(BitOperations.TrailingZeroCount(rest));
            if ((others & step) != 0)
                return false;
            known = may;
            for (var rest = state.Active & ~(known | 1u << task); rest != 0; rest &= rest - 1)
            {
                var sleeper = BitOperations.TrailingZeroCount(rest);
                if ((AwaitedBy(in state.Tasks[sleeper]) & others) != 0)
                    may |= 1u << sleeper;
            }
        }
        return true;
    }

    /// <summary>The footprint of the next step alone.</summary>
    private uint StepOf(int task)
    {
        ref readonly var t = ref state.Tasks[task];
        if (MayRelease(in t))
            return Footprint.All;
        const uint mappings = Footprint.Mappings | Footprint.InstanceLife;
        var (group, driver) = (GroupOf(t.Device), DriverOf(t.Device));
        return t.Label switch
        {
            Label.Map or Label.Unmap or Label.UnmapAgain or Label.Notify or Label.NotifyDevice or Label.ChangeOwner or Label.GetInfo
                or Label.RegisterDevice or Label.UnregisterDevice or Label.FlagWaiters or Label.MmapLocked or Label.FaultIn => mappings,
            Label.Callback or Label.CallbackUnpin or Label.CloseDeviceDriver or Label.CloseDeviceUnpin => mappings | driver,
            Label.PinDriver or Label.RwDriver when t.Wants == 0 => Footprint.InstanceLife,
            Label.PinDriver or Label.RwDriver => Footprint.InstanceLife | driver,
            Label.UnpinDriver or Label.Pin or Label.PinWoken or Label.Unpin or Label.Rw or Label.RwWoken => mappings | driver | WorkerBit(task),
            Label.Join => Footprint.Worker(t.Device),
            Label.OpenGroup or Label.GroupStatus or Label.AttachGroup or Label.DetachGroup or Label.ReleaseGroup or Label.ReleaseDevice
                or Label.GetDeviceOpen or Label.UnassignDevice => group,
            Label.GetDeviceAssign => group | Footprint.Containers,
            Label.GetDeviceFirst => group | driver | Footprint.Containers | Footprint.InstanceLife,
            Label.RegisterInList or Label.UnregisterFromList => mappings | group,
            Label.AttachContainer or Label.DetachContainer or Label.ReleaseGroupContainer =>
                group | Footprint.Containers | Footprint.InstanceLife,
            Label.AttachType1 or Label.AttachWoken or Label.DetachType1 or Label.ReleaseGroupType1 => mappings | group | Footprint.Containers,
            Label.SetIommu or Label.CheckExtensionLocked => mappings | Footprint.Containers,
            Label.CheckExtension => Footprint.Containers | Footprint.InstanceLife,
            Label.ReleaseContainer => mappings | Footprint.Containers,
            Label.ReleaseDeviceGroup when WakesNobody(t.Device) => group | driver | Footprint.Containers,
            Label.CloseDeviceStop => driver | Footprint.Worker(t.Device),
            Label.TaskWork => StepOfTaskWork(in t),
            _ => Footprint.All,
        };
    }

    /// <summary>task_work_run takes the next file, or returns to user space; it ends a task that is leaving.</summary>
    private uint StepOfTaskWork(in TaskState t)
    {
        var next = t.Work != 0 ? t.Work : t.NewWork;
        if (next == 0)
            return (t.Flags & TaskFlags.Leaving) != 0 ? Footprint.All : 0;
        return state.Files[next - 1].Kind switch
        {
            FileKind.Group => 0,
            FileKind.Device when TDesign.CloseWakes != CloseWake.ListedWaiters => 0,
            FileKind.Container => Footprint.Containers | Footprint.InstanceLife,
            _ => Footprint.All,
        };
    }

    /// <summary>The footprint of everything that is left of a task's call.</summary>
    private uint RestOf(int task)
    {
        ref readonly var t = ref state.Tasks[task];
        if ((t.Flags & (TaskFlags.Killed | TaskFlags.Leaving)) != 0 || t.NewWork != 0 || MayRelease(in t))
            return Footprint.All;
        var (group, driver) = (GroupOf(t.Device), DriverOf(t.Device));
        return t.Label switch
        {
            Label.Map or Label.ChangeOwner or Label.GetInfo or Label.MmapLocked => Footprint.Mappings,
            Label.Unmap or Label.UnmapAgain or Label.Notify or Label.NotifyDevice or Label.Callback or Label.CallbackUnpin =>
                Footprint.Mappings | Footprint.AllDrivers,
            Label.FaultIn or Label.PinDriver or Label.Pin or Label.PinWoken or Label.UnpinDriver or Label.Unpin or Label.RwDriver or Label.Rw
                or Label.RwWoken => Footprint.Mappings | driver | WorkerBit(task),
            Label.Join => Footprint.Worker(t.Device),
            Label.OpenGroup or Label.GroupStatus => group,
            Label.GetDeviceAssign or Label.GetDeviceOpen or Label.GetDeviceFirst or Label.RegisterDevice or Label.RegisterInList =>
                Footprint.Mappings | Footprint.Containers | group | driver,
            Label.AttachGroup or Label.AttachContainer or Label.AttachType1 or Label.AttachWoken =>
                Footprint.Mappings | Footprint.Containers | group,
            Label.CheckExtension or Label.CheckExtensionLocked or Label.SetIommu => Footprint.Mappings | Footprint.Containers,
            _ => Footprint.All,
        };
    }

    /// <summary>What somebody must touch for a sleeper to run.</summary>
    private static uint AwaitedBy(in TaskState t)
    {
        const uint mappings = Footprint.Mappings;
        var wants = t.Wants & ~Lock.ForRead;
        return t.Wants switch
        {
            Wait.Vaddr => mappings,
            Wait.WorkerIdle or Wait.WorkerJoined => Footprint.Worker(t.Device),
            >= Wait.First => Footprint.All,
            _ when wants < Lock.ContainerGroups(0) => mappings,
            _ when wants < Lock.Group(0) => Footprint.Containers,
            _ when wants < Lock.Driver(0) => GroupOf(TDesign.SharesDeviceSet ? 0 : (wants - Lock.Group(0)) % Limits.DevicesMax),
            _ when wants < Lock.SharedDriver => Footprint.Driver(wants - Lock.Driver(0)),
            Lock.SharedDriver => Footprint.AllDrivers,
            _ => mappings,
        };
    }

    private static uint GroupOf(int device) =>
        TDesign.SharesDeviceSet ? Footprint.Group(0) * ((1 << Limits.DevicesMax) - 1) : Footprint.Group(device);

    private uint DriverOf(int device) => world.Device(device).Lock == DriverLock.Shared ? Footprint.AllDrivers : Footprint.Driver(device);

    private static uint WorkerBit(int task) => task < Limits.UserTasksMax ? 0 : Footprint.Worker(task - Limits.UserTasksMax);

    /// <summary>Whether the release of a device's file wakes or flags no waiter, by design and by the kind of its worker.</summary>
    private bool WakesNobody(int device) =>
        TDesign.CloseWakes == CloseWake.Nobody && world.Device(device).By != DriverContext.Kthread;

    /// <summary>
    /// Whether a call in flight may come to hold the last reference of a file: then its end is the file's release. A file stays while a
    /// message or an fd table has it that nobody is about to close.
    /// </summary>
    private bool MayRelease(in TaskState t) =>
        (t.FileA != 0 && !Stays(t.FileA)) || (t.FileB != 0 && !Stays(t.FileB)) ||
        (t.Label is Label.UnassignDevice && state.Devices[t.Device].OpenedFile is not 0 and var opened && !Stays(opened));

    private bool Stays(byte file)
    {
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            if (IsClosing(process))
                continue;
            if (((ReadOnlySpan<byte>)state.Processes[process].Slots).Contains(file))
                return true;
        }
        return false;
    }

    /// <summary>Whether a process's threads are on their way out, or about to run another image.</summary>
    private bool IsClosing(int process)
    {
        if (state.Processes[process].State != ProcessState.Alive)
            return true;
        for (var thread = 0; thread < Limits.ThreadsPerProcess; thread++)
        {
            if (state.Tasks[TaskId.Of(process, thread).Value].Label == Label.ExecSiblings)
                return true;
        }
        return false;
    }
}
