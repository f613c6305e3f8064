using VfioFuzz.Model.Files;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Groups;

/// <summary>
/// VFIO_GROUP_GET_DEVICE_FD (type1-semantics 7.1): the name is looked up first, then the container must have its driver, and the
/// group gains a user. The first open of an mdev opens its driver and registers it for notifications, newest first (5.6).
/// </summary>
internal static class GetDevice
{
    /// <summary>The name is copied in before anything else is looked at. More, or EFAULT.</summary>
    public static Outcome Begin(in Step step) =>
        step.Operation.Argument.IsReadable ? Outcome.More : Outcome.Fails(Errno.EFAULT, RuleId.GetDeviceCopyIn);

    public static Outcome Run(in Step step)
    {
        int number = step.State.Files[step.Call.File - 1].Target;
        return step.Call.Phase switch
        {
            Phase.Start => Assign(step, number),
            Phase.Locked => Open(step, number),
            _ => Register(step, number),
        };
    }

    /// <summary>vfio_device_assign_container; the group's lock is dropped again before the device is opened.</summary>
    private static Outcome Assign(in Step step, int number)
    {
        ref var state = ref step.State;
        ref var device = ref state.Devices[number];
        var isNamed = step.Operation.X == (ulong)number && Unbinding.IsListed(step, device);
        if (!isNamed && !step.Dialect.GetDeviceLooksAtTheContainerFirst)
            return Outcome.Fails(Errno.ENODEV, RuleId.NoDevice);
        if (GroupLock.IsTaken(step, device))
            return Outcome.Waits(RuleId.GroupLockWaits);
        if (device.Users == 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.GetDeviceNoContainer);
        if (state.Containers[device.ContainerPlusOne - 1].InstancePlusOne == 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.GetDeviceNoDriver);
        if (device.HasBoundSibling)
            return Outcome.Fails(Errno.EINVAL, RuleId.GetDeviceNotViable);
        if (!isNamed)
            return Outcome.Fails(Errno.ENODEV, RuleId.NoDevice);
        device.Users++;
        if (step.Dialect.DeviceKeepsGroupFile)
            state.Files[step.Call.File - 1].References++;
        step.Call.Phase = Phase.Locked;
        return Outcome.More;
    }

    /// <summary>
    /// Some releases open the driver and register its device then, others do it the other way round (corrections C5), which is told
    /// apart only by work that comes in between.
    /// </summary>
    private static Outcome Open(in Step step, int number)
    {
        ref var device = ref step.State.Devices[number];
        if (device.LockOwner != 0)
            return Outcome.Waits(RuleId.GroupLockWaits);
        if (++device.OpenCount > 1 || !Attachment.IsEmulated(step.Contract, number))
            return Install(step, number);
        device.LockOwner = step.Owner;
        device.Refusals = 0;
        device.IsDriverOpen = !step.Dialect.RegistersFirst && (step.Dialect.OpensDriverFirst || !step.Contract.Either());
        step.Call.Phase = Phase.Registering;
        return Outcome.More;
    }

    private static Outcome Register(in Step step, int number)
    {
        var outcome = Registration.Change(step, number, registers: true);
        if (!outcome.HasReturned)
            return outcome;
        ref var device = ref step.State.Devices[number];
        device.IsDriverOpen = true;
        device.LockOwner = 0;
        return Install(step, number);
    }

    private static Outcome Install(in Step step, int number)
    {
        ref var state = ref step.State;
        var file = FileTable.Open(ref state, FileKind.Device, number);
        FileTable.Install(ref state, ref step.Process, step.Operation.At, file, step.Operation.CloseOnExec);
        return Outcome.Ok(RuleId.GetDevice);
    }
}

/// <summary>
/// device_list: changed under the iommu mutex and device_list_lock, taken in this order (deadlocks DL-08', DL-23). The notifier chain of
/// earlier releases has a lock of its own, which those who call the drivers share.
/// </summary>
internal static class Registration
{
    /// <summary>Waits for the mutex, then for the list with the mutex kept; returns when the list is changed.</summary>
    public static Outcome Change(in Step step, int device, bool registers)
    {
        // vfio_iommu_type1_register_device looks at this before it takes a lock.
        if (step.Contract.World.Device(device).Callback == DriverCallback.None)
            return Outcome.Ok(RuleId.None);
        ref var instance = ref step.State.Instances[Pinning.Driver.InstanceOf(ref step.State, device)];
        if (step.Dialect.NotifiesByChain)
            return instance.ChainReaders != 0 ? Outcome.Waits(RuleId.UnmapCallback) : Changed(ref instance, device, registers);
        if (instance.MutexOwner != 0 && instance.MutexOwner != step.Owner)
            return Outcome.Waits(RuleId.MutexWaits);
        if (instance.ListOwner != 0)
        {
            if (instance.MutexOwner != 0)
                return Outcome.Waits(RuleId.UnmapCallback);
            instance.MutexOwner = step.Owner;
            return Outcome.More;
        }
        instance.MutexOwner = 0;
        return Changed(ref instance, device, registers);
    }

    private static Outcome Changed(ref Instance instance, int device, bool registers)
    {
        if (registers)
            Add(ref instance, device);
        else
            Remove(ref instance, device);
        return Outcome.Ok(RuleId.None);
    }

    /// <summary>Whether a call waits to change the instance's chain: those who come to read it queue behind (rwsem).</summary>
    public static bool IsAwaited(ref ModelState state, int instance)
    {
        foreach (ref readonly var call in (ReadOnlySpan<Call>)state.Calls)
            if (Changes(ref state, call) is var device and >= 0 && Pinning.Driver.InstanceOf(ref state, device) == instance)
                return true;
        return false;
    }

    /// <summary>The device that the call is about to register or unregister, or -1.</summary>
    private static int Changes(ref ModelState state, in Call call)
    {
        if (call.ReleasePhase == Phase.Registering)
            return state.Files[call.Releases.Now].Target;
        if (call.Phase != Phase.Registering)
            return Quantity.NoIndex;
        ref readonly var file = ref state.Files[call.File - 1];
        return file.Kind == FileKind.Group ? file.Target : Quantity.NoIndex;
    }

    private static void Add(ref Instance instance, int device)
    {
        for (var i = instance.RegisteredCount++; i > 0; i--)
            instance.Registered[i] = instance.Registered[i - 1];
        instance.Registered[0] = (byte)device;
    }

    private static void Remove(ref Instance instance, int device)
    {
        var kept = 0;
        for (var i = 0; i < instance.RegisteredCount; i++)
            if (instance.Registered[i] != device)
                instance.Registered[kept++] = instance.Registered[i];
        for (var i = kept; i < instance.RegisteredCount; i++)
            instance.Registered[i] = 0;
        instance.RegisteredCount = (byte)kept;
    }
}
