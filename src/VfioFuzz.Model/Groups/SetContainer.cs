using VfioFuzz.Model.Files;
using VfioFuzz.Model.Mappings;
using VfioFuzz.Model.Pinning;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Groups;

/// <summary>
/// VFIO_GROUP_SET_CONTAINER (type1-semantics 7.1), and type1's attach (3.1) when the container has a driver, from the copy of the argument on:
/// <see cref="Begin"/> without a lock, then a phase a lock, the group's, the container's, and type1's own checks in <see cref="AttachGroup"/>.
/// </summary>
internal static class SetContainer
{
    /// <summary>The argument is copied in, then its file looked up and referred to. More, or what refuses the call.</summary>
    public static Outcome Begin(in Step step, int number)
    {
        ref readonly var attach = ref step.Operation;
        if (!attach.Argument.IsReadable)
            return Outcome.Fails(Errno.EFAULT, RuleId.AttachCopyIn);
        if (step.Dialect.AttachLooksAtTheGroupFirst && step.State.Devices[number].Users != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.AttachAttached);
        if (attach.OtherFd is OtherFd.EventFd or OtherFd.Directory)
            return Outcome.More;
        var file = attach.OtherFd == OtherFd.None ? FileTable.At(step.Process, attach.B) : Quantity.NoIndex;
        if (file < 0)
            return Outcome.Fails(Errno.EBADF, RuleId.AttachBadFd);
        step.Call.OtherFile = (byte)(file + 1);
        step.State.Files[file].References++;
        return Outcome.More;
    }

    public static Outcome Run(in Step step)
    {
        ref var call = ref step.Call;
        ref var state = ref step.State;
        int number = state.Files[call.File - 1].Target;
        ref var device = ref state.Devices[number];
        if (call.Phase != Phase.Start)
            return WithGroupLock(step, number);
        if (GroupLock.IsTaken(step, device))
            return Outcome.Waits(RuleId.GroupLockWaits);
        if (device.Users != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.AttachAttached);
        if (device.Leaving >= Leaving.Gone)
            return Outcome.Fails(Errno.ENODEV, RuleId.GroupGone);
        if (call.OtherFile == 0 || state.Files[call.OtherFile - 1].Kind != FileKind.Container)
            return Outcome.Fails(step.Dialect.ForeignContainerErrno, RuleId.AttachForeign);
        GroupLock.Take(step, ref device);
        call.Phase = Phase.Locked;
        return WithGroupLock(step, number).AfterProgress();
    }

    private static Outcome WithGroupLock(in Step step, int number)
    {
        ref var container = ref ContainerOf(step);
        if (step.Call.Phase != Phase.Locked)
            return WithBothLocks(step, number);
        if (container.LockOwner != 0)
            return Outcome.Waits(RuleId.ContainerLockWaits);
        ref var device = ref step.State.Devices[number];
        if (device.HasBoundSibling && step.Dialect.ClaimsGroups)
        {
            GroupLock.Drop(step, ref device);
            return Outcome.Fails(Errno.EPERM, RuleId.AttachNotViable);
        }
        container.LockOwner = step.Owner;
        device.IsClaimed = true;
        step.Call.Phase = Phase.ContainerLocked;
        return WithBothLocks(step, number).AfterProgress();
    }

    private static Outcome WithBothLocks(in Step step, int number)
    {
        ref var container = ref ContainerOf(step);
        if (step.State.Devices[number].ContainerPlusOne != 0)
            return Overtaken(step, number);
        var outcome = container.InstancePlusOne == 0
            ? Outcome.Ok(RuleId.Attach)
            : AttachGroup(step, container.InstancePlusOne - 1, number);
        if (!outcome.HasReturned)
            return outcome;
        ref var device = ref step.State.Devices[number];
        if (outcome.Answer.IsOk)
        {
            device.ContainerPlusOne = (byte)(step.State.Files[step.Call.OtherFile - 1].Target + 1);
            device.Users = 1;
            container.Groups |= (byte)(1 << number);
        }
        else
            device.IsClaimed = false;
        container.LockOwner = 0;
        GroupLock.Drop(step, ref device);
        return outcome;
    }

    /// <summary>
    /// Without a lock on the group another call has put it into a container since it was looked at: the same instance refuses it (3.1
    /// row 2); of anything else those releases promise nothing.
    /// </summary>
    private static Outcome Overtaken(in Step step, int number)
    {
        ref var container = ref ContainerOf(step);
        container.LockOwner = 0;
        if ((container.Groups >> number & 1) != 0 && container.InstancePlusOne != 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.AttachTwice);
        step.Contract.Exceed("race: SET_CONTAINER of a group beside another call on it, before groups had a lock");
        return Outcome.Undecided;
    }

    private static ref Container ContainerOf(in Step step) =>
        ref step.State.Containers[step.State.Files[step.Call.OtherFile - 1].Target];

    /// <summary>vfio_iommu_type1_attach_group.</summary>
    private static Outcome AttachGroup(in Step step, int number, int group)
    {
        ref var call = ref step.Call;
        ref var instance = ref step.State.Instances[number];
        if (call.Phase == Phase.WaitingForVaddr)
        {
            if (!VaddrWait.MayWake(step))
                return Outcome.Waits(RuleId.AttachWaits);
            call.Phase = Phase.ContainerLocked;
            if (VaddrWait.GivesUp(step))
                return Outcome.Fails(Errno.EFAULT, RuleId.PinWoken);
            return WaitThenReplay(step, number, group);
        }
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        if (instance.InvalidCount != 0 && step.Dialect.ExcludesEmulatedGroups)
            return Outcome.Fails(Errno.EBUSY, RuleId.AttachInvalid);
        if (Attachment.IsEmulated(step.Contract, group))
        {
            Attachment.Join(step.Contract, ref instance, group);
            return Outcome.Ok(RuleId.Attach);
        }
        if (instance.Nesting)
            return Outcome.Fails(Errno.EINVAL, RuleId.SetIommuNesting);
        if (OverlapsReserved(step, instance))
            return Outcome.Fails(Errno.EINVAL, RuleId.AttachReserved);
        if (Attachment.IsUnsafe(step.Contract, step.State))
            return Outcome.Fails(Errno.EPERM, RuleId.AttachUnsafe);
        if (instance.HasDomain)
        {
            Attachment.Join(step.Contract, ref instance, group);
            return Outcome.Ok(RuleId.Attach);
        }
        return WaitThenReplay(step, number, group);
    }

    /// <summary>vfio_iommu_replay begins with vfio_wait_all_valid; the checks before it are not made again (DL-09).</summary>
    private static Outcome WaitThenReplay(in Step step, int number, int group)
    {
        ref var instance = ref step.State.Instances[number];
        if (instance.InvalidCount != 0 && step.Dialect.WaitsForVaddr)
            return VaddrWait.Sleep(step, number);
        var outcome = Replay.Run(step, ref instance);
        if (outcome.Answer.IsOk)
            Attachment.Join(step.Contract, ref instance, group);
        return outcome;
    }

    /// <summary>The gaps between the platform's ranges are the reserved regions of every group.</summary>
    private static bool OverlapsReserved(in Step step, in Instance instance)
    {
        var ranges = step.Contract.Platform.PciRanges;
        for (var i = 0; i + 1 < ranges.Length; i++)
            if (MappingTable.Find(ref step.State, instance, ranges[i].Last.Value + 1, ranges[i + 1].First.Value - 1) >= 0)
                return true;
        return false;
    }
}
