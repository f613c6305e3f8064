using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>Container ioctls of the vfio core: CHECK_EXTENSION and SET_IOMMU (type1-semantics 1.2, 1.3).</summary>
internal sealed partial class Machine<TDesign>
{
    private const ulong UnmapAllExtension = Extension.UnmapAll;

    private void StartContainerIoctl(int task, in Operation op, Label label)
    {
        if (!ResolveContainer(task, op.Slot, needsDriver: false))
            return;
        var taken = Lock.ContainerGroups(state.Tasks[task].Container);
        Go(task, label, label == Label.CheckExtension ? (byte)(taken | Lock.ForRead) : taken);
    }

    /// <summary>No lock is taken: the answer is a constant.</summary>
    private void GetApiVersion(int task, int slot)
    {
        if (ResolveContainer(task, slot, needsDriver: false))
            Finish(task, Errno.None);
    }

    /// <summary>A container passes the number to its iommu driver, if there is one; nobody knows it.</summary>
    private void UnknownIoctl(int task, int slot)
    {
        if (ResolveContainer(task, slot, needsDriver: true))
            Finish(task, Errno.ENOTTY);
    }

    /// <summary>
    /// Finds the container of an ioctl and holds its file; otherwise answers: EBADF, ENOTTY on a group fd, NotRun on a device fd, and EINVAL when
    /// the ioctl is passed through to an iommu driver that is not set.
    /// </summary>
    private bool ResolveContainer(int task, int slot, bool needsDriver)
    {
        var file = FileAt(ProcessOf(task), slot);
        if (file < 0)
        {
            Finish(task, Errno.EBADF);
            return false;
        }
        ref readonly var f = ref state.Files[file];
        if (f.Kind == FileKind.Device)
        {
            NotRun(task);
            return false;
        }
        if (f.Kind == FileKind.Group)
        {
            Finish(task, Errno.ENOTTY);
            return false;
        }
        ref var t = ref state.Tasks[task];
        t.Container = f.Object;
        if (needsDriver)
        {
            var instance = state.Containers[f.Object].Instance;
            if (instance == 0)
            {
                Finish(task, Errno.EINVAL);
                return false;
            }
            t.Instance = (byte)(instance - 1);
        }
        Hold(ref t.FileA, file);
        return true;
    }

    private void CheckExtensionRead(int task)
    {
        ref var t = ref state.Tasks[task];
        var extension = operations[t.Line].X;
        var instance = state.Containers[t.Container].Instance;
        var asksInstance = extension is Extension.DmaCc ||
            (extension is Extension.UpdateVaddr && TDesign.ExcludesMediated);
        if (instance != 0 && asksInstance)
        {
            t.Instance = (byte)(instance - 1);
            Go(task, Label.CheckExtensionLocked, Lock.IommuMutex(t.Instance));
            return;
        }
        ReleaseRead(Lock.ContainerGroups(t.Container));
        Finish(task, Errno.None, OffersWithoutInstance(extension));
    }

    private void CheckExtensionLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        ref readonly var instance = ref state.Instances[t.Instance];
        // The emulated IOMMU cannot enforce snooping; without any domain the question is vacuously true.
        var offered = operations[t.Line].X == Extension.DmaCc
            ? instance.DomainGroups == 0
            : instance.EmulatedGroups == 0 || Slips(Slip.OffersUpdateVaddrAlways);
        Release(Lock.IommuMutex(t.Instance));
        ReleaseRead(Lock.ContainerGroups(t.Container));
        Finish(task, Errno.None, offered ? 1UL : 0);
    }

    /// <summary>type1's answer to CHECK_EXTENSION with a NULL instance (type1-semantics 1.2).</summary>
    private static ulong OffersWithoutInstance(ulong extension) => extension switch
    {
        Extension.Type1 or Extension.Type1V2 or Extension.Type1Nesting or UnmapAllExtension => 1,
        Extension.UpdateVaddr when TDesign.UpdatesVaddr && !TDesign.ExcludesMediated => 1,
        _ => 0,
    };

    private void SetIommuLocked(int task)
    {
        ref var t = ref state.Tasks[task];
        var errno = SetIommu(t.Container, operations[t.Line].X);
        Release(Lock.ContainerGroups(t.Container));
        Finish(task, errno);
    }

    /// <summary>The new instance is reachable by nobody else until it is set, so its attaches cannot wait.</summary>
    private Errno SetIommu(int container, ulong type)
    {
        ref var c = ref state.Containers[container];
        if (c.Groups == 0 || c.Instance != 0)
            return Errno.EINVAL;
        if (OffersWithoutInstance(type) == 0)
            return Errno.ENODEV;
        if (type is not (Extension.Type1 or Extension.Type1V2 or Extension.Type1Nesting))
            return Errno.EINVAL;
        var nesting = type == Extension.Type1Nesting;
        var behindIommu = GroupsOf(c.Groups, DeviceKind.Pci);
        // iommu_enable_nesting is refused by the emulated Intel IOMMU (corrections C18).
        if (nesting && behindIommu != 0)
            return Errno.EINVAL;
        var number = FreeInstance();
        state.Instances[number] = new Instance
        {
            Flags = InstanceFlags.Exists | InstanceFlags.ContainerOpen |
                (type == Extension.Type1 ? 0 : InstanceFlags.V2) | (nesting ? InstanceFlags.Nesting : 0),
            DomainGroups = behindIommu,
            EmulatedGroups = GroupsOf(c.Groups, DeviceKind.Mdev),
            ValidIovas = behindIommu != 0 ? ValidIovas.Aperture : ValidIovas.Unrestricted,
            Limit = state.EntryLimit,
            Available = state.EntryLimit,
        };
        c.Instance = (byte)(number + 1);
        return Errno.None;
    }

    private void SetEntryLimit(int task, ushort mappings)
    {
        state.EntryLimit = mappings;
        Finish(task, Errno.None);
    }

    private int FreeInstance()
    {
        var number = 0;
        while (state.Instances[number].Flags != 0)
            number++;
        return number;
    }

    private byte GroupsOf(byte groups, DeviceKind kind)
    {
        var of = 0;
        for (var device = 0; device < Limits.DevicesMax; device++)
        {
            if (world.Device(device).Kind == kind)
                of |= 1 << device;
        }
        return (byte)(groups & of);
    }
}
