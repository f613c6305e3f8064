using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// A simulated kernel: <see cref="MachineState"/> and the steps that change it. The world and the operations of the program are
/// constants of a run and lie outside the state.
/// </summary>
/// <remarks>
/// Source of the paths: v6.1's drivers/vfio with the exclusion of mdevs and the accounting of v6.3 taken out, which is the BLK3
/// dialect (type1-semantics 0.1). Global locks under which nothing is waited for (iommu_drivers_lock, mmap_lock) are inside steps.
/// A rwsem here lets readers pass a queued writer, the notifier chain's aside; Linux would queue them behind it.
/// </remarks>
internal sealed partial class Machine<TDesign>(Slip slip = Slip.None)
    where TDesign : struct, IDesign
{
    /// <summary>Operations beyond a program's lines: the scripts of frozen modes and of the tear-down.</summary>
    public const int ScriptMax = 16;

    private readonly Operation[] operations = new Operation[Limits.LinesMax + ScriptMax];
    private readonly Answer[] answers = new Answer[Limits.LinesMax];
    private MachineState state;
    private World world;

    /// <summary>Who learns of answers and broken rules as they happen; null in a run without history.</summary>
    public IMachineObserver? Observer { get; set; }

    /// <summary>Something ran out of its capacity: the run means nothing any more.</summary>
    public string? Exhausted { get; private set; }

    public ref MachineState State => ref state;

    public ref readonly World World => ref world;

    /// <summary>A machine with p0 started, about to run <paramref name="program"/>.</summary>
    public void Load(Program program)
    {
        world = program.World;
        var lines = program.Lines.AsSpan();
        for (var line = 0; line < lines.Length; line++)
            operations[line] = lines[line].Operation;
        answers.AsSpan(0, lines.Length).Clear();
        Exhausted = null;
        state = default;
        for (var task = 0; task < Limits.UserTasksMax; task++)
            state.Tasks[task].Label = Label.Gone;
        state.EntryLimit = (ushort)Platform.Simulated.DmaEntryLimit;
        StartProcess(0, limit: Process.Unlimited, capable: true);
        state.Hardware.StartImage(0);
    }

    public Answer AnswerOf(int line) => answers[line];

    public Operation OperationOf(int line) => operations[line];

    /// <summary>Tasks that can take a step now, a bit for each.</summary>
    public uint Runnable()
    {
        var runnable = 0u;
        for (uint active = state.Active; active != 0; active &= active - 1)
        {
            var task = BitOperations.TrailingZeroCount(active);
            if (CanRun(task))
                runnable |= 1u << task;
        }
        return runnable;
    }

    /// <summary>Whether what the task wants can be had. A killable wait also ends with a fatal signal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CanRun(int task)
    {
        ref readonly var t = ref state.Tasks[task];
        var wants = t.Wants;
        if (wants == 0)
            return true;
        if (wants < Lock.ForRead)
            return state.Locks[wants] == 0;
        return wants < Wait.First ? CanRead(wants) : HasHappened(in t);
    }

    /// <summary>One atomic step of a task that can run.</summary>
    public void Advance(int task)
    {
        ref var t = ref state.Tasks[task];
        var wants = t.Wants;
        if (wants != 0)
            Take(task, wants);
        t.Wants = 0;
        switch (t.Label)
        {
            case Label.Map: MapLocked(task); break;
            case Label.Unmap: UnmapLocked(task); break;
            case Label.Notify: NotifyListed(task); break;
            case Label.NotifyDevice: NotifyNext(task); break;
            case Label.Callback: CallbackEntered(task); break;
            case Label.CallbackUnpin: CallbackUnpinLocked(task); break;
            case Label.UnmapAgain: UnmapWalk(task, again: true); break;
            case Label.PinDriver: Go(task, Label.Pin, Lock.IommuMutex(t.Instance)); break;
            case Label.Pin: PinLocked(task); break;
            case Label.PinWoken: PinWoken(task); break;
            case Label.UnpinDriver: UnpinNext(task); break;
            case Label.Unpin: UnpinLocked(task); break;
            case Label.RwDriver: Go(task, Label.Rw, Lock.IommuMutex(t.Instance)); break;
            case Label.Rw: RwLocked(task); break;
            case Label.RwWoken: RwWoken(task); break;
            case Label.Join: Finish(task, Errno.None); break;
            case Label.TaskWork: RunTaskWork(task); break;
            case Label.Reaping: Finish(task, Errno.None); break;
            case Label.ExitMm: ExitMm(task); break;
            case Label.ExitFiles: ExitFiles(task); break;
            case Label.ExecSiblings: ExecAlone(task); break;
            case Label.Orphaned: Orphaned(task); break;
            case Label.ChangeOwner: ChangeOwnerLocked(task); break;
            case Label.FaultIn: StartDriverWork(task, t.Device, LabelOfDriverCall(operations[t.Line].Kind)); break;
            case Label.MmapLocked: MmapLocked(task); break;
            case Label.Unbind: Unbound(task); break;
            case Label.FlagWaiters: FlagWaiters(task); break;
            default: AdvanceVfioCore(task, t.Label); break;
        }
    }

    private void AdvanceVfioCore(int task, Label label)
    {
        switch (label)
        {
            case Label.OpenGroup: OpenGroupLocked(task); break;
            case Label.GetDeviceAssign: GetDeviceAssign(task); break;
            case Label.GetDeviceOpen: GetDeviceOpen(task); break;
            case Label.GetDeviceFirst: GetDeviceFirst(task); break;
            case Label.RegisterDevice: Go(task, Label.RegisterInList, Lock.DeviceList(state.Tasks[task].Instance)); break;
            case Label.RegisterInList: RegisterInList(task); break;
            case Label.GetInfo: GetInfoLocked(task); break;
            case Label.GroupStatus: GroupStatusLocked(task); break;
            case Label.AttachGroup: AttachGroupLocked(task); break;
            case Label.AttachContainer: AttachContainerLocked(task); break;
            case Label.AttachType1: AttachType1Locked(task); break;
            case Label.AttachWoken: AttachWoken(task); break;
            case Label.DetachGroup: DetachGroupLocked(task); break;
            case Label.DetachContainer: DetachContainerLocked(task, Label.DetachType1); break;
            case Label.DetachType1: DetachType1Locked(task); break;
            case Label.SetIommu: SetIommuLocked(task); break;
            case Label.CheckExtension: CheckExtensionRead(task); break;
            case Label.CheckExtensionLocked: CheckExtensionLocked(task); break;
            case Label.ReleaseContainer: ReleaseContainerLocked(task); break;
            case Label.ReleaseGroup: ReleaseGroupLocked(task); break;
            case Label.ReleaseGroupContainer: DetachContainerLocked(task, Label.ReleaseGroupType1); break;
            case Label.ReleaseGroupType1: DetachType1Locked(task); break;
            case Label.ReleaseDevice: Go(task, Label.ReleaseDeviceGroup, Lock.Group(state.Tasks[task].Device)); break;
            case Label.ReleaseDeviceGroup: ReleaseDeviceLocked(task); break;
            case Label.CloseDeviceStop: CloseDeviceStopped(task); break;
            case Label.CloseDeviceDriver: CloseDeviceUnpinNext(task); break;
            case Label.CloseDeviceUnpin: CloseDeviceUnpinLocked(task); break;
            case Label.UnregisterDevice: Go(task, Label.UnregisterFromList, Lock.DeviceList(state.Tasks[task].Instance)); break;
            case Label.UnregisterFromList: UnregisterFromList(task); break;
            case Label.UnassignDevice: UnassignDevice(task); break;
            default: throw new UnreachableException($"no step at {label}");
        }
    }

    private bool CanRead(byte wants)
    {
        var holder = state.Locks[wants & ~Lock.ForRead];
        if (TDesign.Notifies == Notification.UnderNotifierChain && holder != 0 && IsAwaited((byte)(wants & ~Lock.ForRead)))
            return false;
        return holder is 0 or >= Lock.Readers;
    }

    /// <summary>Whether a writer is queued for a rwsem.</summary>
    private bool IsAwaited(byte number)
    {
        for (uint active = state.Active; active != 0; active &= active - 1)
        {
            if (state.Tasks[BitOperations.TrailingZeroCount(active)].Wants == number)
                return true;
        }
        return false;
    }

    private bool HasHappened(in TaskState t)
    {
        var killed = (t.Flags & TaskFlags.Killed) != 0;
        return t.Wants switch
        {
            Wait.WorkerIdle => IsWorkerIdle(t.Device),
            Wait.WorkerJoined => killed || IsWorkerIdle(t.Device),
            Wait.Reaped => killed || state.Processes[t.Cursor].State == ProcessState.Dead,
            Wait.SiblingGone => killed || state.Tasks[t.Cursor].Label == Label.Gone,
            Wait.DeviceUnused => state.Devices[t.Device].OpenCount == 0,
            _ => false,
        };
    }

    private void Take(int task, byte wants)
    {
        if (wants < Lock.ForRead)
            state.Locks[wants] = (byte)(task + 1);
        else if (wants < Wait.First)
            state.Locks[wants & ~Lock.ForRead] = (byte)(Math.Max(state.Locks[wants & ~Lock.ForRead], Lock.Readers) + 1);
    }

    private void Release(byte taken) => state.Locks[taken] = 0;

    private void ReleaseRead(byte taken)
    {
        if (--state.Locks[taken] == Lock.Readers)
            state.Locks[taken] = 0;
    }

    private void Go(int task, Label label, byte wants = 0)
    {
        ref var t = ref state.Tasks[task];
        t.Label = label;
        t.Wants = wants;
    }

    private bool IsWorkerIdle(int device) => state.Tasks[TaskId.WorkerOf(device).Value].Label == Label.User;

    /// <summary>Whether this machine is the mutant that does <paramref name="which"/>; never in a design as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Slips(Slip which) => TDesign.CanSlip && slip == which;

    /// <summary>Ends the run as inconclusive; the first bound that was reached is the reason.</summary>
    public void Exhaust(string bound) => Exhausted ??= bound;

    private void OutOf(string capacity) => Exhaust($"capacity: {capacity}");
}

/// <summary>Who watches a machine.</summary>
internal interface IMachineObserver
{
    void Answered(int line, Answer answer);

    void Broken(string rule, int line, string evidence);
}
