using VfioFuzz.Model.Files;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>Which kind of file a call's command belongs to.</summary>
internal enum TargetKind
{
    /// <summary>The call addresses no file, or any file.</summary>
    None,

    /// <summary>A command of the container core: GET_API_VERSION, CHECK_EXTENSION, SET_IOMMU.</summary>
    ContainerCore,

    /// <summary>A command that the container passes to its iommu driver.</summary>
    ContainerDriver,
    Group,

    /// <summary>A command that no file knows.</summary>
    Unknown,

    /// <summary>An ioctl of the test drivers.</summary>
    Driver,
}

/// <summary>What a command answers on a file that does not know it (type1-semantics 1; OperationKind, remarks).</summary>
internal static class Target
{
    public static TargetKind Of(OperationKind kind, Dialect dialect) => kind switch
    {
        _ when !dialect.Knows(kind) => TargetKind.None,
        OperationKind.SetIommu or OperationKind.CheckExtension or OperationKind.GetApiVersion => TargetKind.ContainerCore,
        OperationKind.Map or OperationKind.Unmap or OperationKind.GetInfo or OperationKind.DirtyPages or OperationKind.MapFile or OperationKind.ChangeMm
            or OperationKind.ChangeProcess => TargetKind.ContainerDriver,
        OperationKind.GetDevice or OperationKind.Attach or OperationKind.Detach or OperationKind.GroupStatus => TargetKind.Group,
        OperationKind.UnknownIoctl => TargetKind.Unknown,
        OperationKind.Pin or OperationKind.Unpin or OperationKind.DmaRw => TargetKind.Driver,
        _ => TargetKind.None,
    };

    public static Outcome Refusal(in Step step, TargetKind wanted, in OpenFile file) => file.Kind switch
    {
        FileKind.Container when wanted == TargetKind.ContainerCore => Outcome.More,
        FileKind.Container when step.State.Containers[file.Target].InstancePlusOne == 0 =>
            Outcome.Fails(Errno.EINVAL, RuleId.NoDriver),
        FileKind.Container when wanted == TargetKind.ContainerDriver => Outcome.More,
        FileKind.Container => Outcome.Fails(Errno.ENOTTY, RuleId.UnknownCommand),
        FileKind.Group when wanted == TargetKind.Group => Outcome.More,
        FileKind.Group => Outcome.Fails(Errno.ENOTTY, RuleId.UnknownCommand),
        FileKind.Device when wanted != TargetKind.Driver => Outcome.DeviceIoctl,
        _ when step.Contract.World.Device(file.Target).Kind == DeviceKind.Mdev => Outcome.More,
        _ => Outcome.Fails(Errno.ENOTTY, RuleId.NotADriver),
    };
}
