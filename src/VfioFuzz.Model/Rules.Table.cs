namespace VfioFuzz.Model;

public static partial class Rules
{
    /// <summary>One row for each <see cref="RuleId"/>, in its order.</summary>
    private static Rule[] Rows() =>
    [
        new("none", "", ""),
        new(
            "harness.busy",
            "A line of a thread that is still inside a call is not started.",
            "OperationKind, remarks", "busy"),
        new(
            "harness.not-run",
            "A line of a process that is not there, or one that would use an occupied slot, is not run.",
            "OperationKind, remarks", "not-run"),
        new(
            "harness.device-ioctl",
            "Container and group ioctls on a device fd are not run: their numbers mean other things there.",
            "OperationKind, remarks", "not-run"),
        new("harness.reserved", "An operation that only later designs know answers ENOTTY.", "OperationKind"),
        new(
            "process.killed",
            "A thread that is killed inside a call never returns from it.",
            "type1-semantics 6.4",
            "killed"),
        new("fd.empty-slot", "An ioctl, close or dup of a slot without a file answers EBADF.", "fdget"),
        new(
            "container.open",
            "Opening the container node always makes a new container.",
            "container.c vfio_fops_open"),
        new("fd.close", "close returns 0 when the releases it caused have run.", "type1-semantics 7.2"),
        new("fd.dup", "dup makes another reference of the same file.", "type1-semantics 7.2"),
        new(
            "fd.access",
            "A container and a group have nothing to read, write or mmap.",
            "type1-semantics 1; corrections C21", "EINVAL ENODEV"),
        new(
            "mail.send",
            "A file is sent when the receiver ever existed and its mailbox has room.",
            "OperationKind.SendFd", "ok EBADF ESRCH EAGAIN"),
        new(
            "mail.receive",
            "The oldest message is received; an empty mailbox answers EAGAIN.",
            "OperationKind.ReceiveFd", "ok EAGAIN"),
        new(
            "container.no-driver",
            "Without an iommu driver every ioctl that type1 would handle answers EINVAL.",
            "type1-semantics 1"),
        new(
            "ioctl.unknown",
            "A command that the file does not know answers ENOTTY.",
            "type1-semantics 1; vfio_group_fops_unl_ioctl"),
        new(
            "get-api-version.ok",
            "GET_API_VERSION answers 0 on every container, before SET_IOMMU as after.",
            "type1-semantics 1.1"),
        new("get-info.copy-in", "GET_INFO reads its first 16 bytes before anything else: EFAULT.", "type1-semantics 1.4"),
        new("get-info.argsz", "An argsz below 16 answers EINVAL.", "type1-semantics 1.4"),
        new(
            "get-info.ok",
            "GET_INFO with room for every capability: page sizes, then MIGRATION, DMA_AVAIL and, unless no range is known, "
                + "IOVA_RANGE.",
            "type1-semantics 1.4"),
        new(
            "get-info.too-small",
            "GET_INFO without that room answers 0 with the argsz that would do, and cap_offset 0.",
            "type1-semantics 1.4"),
        new(
            "get-info.copy",
            "An answer of GET_INFO that cannot be written answers EFAULT.",
            "type1-semantics 1.4 step 4"),
        new(
            "check-extension.table",
            "CHECK_EXTENSION answers by the dialect's table and never fails.",
            "type1-semantics 1.2"),
        new(
            "set-iommu.state",
            "SET_IOMMU needs a group attached and no driver yet, else EINVAL.",
            "type1-semantics 1.3 step 1"),
        new(
            "set-iommu.type",
            "A type that no backend offers answers ENODEV; one that type1 offers but cannot open EINVAL.",
            "type1-semantics 1.3"),
        new(
            "set-iommu.nesting",
            "Nesting with an iommu-backed group answers EINVAL on this iommu and leaves the container usable.",
            "corrections C18"),
        new("set-iommu.ok", "SET_IOMMU makes an instance with every group attached.", "type1-semantics 1.3"),
        new(
            "group.no-device",
            "A device that the world lacks has no group to open, and no name in a group.",
            "OperationKind.OpenGroup; type1-semantics 7.1", "ENOENT ENODEV"),
        new(
            "group.single-opener",
            "A group has one opener; a second open answers EBUSY until the file and every device file of it "
                + "are gone.",
            "type1-semantics 7.1, 7.2", "ok EBUSY"),
        new("group-status.copy-in", "GET_STATUS reads its struct before anything else: EFAULT.", "vfio_group_ioctl_get_status"),
        new("group-status.argsz", "An argsz below 8 answers EINVAL.", "vfio_group_ioctl_get_status"),
        new(
            "group-status.ok",
            "GROUP_GET_STATUS reports a viable group, and whether it has a container.",
            "type1-semantics 7.1; vfio_group_ioctl_get_status"),
        new(
            "group-status.not-viable",
            "A group whose DMA a driver of the host uses is not viable.",
            "corrections C19; iommu_group_dma_owner_claimed"),
        new(
            "group-status.copy",
            "A status that cannot be written answers EFAULT.",
            "vfio_group_ioctl_get_status"),
        new(
            "attach.copy-in",
            "SET_CONTAINER reads its fd before anything else: EFAULT.",
            "type1-semantics 7.1"),
        new("attach.bad-fd", "A number that is no open fd answers EBADF.", "type1-semantics 7.1; corrections C6"),
        new("attach.attached", "A group that has a container gets no other: EINVAL.", "type1-semantics 7.1"),
        new(
            "attach.not-a-container",
            "A file that is no container is refused, since v6.2 with EBADFD.",
            "corrections C6", "EINVAL EBADFD"),
        new(
            "attach.twice",
            "Without a lock on the group, of two attaches to the same instance one finds the other's group there: EINVAL.",
            "type1-semantics 3.1 row 2"),
        new(
            "attach.not-viable",
            "A group whose DMA a driver of the host uses is not attached: EPERM, before type1 hears of it.",
            "corrections C19; iommu_group_claim_dma_owner"),
        new(
            "attach.invalid-vaddr",
            "While a vaddr is invalid, no group can be attached: EBUSY.",
            "type1-semantics 3.1 row 1"),
        new(
            "attach.waits",
            "The replay of an attach waits until no vaddr is invalid.",
            "type1-semantics 5.5",
            "blocked"),
        new(
            "attach.reserved",
            "A mapping inside a reserved region of the new group refuses the attach with EINVAL.",
            "type1-semantics 3.1 row 9; corrections C2"),
        new(
            "attach.unsafe-interrupts",
            "Behind an IOMMU that keeps no device from forging interrupts no group is attached unless allow_unsafe_interrupts says so: EPERM, by SET_IOMMU too.",
            "type1-semantics 3.1 row 11; corrections C18"),
        new(
            "attach.aperture",
            "A mapping beyond the new aperture fails the replay with the iommu's errno, EFAULT.",
            "corrections C2"),
        new(
            "attach.replay-pin",
            "The replay pins from the attacher's address space; a page that is not there or not writable "
                + "answers EFAULT.",
            "type1-semantics 3.1 Replay"),
        new(
            "attach.attacher-limit",
            "The replay checks each physical run against the attacher's limit first: ENOMEM.",
            "corrections C7"),
        new(
            "attach.mapper-limit",
            "What a replay pins is charged to the mapper, within the mapper's limit: ENOMEM.",
            "corrections C7"),
        new(
            "attach.mapper-gone",
            "A replay that must charge a task without an address space answers ESRCH.",
            "type1-semantics 3.1, 6.1"),
        new("attach.ok", "An attached group joins the container and its instance.", "type1-semantics 3.1"),
        new(
            "detach.state",
            "UNSET_CONTAINER without a container answers EINVAL, with an open device EBUSY.",
            "type1-semantics 7.1"),
        new(
            "detach.ok",
            "UNSET_CONTAINER detaches; the last group's detach destroys the instance and its mappings.",
            "type1-semantics 3.2, 7.2"),
        new(
            "get-device.copy-in",
            "GET_DEVICE_FD reads the device's name before anything else: EFAULT.",
            "type1-semantics 7.1"),
        new("get-device.no-container", "A group without a container gives no device: EINVAL.", "type1-semantics 7.1"),
        new(
            "get-device.no-driver",
            "A group whose container has no iommu driver gives no device: EINVAL.",
            "type1-semantics 7.1"),
        new(
            "get-device.not-viable",
            "Before groups were claimed, one beside a driver of the host was attached and gave no device: EINVAL.",
            "corrections C19"),
        new(
            "get-device.ok",
            "GET_DEVICE_FD opens the device; the first open registers an mdev.",
            "type1-semantics 5.6, 7.2"),
        .. OfMappings(),
        new("pin.count", "Zero pages answer EINVAL, more than 512 E2BIG.", "type1-semantics 5.2; corrections C14"),
        new("pin.v1", "A v1 container answers EACCES.", "type1-semantics 5.2 row 3"),
        new("pin.wrap", "Pages whose last byte wraps answer EOVERFLOW.", "type1-semantics 5.2 row 4"),
        new(
            "pin.invalid-vaddr",
            "A pin waits while a page it needs is in a mapping with an invalid vaddr.",
            "type1-semantics 5.2 row 6, 5.5", "blocked"),
        new(
            "pin.woken",
            "A waiter that wakes with the container closed, its thread stopped or killed answers EFAULT.",
            "type1-semantics 5.5"),
        new("pin.unregistered", "Without a registered device pinning answers EINVAL.", "type1-semantics 5.2 row 7"),
        new("pin.no-callback", "Since v6.6, a driver without a dma_unmap callback pins nothing: EINVAL, before the pages are counted.", "type1-semantics 5.2; 6.12.117 vfio_main.c"),
        new("pin.unmapped", "A page in no mapping answers EINVAL.", "type1-semantics 5.2 row 8"),
        new("pin.access", "More access than the mapping has answers EPERM.", "type1-semantics 5.2 row 8"),
        new("pin.dead-mm", "A new pin through a dead address space answers ENODEV.", "type1-semantics 5.2 row 8"),
        new(
            "pin.fault",
            "Memory that is not there, or not writable for a writable mapping, answers EFAULT.",
            "type1-semantics 5.2 row 8"),
        new(
            "pin.device",
            "A page of a device's memory is found and has no struct page to give to a driver: EINVAL, and nothing is charged.",
            "type1-semantics 5.2 row 8; corrections C15"),
        new(
            "pin.limit",
            "Without an iommu domain a new pin is charged: beyond the mapper's limit ENOMEM, and no page "
                + "stays pinned.",
            "type1-semantics 5.2 row 8"),
        new("pin.ok", "Every page is pinned, or gains a reference when its iova is pinned.", "type1-semantics 5.2"),
        new(
            "unpin.ok",
            "The driver drops its newest record of each iova and one reference with it.",
            "type1-semantics 5.3"),
        new("dma-rw.length", "A length of 0 answers EINVAL.", "type1-semantics 5.4; corrections C15"),
        new("dma-rw.too-long", "A length beyond the driver's 16384 answers EINVAL.", "OperationKind.DmaRw"),
        new("dma-rw.unmapped", "A byte in no mapping answers EINVAL.", "type1-semantics 5.4"),
        new("dma-rw.access", "dma_rw needs READ, and WRITE as well for writes: EPERM.", "type1-semantics 5.4"),
        new("dma-rw.dead-mm", "A dead address space answers EPERM.", "type1-semantics 5.4"),
        new("dma-rw.foreign", "A user task reaches its own address space only: EFAULT.", "type1-semantics 5.4"),
        new(
            "dma-rw.fault",
            "Memory that is not there, or not writable for a write, answers EFAULT; what was written before stays.",
            "type1-semantics 5.4"),
        new("dma-rw.ok", "dma_rw copies, mapping by mapping, through the vaddr.", "type1-semantics 5.4"),
        new("driver.not-an-mdev", "A pci device has no such driver ioctl: ENOTTY.", "OperationKind.Pin"),
        new(
            "driver.lock",
            "A driver call waits for the driver's lock.",
            "World.DriverLock; deadlocks DL-07",
            "blocked"),
        new(
            "submit.state",
            "Work is taken by an open mdev with an idle worker: ENODEV, EBUSY.",
            "OperationKind.SubmitPin"),
        new("join.ok", "join returns when the worker is idle.", "OperationKind.JoinWorker", "ok blocked"),
        new(
            "close.waits",
            "The release of a device waits for the driver's worker and lock.",
            "type1-semantics 5.6; deadlocks DL-01", "blocked"),
        new(
            "group.lock-waits",
            "A call on a group waits for the call that holds the group's lock.",
            "deadlocks DL-12", "blocked"),
        new(
            "container.lock-waits",
            "A call that needs the container's group_lock waits for the call that holds it.",
            "deadlocks DL-09", "blocked"),
        new(
            "container.mutex-waits",
            "A call that needs the iommu mutex waits for the one that sleeps holding it.",
            "deadlocks DL-08'", "blocked"),
        new(
            "process.threads-wait",
            "exec, exit and kill wait until every thread has left the kernel.",
            "deadlocks DL-02, DL-10", "blocked"),
        new(
            "dma.state",
            "The caller must hold an fd of the device (ENODEV); a pci device masters 32-bit addresses (EINVAL).",
            "OperationKind.Dma"),
        new(
            "dma.iommu",
            "A bus master reaches exactly the pages that the iommu translates, with the mapping's access.",
            "type1-semantics 3", "ok EFAULT"),
        new(
            "dma.pin-record",
            "An mdev reaches exactly the pages that its driver has pinned, with the access it asked for.",
            "OperationKind.Dma", "ok EFAULT"),
        new(
            "memory.window",
            "The CPU reads and writes what is mapped in the window, and faults elsewhere.",
            "OperationKind.WritePage", "ok EFAULT"),
        new("memory.pages", "mmap and munmap of no pages answer EINVAL.", "OperationKind.Mmap"),
        new(
            "memory.of-device",
            "Memory of a device whose memory bit is clear faults, and what was mapped before stays translated to where nothing answers.",
            "vfio_basic_config_write; vfio_pci_mmap_fault"),
        new(
            "charge.locked",
            "VmLck is what the mappings of this address space have charged, and what its process has locked itself.",
            "type1-semantics 2.3 I7, 3 Accounting"),
        new("process.limit", "Limit and capability take effect at once.", "OperationKind.SetLimit"),
        new("mlock.forbidden", "Who may lock nothing, and has no CAP_IPC_LOCK, gets EPERM.", "can_do_mlock"),
        new(
            "mlock.limit",
            "What the process has locked and what type1 has charged it, with the pages that are asked for and not locked yet, beyond its limit: ENOMEM.",
            "mlock(2); type1-semantics 11"),
        new("mlock.ok", "mlock and munlock count in the VmLck that type1 charges.", "type1-semantics 11"),
        new(
            "module.entry-limit",
            "dma_entry_limit is what SET_IOMMU reads into dma_avail: instances that are there keep their own.",
            "type1-semantics 1.3 State, 11"),
        new(
            "module.unsafe-interrupts",
            "allow_unsafe_interrupts is asked at each attach: groups that are there stay.",
            "type1-semantics 3.1 row 11, 11"),
        new("sibling.bound", "A sibling that has its driver gets no other: EBUSY.", "OperationKind.Sibling"),
        new(
            "sibling.claimed",
            "While vfio has a group's DMA no driver of the host comes to it: EBUSY.",
            "iommu_device_use_default_domain"),
        new(
            "sibling.driver",
            "A driver of the host comes to a sibling, and leaves it; where there is none ENODEV.",
            "OperationKind.Sibling", "ok ENODEV"),
        new(
            "group.gone",
            "A group whose last device is gone answers ENODEV: GET_STATUS behind argsz, SET_CONTAINER between EBADF and what its fd is.",
            "type1-semantics 7.1; corrections C19", "ENODEV"),
        new(
            "unbind.waits",
            "An unbind waits for the last close of the device, and another one of the same device for it.",
            "type1-semantics 7.2; vfio_unregister_group_dev", "blocked"),
        new(
            "unbind.ok",
            "An unbind takes the device from its group, and the group, that has no other, from its container and from /dev; what has no driver answers ENODEV.",
            "type1-semantics 7.2; vfio_device_remove_group", "ok ENODEV"),
        new("process.fork", "fork shares the files and copies private memory.", "type1-semantics 6.2"),
        new(
            "process.exec",
            "exec replaces the address space and closes the close-on-exec files.",
            "type1-semantics 6.3"),
        new(
            "process.exit",
            "exit drops the address space first, then the files, highest fd first.",
            "type1-semantics 6.4"),
        new(
            "process.kill",
            "kill returns when the process is reaped; none to kill answers ESRCH.",
            "OperationKind.Kill", "ok ESRCH"),
        new(
            "charge.at-end",
            "At the end of the lines VmLck of every process is what its mappings have charged.",
            "type1-semantics 2.3 I7"),
        new("charge.after-teardown", "After tear-down nothing stays charged.", "type1-semantics 2.3 I7"),
        new(
            "file.size",
            "Pages that leave the file stay with whoever has pinned them; what the file has in their place is empty.",
            "OperationKind.Truncate, PunchHole"),
        new(
            "change-owner",
            "Every mapping of another's becomes the caller's, and its charge with it; a dead owner is no error.",
            "deadlocks 8.4 D; iommufd-compat 10.2"),
        new(
            "change-owner.limit",
            "The caller's limit is met before anything is changed: ENOMEM.",
            "iommufd-compat 10.2"),
        new(
            "change-owner.private",
            "CHANGE_PROCESS answers EINVAL when any mapping is no file's.",
            "iommufd-compat 10.2"),
    ];
}
