namespace VfioFuzz.Programs.Generation;

/// <summary>
/// Which kinds work on what a line just made or changed. Lines that follow each other closely are where waits and races
/// begin; by weights alone a chain of three is rare.
/// </summary>
internal static class FollowUps
{
    public static ReadOnlySpan<OperationKind> Of(in Operation operation) => operation.Kind switch
    {
        OperationKind.Map =>
            [OperationKind.Pin, OperationKind.SubmitPin, OperationKind.DmaRw, OperationKind.SubmitDmaRw, OperationKind.Unmap],
        OperationKind.Unmap when (operation.UnmapFlags & UnmapFlags.Vaddr) != 0 =>
            [
                OperationKind.SubmitPin, OperationKind.SubmitPin, OperationKind.Pin, OperationKind.SubmitDmaRw,
                OperationKind.SubmitDmaRw, OperationKind.DmaRw, OperationKind.Map, OperationKind.Attach,
            ],
        OperationKind.Unmap => [OperationKind.Map, OperationKind.Unpin, OperationKind.Dma, OperationKind.SubmitUnpin],
        OperationKind.Pin => [OperationKind.Unpin, OperationKind.Dma, OperationKind.Unmap, OperationKind.Pin],
        OperationKind.DirtyPages => [OperationKind.DirtyPages, OperationKind.Pin, OperationKind.DmaRw, OperationKind.Unmap, OperationKind.Map],
        OperationKind.SubmitPin =>
            [
                OperationKind.Close, OperationKind.SubmitUnpin, OperationKind.Unmap, OperationKind.JoinWorker, OperationKind.Map,
                OperationKind.Pin, OperationKind.Exit, OperationKind.Kill, OperationKind.Kill,
            ],
        OperationKind.SubmitDmaRw =>
            [OperationKind.JoinWorker, OperationKind.Close, OperationKind.SubmitUnpin, OperationKind.Exit, OperationKind.Kill, OperationKind.Kill],
        OperationKind.SubmitUnpin => [OperationKind.JoinWorker, OperationKind.Close, OperationKind.SubmitUnpin],
        OperationKind.OpenGroup => [OperationKind.Sibling],
        OperationKind.Attach => [OperationKind.EntryLimit],
        OperationKind.UnsafeInterrupts => [OperationKind.Attach, OperationKind.SetIommu, OperationKind.UnsafeInterrupts],
        OperationKind.Sibling =>
            [OperationKind.Attach, OperationKind.GroupStatus, OperationKind.Sibling, OperationKind.Detach, OperationKind.GetDevice],
        OperationKind.Detach => [OperationKind.Attach, OperationKind.Sibling, OperationKind.Map, OperationKind.GroupStatus, OperationKind.GetInfo],
        OperationKind.SetIommu => [OperationKind.CheckExtension, OperationKind.UnknownIoctl, OperationKind.FileCall, OperationKind.GroupStatus, OperationKind.GetInfo],
        OperationKind.WritePage => [OperationKind.Dma, OperationKind.DmaRw],
        OperationKind.Mmap when operation.MemoryKind == MemoryKind.Device =>
            [OperationKind.Map, OperationKind.Map, OperationKind.Map, OperationKind.DeviceMemory],
        OperationKind.Unbind =>
            [
                OperationKind.Close, OperationKind.Close, OperationKind.GroupStatus, OperationKind.GetDevice, OperationKind.OpenGroup, OperationKind.Attach,
                OperationKind.Detach, OperationKind.Unbind, OperationKind.Map, OperationKind.Pin, OperationKind.Exit, OperationKind.Kill, OperationKind.Exec,
            ],
        OperationKind.DeviceMemory => [OperationKind.Map, OperationKind.Attach, OperationKind.Dma, OperationKind.DmaRw, OperationKind.ReadPage],
        OperationKind.Mmap or OperationKind.Munmap => [OperationKind.Map, OperationKind.Pin, OperationKind.Dma],
        OperationKind.SetLimit =>
            [OperationKind.SetCapability, OperationKind.Map, OperationKind.Pin, OperationKind.SubmitPin, OperationKind.Mlock, OperationKind.Mlock],
        OperationKind.SetCapability => [OperationKind.SetLimit, OperationKind.Map, OperationKind.Pin, OperationKind.Mlock],
        OperationKind.Mlock => [OperationKind.Munlock, OperationKind.SetLimit, OperationKind.Map, OperationKind.Pin, OperationKind.Attach],
        OperationKind.Fork => [OperationKind.SendFd, OperationKind.Exit, OperationKind.Close, OperationKind.Kill, OperationKind.Map],
        OperationKind.SendFd => [OperationKind.ReceiveFd],
        OperationKind.Exec => [OperationKind.Map, OperationKind.Unmap, OperationKind.Pin],
        OperationKind.MapFile => [OperationKind.Pin, OperationKind.SubmitPin, OperationKind.Dma, OperationKind.PunchHole],
        _ => [],
    };

    /// <summary>After what a change of owner is likely to mean something: a new mm, or another limit for it.</summary>
    public static bool MayChangeOwner(OperationKind kind) => kind is OperationKind.Fork or OperationKind.Exec or OperationKind.SetLimit
        or OperationKind.SetCapability or OperationKind.Mlock;

    /// <summary>
    /// In how many of six cases a follow-up is drawn: a message that nobody takes, a limit that nobody meets, or work that
    /// nothing happens to, shows nothing.
    /// </summary>
    public static int InSix(OperationKind kind) => kind switch
    {
        OperationKind.Attach or OperationKind.OpenGroup => 1,
        OperationKind.SendFd => 5,
        OperationKind.SetLimit or OperationKind.SetCapability => 4,
        OperationKind.Unmap => 3,
        OperationKind.Unbind => 4,
        OperationKind.SubmitPin or OperationKind.SubmitDmaRw => 4,
        _ => 2,
    };

    /// <summary>Who does the follow-up: the new child, the receiver of a message, else the same thread.</summary>
    public static TaskId TaskAfter(in Operation operation) => operation.Kind switch
    {
        OperationKind.Fork => TaskId.Of(operation.A, 0),
        OperationKind.SendFd => TaskId.Of(operation.B, 0),
        _ => operation.Task,
    };
}
