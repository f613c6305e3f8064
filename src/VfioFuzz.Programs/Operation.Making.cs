namespace VfioFuzz.Programs;

public readonly partial record struct Operation
{
    public static Operation OpenContainer(TaskId task, int at, bool cloexec = false) =>
        new(OperationKind.OpenContainer, task, 0, (byte)at, CloexecBit(cloexec), 0, 0, 0);

    public static Operation OpenGroup(TaskId task, int device, int at, bool cloexec = false) =>
        new(OperationKind.OpenGroup, task, (byte)device, (byte)at, CloexecBit(cloexec), 0, 0, 0);

    public static Operation GetDevice(TaskId task, int group, int device, int at, bool cloexec = false) =>
        new(OperationKind.GetDevice, task, (byte)group, (byte)at, CloexecBit(cloexec), (ulong)device, 0, 0);

    public static Operation Close(TaskId task, int slot) => OnSlot(OperationKind.Close, task, slot);

    public static Operation Dup(TaskId task, int slot, int at, bool cloexec = false) =>
        new(OperationKind.Dup, task, (byte)slot, (byte)at, CloexecBit(cloexec), 0, 0, 0);

    public static Operation Attach(TaskId task, int group, int container) =>
        new(OperationKind.Attach, task, (byte)group, (byte)container, 0, 0, 0, 0);

    public static Operation Detach(TaskId task, int group) => OnSlot(OperationKind.Detach, task, group);

    public static Operation SetIommu(TaskId task, int container, ulong type) =>
        new(OperationKind.SetIommu, task, (byte)container, 0, 0, type, 0, 0);

    public static Operation CheckExtension(TaskId task, int container, ulong extension) =>
        new(OperationKind.CheckExtension, task, (byte)container, 0, 0, extension, 0, 0);

    public static Operation GetInfo(TaskId task, int container, uint argsz, InfoView view = InfoView.Summary, UserArgument argument = default) =>
        new(OperationKind.GetInfo, task, (byte)container, 0, 0, argsz, (ulong)view, 0, argument.Code);

    public static Operation DirtyPages(TaskId task, int container, DirtyFlags flags, Iova iova = default, ByteCount size = default) =>
        new(OperationKind.DirtyPages, task, (byte)container, 0, (uint)flags, iova.Value, size.Value, 0);

    public static Operation GetApiVersion(TaskId task, int container) =>
        OnSlot(OperationKind.GetApiVersion, task, container);

    public static Operation GroupStatus(TaskId task, int group) => OnSlot(OperationKind.GroupStatus, task, group);

    public static Operation FileCall(TaskId task, int slot, FileCall access) =>
        new(OperationKind.FileCall, task, (byte)slot, 0, 0, (ulong)access, 0, 0);

    public static Operation UnknownIoctl(TaskId task, int slot, ulong command) =>
        new(OperationKind.UnknownIoctl, task, (byte)slot, 0, 0, IoctlCommand.Unknown(command), 0, 0);

    public static Operation Map(
        TaskId task, int container, Iova iova, ByteCount size, HostAddress vaddr, MapFlags flags) =>
        new(OperationKind.Map, task, (byte)container, 0, (uint)flags, iova.Value, size.Value, vaddr.Value);

    public static Operation Unmap(TaskId task, int container, Iova iova, ByteCount size, UnmapFlags flags = 0) =>
        new(OperationKind.Unmap, task, (byte)container, 0, (uint)flags, iova.Value, size.Value, 0);

    public static Operation Pin(TaskId task, int deviceSlot, Iova iova, ulong pages, Access access) =>
        new(OperationKind.Pin, task, (byte)deviceSlot, 0, (uint)access, iova.Value, pages, 0);

    public static Operation Unpin(TaskId task, int deviceSlot, Iova iova, ulong pages) =>
        new(OperationKind.Unpin, task, (byte)deviceSlot, 0, 0, iova.Value, pages, 0);

    public static Operation DmaRw(TaskId task, int deviceSlot, Access access, Iova iova, ByteCount size) =>
        new(OperationKind.DmaRw, task, (byte)deviceSlot, 0, (uint)access, iova.Value, size.Value, 0);

    public static Operation SubmitPin(TaskId task, int device, Iova iova, ulong pages, Access access) =>
        new(OperationKind.SubmitPin, task, (byte)device, 0, (uint)access, iova.Value, pages, 0);

    public static Operation SubmitUnpin(TaskId task, int device, Iova iova, ulong pages) =>
        new(OperationKind.SubmitUnpin, task, (byte)device, 0, 0, iova.Value, pages, 0);

    public static Operation SubmitDmaRw(TaskId task, int device, Access access, Iova iova, ByteCount size) =>
        new(OperationKind.SubmitDmaRw, task, (byte)device, 0, (uint)access, iova.Value, size.Value, 0);

    public static Operation JoinWorker(TaskId task, int device) => OnSlot(OperationKind.JoinWorker, task, device);

    public static Operation Dma(TaskId task, int device, Access access, Iova iova) =>
        new(OperationKind.Dma, task, (byte)device, 0, (uint)access, iova.Value, 0, 0);

    public static Operation WritePage(TaskId task, int page) => OnSlot(OperationKind.WritePage, task, page);

    public static Operation ReadPage(TaskId task, int page) => OnSlot(OperationKind.ReadPage, task, page);

    public static Operation Mmap(TaskId task, int page, ulong pages, MemoryKind kind) =>
        new(OperationKind.Mmap, task, (byte)page, (byte)kind, 0, 0, pages, 0);

    public static Operation Munmap(TaskId task, int page, ulong pages) =>
        new(OperationKind.Munmap, task, (byte)page, 0, 0, 0, pages, 0);

    public static Operation Observe(TaskId task) => OnSlot(OperationKind.Observe, task, 0);

    public static Operation EntryLimit(TaskId task, ushort mappings) => new(OperationKind.EntryLimit, task, 0, 0, 0, mappings, 0, 0);

    public static Operation Sibling(TaskId task, int device, bool bound) =>
        new(OperationKind.Sibling, task, (byte)device, 0, bound ? 1u : 0u, 0, 0, 0);

    public static Operation Unbind(TaskId task, int device) => new(OperationKind.Unbind, task, (byte)device, 0, 0, 0, 0, 0);

    public static Operation UnsafeInterrupts(TaskId task, bool allowed) =>
        new(OperationKind.UnsafeInterrupts, task, 0, 0, allowed ? 1u : 0u, 0, 0, 0);

    public static Operation Mlock(TaskId task, ulong pages) => new(OperationKind.Mlock, task, 0, 0, 0, 0, pages, 0);

    public static Operation Munlock(TaskId task) => new(OperationKind.Munlock, task, 0, 0, 0, 0, 0, 0);

    public static Operation DeviceMemory(TaskId task, bool enabled) =>
        new(OperationKind.DeviceMemory, task, 0, 0, enabled ? 1u : 0u, 0, 0, 0);

    public static Operation SetLimit(TaskId task, ulong pages) =>
        new(OperationKind.SetLimit, task, 0, 0, 0, pages, 0, 0);

    public static Operation SetCapability(TaskId task, bool raised) =>
        new(OperationKind.SetCapability, task, 0, 0, raised ? 1u : 0u, 0, 0, 0);

    public static Operation Fork(TaskId task, int child) => OnSlot(OperationKind.Fork, task, child);

    public static Operation Exec(TaskId task) => OnSlot(OperationKind.Exec, task, 0);

    public static Operation Exit(TaskId task) => OnSlot(OperationKind.Exit, task, 0);

    public static Operation Kill(TaskId task, int process) => OnSlot(OperationKind.Kill, task, process);

    public static Operation SendFd(TaskId task, int slot, int process) =>
        new(OperationKind.SendFd, task, (byte)slot, (byte)process, 0, 0, 0, 0);

    public static Operation ReceiveFd(TaskId task, int at, bool cloexec = false) =>
        new(OperationKind.ReceiveFd, task, 0, (byte)at, CloexecBit(cloexec), 0, 0, 0);

    private static Operation OnSlot(OperationKind kind, TaskId task, int a) => new(kind, task, (byte)a, 0, 0, 0, 0, 0);

    private static uint CloexecBit(bool cloexec) => cloexec ? CloseOnExecFlag : 0;
}
