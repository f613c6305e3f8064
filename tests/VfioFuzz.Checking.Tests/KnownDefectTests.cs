using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Tests;

public sealed class KnownDefectTests
{
    private static readonly TaskId T1 = TaskId.Of(0, 1);

    private static readonly Operation Pin = Operation.Pin(Make.P0, 5, new(0), 1, Access.Read);

    private static readonly Operation Unmap = Operation.Unmap(Make.P0, 3, new(0), new(4096));

    private static readonly Operation OtherUnmap = Operation.Unmap(T1, 3, new(8192), new(4096));

    [Fact]
    public void Two_parallel_unmaps_beside_a_pin_can_invert_locks()
    {
        Assert.True(Reaches(KnownDefects.LockInversion, new(Pin), new(Unmap, 1), new(OtherUnmap, 1)));
        Assert.True(Reaches(KnownDefects.LockInversion, new(Pin), new(Unmap, 1), new(Operation.Close(T1, 6), 1)));
    }

    [Fact]
    public void Lines_in_order_or_without_pins_cannot_invert_locks()
    {
        Assert.False(Reaches(KnownDefects.LockInversion, new(Pin), new(Unmap), new(OtherUnmap)));
        Assert.False(Reaches(KnownDefects.LockInversion, new(Unmap, 1), new(OtherUnmap, 1)));
        Assert.False(Reaches(KnownDefects.LockInversion, new(Pin), new(Unmap, 1), new(OtherUnmap, 2)));
    }

    [Theory]
    [InlineData(0xfffffffffffff000, 0x1000, true)]
    [InlineData(0xffffffffffffe000, 0x2000, true)]
    [InlineData(0xffffffffffffe000, 0x1000, false)]
    [InlineData(0, 0, false)]
    public void Only_a_mapping_that_ends_at_the_top_reaches_the_last_page_defect(ulong iova, ulong size, bool reaches)
    {
        var map = Operation.Map(Make.P0, 3, new(iova), new(size), new(Limits.WindowBase), MapFlags.Read);
        Assert.Equal(reaches, Reaches(KnownDefects.LastPage, new Line(map)));
    }

    [Theory]
    [InlineData(DialectName.Blk2, false)]
    [InlineData(DialectName.S61, true)]
    [InlineData(DialectName.Ovf, true)]
    [InlineData(DialectName.Unspecified, false)]
    public void An_entry_applies_to_its_kernels_only(DialectName dialect, bool applies) => Assert.Equal(
        applies, KnownDefects.LockInversion.AppliesTo(Platform.Simulated with { Dialect = dialect }));

    [Theory]
    [InlineData(DriverCallback.Refuse, 10, 1, false)]
    [InlineData(DriverCallback.Refuse, 11, 1, true)]
    [InlineData(DriverCallback.TooLittle, 0, 10, false)]
    [InlineData(DriverCallback.TooLittle, 0, 12, true)]
    [InlineData(DriverCallback.Unpin, 0, 512, false)]
    public void A_driver_that_unpins_too_late_can_meet_the_bug(DriverCallback callback, byte refusals, ulong pages, bool reaches)
    {
        var world = new World(DeviceSpec.Mdev with { Callback = callback, RefuseCount = refusals });
        var program = Program.Sequential(world, Operation.Pin(Make.P0, 5, new(0), pages, Access.Read));
        Assert.Equal(reaches, KnownDefects.UnpinnedTooLate.CanReach(program));
    }

    [Theory]
    [InlineData(0x1800, 1, 0x2000, true)]
    [InlineData(0x1000, 1, 0x2000, false)]
    [InlineData(0x1800, 1, 0x3000, false)]
    [InlineData(0x1800, 2, 0x3000, true)]
    public void A_pin_that_starts_before_its_mapping_can_meet_the_bug(ulong iova, ulong pages, ulong mapped, bool reaches)
    {
        var program = Program.Sequential(
            Make.OneMdev,
            Operation.Map(Make.P0, 3, new(mapped), new(4096), new(Limits.WindowBase), MapFlags.Read),
            Operation.Pin(Make.P0, 5, new(iova), pages, Access.Read));
        Assert.Equal(reaches, KnownDefects.UnpinnedTooLate.CanReach(program));
    }

    [Theory]
    [InlineData("stuck", "unmap @ vfio_iommu_type1_ioctl + unmap @ vfio_iommu_type1_unpin_pages", true)]
    [InlineData("stuck", "close @ vfio_iommu_type1_unregister_device + unmap @ vfio_iommu_type1_unpin_pages", true)]
    [InlineData("stuck", "unmap @ vfio_iommu_type1_unpin_pages", false)]
    [InlineData("stuck", "unmap @ vfio_iommu_type1_ioctl", false)]
    [InlineData("kernel-bug", "unmap @ vfio_iommu_type1_ioctl + unmap @ vfio_iommu_type1_unpin_pages", false)]
    [InlineData("deadlock", "unmap @ dma_unmap callback: vfio_unpin_pages + unmap @ vfio_notify_dma_unmap", true)]
    [InlineData("deadlock", "unmap @ dma_unmap callback + unmap @ vfio_dma_do_unmap", false)]
    public void A_lock_inversion_is_known_by_both_halves_of_its_circle(string rule, string place, bool isKnown)
    {
        Program program = new(Make.OneMdev, [new(Pin), new(Unmap, 1), new(OtherUnmap, 1)]);
        Assert.Equal(isKnown, KnownDefects.LockInversion.Explains(new SeenViolation(new FindingKey(rule, Grade.None, place), null, program, [])));
    }

    [Theory]
    [InlineData("sim/blocking", DialectName.Blk3, "BZ-01 DL-23 L11 L2 LC-1 UD-1 UD-2 ZC-1")]
    [InlineData("sim/blocking?should-stop=faithful", DialectName.Blk3, "BZ-01 DL-19 DL-23 L11 L2 LC-1 UD-1 UD-2 ZC-1")]
    [InlineData("sim/blocking?last-page=faithful", DialectName.Blk3, "BZ-01 BZ-16 DL-23 L11 L2 LC-1 UD-1 UD-2 ZC-1")]
    [InlineData("sim/exclusion", DialectName.Exc, "DL-23 L11 L2 LC-1 UD-1")]
    [InlineData("6.0.0-6-amd64", DialectName.Blk3, "BZ-01 BZ-16 DL-19 DL-23 L11 L2 LC-1 UD-1 UD-2 ZC-1")]
    [InlineData("6.1.0-56-amd64", DialectName.S61, "BZ-16 DL-23 L11 L2 LC-1 OU-1 RU-1 UD-1 UD-2 ZC-1")]
    public void A_design_has_only_the_defects_that_it_shows(string kernel, DialectName dialect, string ids)
    {
        var platform = Platform.Simulated with { Kernel = kernel, Dialect = dialect };
        var applying = KnownDefects.All.Where(defect => defect.AppliesTo(platform)).Select(defect => defect.Id);
        Assert.Equal(ids, string.Join(' ', applying.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(0, 2, false)]
    [InlineData(0, -1, false)]
    [InlineData(1, 1, false)] // the group was there before the pin
    public void A_charge_under_a_devices_memory_is_lost_once_for_each_pinned_page(int attachFirst, int pages, bool isKnown)
    {
        var attach = Operation.Attach(Make.P0, 4, 3);
        var pin = Operation.Pin(Make.P0, 5, new(0), 1, Access.ReadWrite);
        var program = Program.Sequential(
            Make.OneMdev.With(1, DeviceSpec.Pci), attachFirst != 0 ? attach : pin, Operation.Mmap(Make.P0, 0, 1, MemoryKind.Device),
            attachFirst != 0 ? pin : attach);
        var seen = new SeenViolation(
            new FindingKey("locked-vm", Grade.None, "after tear-down"), Deviation.OfPages(unchecked((ulong)pages)), program,
            [Answer.Ok(1), Answer.Ok(), Answer.Ok(1)]);
        Assert.Equal(isKnown, KnownDefects.LostCharge.Explains(seen));
    }

    [Theory]
    [InlineData(MemoryKind.Untouched, -1, "after tear-down", true)]
    [InlineData(MemoryKind.Untouched, 1, "after tear-down", true)]
    [InlineData(MemoryKind.Untouched, 0, "after tear-down", false)]
    [InlineData(MemoryKind.Untouched, -2, "after tear-down", false)] // one page was pinned
    [InlineData(MemoryKind.Untouched, -1, "p0", false)] // the model counts it too: while the program runs it is news
    [InlineData(MemoryKind.AnonymousReadOnly, -1, "after tear-down", false)]
    public void A_charge_beside_the_page_of_zeros_is_uneven_by_at_most_the_pinned_pages(MemoryKind memory, int pages, string place, bool isKnown)
    {
        var program = Program.Sequential(
            Make.OneMdev.With(1, DeviceSpec.Pci), Operation.Mmap(Make.P0, 0, 1, memory), Operation.Pin(Make.P0, 5, new(0), 1, Access.Read),
            Operation.Attach(Make.P0, 4, 3));
        var seen = new SeenViolation(
            new FindingKey("locked-vm", Grade.None, place), Deviation.OfPages(unchecked((ulong)pages)), program,
            [Answer.Ok(), Answer.Ok(1), Answer.Ok()]);
        Assert.Equal(isKnown, KnownDefects.UnevenZeros.Explains(seen));
    }

    public static TheoryData<Operation, Answer, Answer, bool> AnswersAtTheTop() => new()
    {
        { MapOf(Top, 0x2000), Answer.Ok(), Answer.Fails(Errno.EEXIST), true },
        { MapOf(0x1000, 0x1000), Answer.Ok(), Answer.Fails(Errno.EEXIST), false },
        { MapOf(Top, 0x2000), Answer.Fails(Errno.EEXIST), Answer.Ok(), false },
        { UnmapOf(Top, 0x2000), Answer.Ok(), Answer.Ok(0x2000), true },
        { UnmapOf(Top, 0x2000), Answer.Ok(0x1000), Answer.Ok(0x2000), false },
        { UnmapOf(Top, 0x2000), Answer.Fails(Errno.EINVAL), Answer.Ok(0x2000), false },
        { UnmapOf(0x1000, 0x1000), Answer.Ok(), Answer.Ok(0x1000), true },
        { UnmapOf(0x1000, 0x1000), Answer.Ok(0x800), Answer.Ok(0x1000), false },
        { UnmapOf(0x1000, 0x1000), Answer.Ok(), Answer.Fails(Errno.EINVAL), false },
        { UnmapOf(0x8000, 0x1000), Answer.Ok(0x1000), Answer.Ok(), false },
        { Operation.Pin(Make.P0, 5, new(Top), 1, Access.Read), Answer.Fails(Errno.EINVAL), Answer.Ok(1), true },
        { Operation.Pin(Make.P0, 5, new(Top), 1, Access.Read), Answer.Fails(Errno.EFAULT), Answer.Ok(1), false },
        { Operation.Pin(Make.P0, 5, new(0x1000), 1, Access.Read), Answer.Fails(Errno.EINVAL), Answer.Ok(1), false },
        { Operation.Observe(Make.P0), Answer.Ok(2), Answer.Ok(1), false },
    };

    [Theory]
    [MemberData(nameof(AnswersAtTheTop))]
    public void Beside_a_mapping_at_the_top_only_its_own_wrong_answers_are_known(
        Operation operation, Answer observed, Answer allowed, bool isKnown)
    {
        var program = Program.Sequential(Make.OneMdev, MapOf(Top, 0x2000), MapOf(0x1000, 0x1000), operation);
        var seen = new SeenViolation(
            new FindingKey("answer-allowed", Grade.None, ""), new Deviation(2, observed, [allowed]), program,
            [Answer.Ok(), Answer.Ok(), observed]);
        Assert.True(KnownDefects.LastPage.CanReach(program));
        Assert.Equal(isKnown, KnownDefects.LastPage.Explains(seen));
    }

    [Theory]
    [InlineData(Top, 0xa0, 3, true)]
    [InlineData(0x1000, 0xa0, 3, false)]
    [InlineData(Top, 0xa0, 2, false)]
    public void Memory_that_a_write_at_the_top_did_not_reach_is_known(ulong iova, ulong observed, ulong allowed, bool isKnown)
    {
        var program = Program.Sequential(
            Make.OneMdev, MapOf(Top, 0x2000), MapOf(0x1000, 0x1000),
            Operation.DmaRw(Make.P0, 5, Access.Write, new(iova), new(0x1000)), Operation.ReadPage(Make.P0, 0));
        var seen = new SeenViolation(
            new FindingKey("answer-allowed", Grade.None, ""), new Deviation(3, Answer.Ok(observed), [Answer.Ok(allowed)]), program,
            [Answer.Ok(), Answer.Ok(), Answer.Fails(Errno.EINVAL), Answer.Ok(observed)]);
        Assert.Equal(isKnown, KnownDefects.LastPage.Explains(seen));
    }

    [Theory]
    [InlineData("locked-vm", 2, true)]
    [InlineData("locked-vm", 3, true)]
    [InlineData("locked-vm", 5, true)]
    [InlineData("locked-vm", 1, false)]
    [InlineData("locked-vm", 4, false)]
    [InlineData("locked-vm", -2, false)]
    [InlineData("pin-balance", 5, true)]
    [InlineData("pin-balance", 1, false)]
    public void Of_mappings_at_the_top_whole_charges_stay(string rule, long pages, bool isKnown)
    {
        var program = Program.Sequential(Make.OneMdev, MapOf(Top, 0x2000), MapOf(Top - 0x1000, 0x3000));
        Assert.Equal(isKnown, KnownDefects.LastPage.Explains(Amount(rule, "leaked", pages, program)));
    }

    [Theory]
    [InlineData(-4, true)]
    [InlineData(-3, true)]
    [InlineData(-7, true)]
    [InlineData(-5, false)]
    [InlineData(4, false)]
    public void An_exec_loses_whole_charges_of_what_was_mapped_before_it(long pages, bool isKnown)
    {
        var program = Program.Sequential(
            Make.OneMdev, MapOf(0x4000, 0x4000), MapOf(0x8000, 0x3000), Operation.Exec(Make.P0), MapOf(0xb000, 0x5000));
        Assert.Equal(isKnown, KnownDefects.Underflow.Explains(Amount("locked-vm", "after tear-down", pages, program)));
        Assert.False(KnownDefects.Underflow.Explains(Amount("locked-vm", "VmLck of pN after tear-down, in pages", pages, program)));
    }

    [Fact]
    public void An_exec_before_every_mapping_loses_nothing() => Assert.False(KnownDefects.Underflow.CanReach(
        Program.Sequential(Make.OneMdev, Operation.Exec(Make.P0), MapOf(0x4000, 0x4000))));

    [Theory]
    [InlineData("locked-vm", "after tear-down", 1, true)]
    [InlineData("locked-vm", "after tear-down", 2, true)]
    [InlineData("locked-vm", "after tear-down", 3, false)]
    [InlineData("locked-vm", "VmLck of pN at the end, in pages", 1, false)]
    [InlineData("pin-balance", "leaked", 2, true)]
    [InlineData("pin-balance", "leaked", 3, false)]
    public void Pins_between_pages_leave_at_most_a_page_each(string rule, string place, long pages, bool isKnown)
    {
        var program = Program.Sequential(
            Make.OneMdev, MapOf(0x1000, 0x4000), Operation.Pin(Make.P0, 5, new(0x1800), 2, Access.Read),
            Operation.Pin(Make.P0, 5, new(0x1000), 4, Access.Read));
        Assert.Equal(isKnown, KnownDefects.UnalignedPin.Explains(Amount(rule, place, pages, program)));
    }

    /// <summary>Each entry's own splats, word by word, and ones that differ in one thing: the place, the task at work, the lock.</summary>
    [Theory]
    [InlineData("DL-23", "console-clean", Circle + ": &iommu->lock at vfio_iommu_type1_unpin_pages under &iommu->device_list_lock at vfio_iommu_type1_ioctl", true)]
    [InlineData("DL-23", "console-clean", Circle + ": &iommu->lock at vfio_iommu_type1_ioctl under &group->group_lock at vfio_group_fops_unl_ioctl", false)]
    [InlineData("DL-23", "console-clean", Circle, false)]
    [InlineData("L2", "kernel-bug", "kernel BUG at drivers/vfio/vfio_iommu_typeN.c:N! in vfio_iommu_type1_ioctl", true)]
    [InlineData("L2", "kernel-bug", "kernel BUG at drivers/vfio/vfio_iommu_typeN.c:N! in vfio_iommu_type1_attach_group", false)]
    [InlineData("L2", "kernel-bug", "kernel BUG at mm/gup.c:N! in vfio_iommu_type1_ioctl", false)]
    [InlineData("DL-19", "kernel-bug", "oops: kthread_should_stop by a user thread woken in vfio_wait (DL-N)", true)]
    [InlineData("DL-19", "kernel-bug", "BUG: unable to handle page fault for address: N in kthread_should_stop", true)]
    [InlineData("DL-19", "kernel-bug", "BUG: unable to handle page fault for address: N in vfio_iommu_type1_pin_pages", false)]
    [InlineData("DL-19", "console-clean", "WARNING: in kthread_should_stop", false)]
    [InlineData("UD-2", "kernel-bug", "use after free: vfio_fops_release waits for the mutex of a freed vfio_iommu", true)]
    [InlineData("UD-2", "kernel-bug", "use after free: vfio_dma_do_map waits for the mutex of a freed vfio_iommu", false)]
    [InlineData("UD-1", "kernel-bug", "general protection fault, probably for non-canonical address N: N [#N] PREEMPT SMP NOPTI in vfio_iommu_type1_ioctl", true)]
    [InlineData("UD-1", "kernel-bug", "general protection fault, probably for non-canonical address N: N [#N] PREEMPT SMP NOPTI in vfio_group_fops_open", false)]
    [InlineData("UD-1", "console-clean", "WARNING: CPU: N PID: N at lib/refcount.c:N refcount_warn_saturate", false)]
    [InlineData("RU-1", "stuck", "tear-down", true)]
    [InlineData("RU-1", "stuck", "attach", true)]
    [InlineData("RU-1", "stuck", "unmap", false)]
    [InlineData("RU-1", "kernel-bug", "watchdog: BUG: soft lockup - CPU#N stuck for Ns! [init:N] in intel_iommu_iova_to_phys", true)]
    [InlineData("RU-1", "kernel-bug", "watchdog: BUG: soft lockup - CPU#N stuck for Ns! [init:N] in vfio_iommu_type1_ioctl", false)]
    [InlineData("RU-1", "kernel-bug", "watchdog: BUG: soft lockup - CPU#N stuck for Ns! [init:N]", false)]
    public void A_defect_is_known_by_its_own_words_only(string id, string rule, string place, bool isKnown)
    {
        var defect = KnownDefects.All.Single(entry => entry.Id == id);
        var seen = new SeenViolation(new FindingKey(rule, Grade.None, place), null, Everything, []);
        Assert.True(defect.CanReach(Everything));
        Assert.Equal(isKnown, defect.Explains(seen));
    }

    [Theory]
    [InlineData("0 0 none none", true)]
    [InlineData("0 none none none", true)]
    [InlineData("0 EINVAL none none", false)]
    [InlineData("0 0 EFAULT none", false)]
    public void An_attach_is_known_to_hang_while_it_has_not_answered(string answers, bool isKnown)
    {
        var program = Program.Sequential(
            new World(DeviceSpec.Mdev, DeviceSpec.Pci), Operation.OpenGroup(Make.P0, 1, 2), MapOf(0, 1UL << 31), Operation.Attach(Make.P0, 2, 3),
            Operation.Observe(Make.P0));
        var seen = new SeenViolation(new FindingKey("stuck", Grade.None, "tear-down"), null, program, [.. answers.Split(' ').Select(AnswerOf)]);
        Assert.Equal(isKnown, KnownDefects.UnwindByPages.Explains(seen));
    }

    [Fact]
    public void Lockdep_s_report_is_placed_by_the_two_locks() => Assert.Equal(
        Circle + ": &iommu->lock at vfio_iommu_type1_unpin_pages under &iommu->device_list_lock at vfio_iommu_type1_ioctl",
        KernelText.PlaceOfSplat("""
            [   10.1] WARNING: possible circular locking dependency detected
            [   10.1] init/87 is trying to acquire lock:
            [   10.1] ffff888003d2c0a8 (&iommu->lock){+.+.}-{3:3}, at: vfio_iommu_type1_unpin_pages+0x3b/0xf0
            [   10.1] but task is already holding lock:
            [   10.1] ffff888003d2c0f0 (&iommu->device_list_lock){+.+.}-{3:3}, at: vfio_iommu_type1_ioctl+0x11b7/0x1900
            """));

    private const string Circle = "WARNING: possible circular locking dependency detected";

    /// <summary>A program that can reach every entry.</summary>
    private static Program Everything { get; } = new(
        new World(DeviceSpec.Mdev with { Callback = DriverCallback.Refuse, RefuseCount = 11 }, DeviceSpec.Pci),
        [
            new(Operation.Map(Make.P0, 3, new(0), new(1UL << 31), new(Limits.WindowBase), MapFlags.Read)),
            new(Operation.Unmap(Make.P0, 3, new(0), new(4096), UnmapFlags.Vaddr)),
            new(Pin), new(Operation.Attach(Make.P0, 2, 3)), new(Unmap, 1), new(OtherUnmap, 1), new(Operation.Close(T1, 6), 1),
            new(Operation.Detach(T1, 1), 1), new(Operation.Close(Make.P0, 3), 1),
        ]);

    [Fact]
    public void Only_the_kernel_s_own_check_for_late_unpins_is_known()
    {
        var world = new World(DeviceSpec.Mdev with { Callback = DriverCallback.Refuse, RefuseCount = 11 });
        var program = Program.Sequential(world, Pin);
        Assert.True(KnownDefects.UnpinnedTooLate.Explains(Bug("vfio_dma_do_unmap: BUG_ON(++retries > N), pins are not returned")));
        Assert.True(KnownDefects.UnpinnedTooLate.Explains(Bug("kernel BUG at drivers/vfio/vfio_iommu_typeN.c:N! in vfio_iommu_type1_ioctl")));
        Assert.True(KnownDefects.UnpinnedTooLate.Explains(Bug(KernelText.PlaceOfSplat(
            "[    8.231764] kernel BUG at drivers/vfio/vfio_iommu_type1.c:1481!\n[    8.232001] invalid opcode: 0000 [#1] PREEMPT SMP NOPTI\n"
            + "[    8.232100] RIP: 0010:vfio_iommu_type1_ioctl+0x14c3/0x1900 [vfio_iommu_type1]\n"))));
        Assert.False(KnownDefects.UnpinnedTooLate.Explains(Bug("BUG: unable to handle page fault in vfio_dma_do_unmap")));

        SeenViolation Bug(string place) => new(new FindingKey("kernel-bug", Grade.None, place), null, program, []);
    }

    [Theory]
    [InlineData("unmap 3 iova=0x0 size=0x1000", "detach 1", "0", "EINVAL", true)]
    [InlineData("unmap 3 iova=0x0 size=0x1000", "detach 1", "0x1000", "EINVAL", false)]
    [InlineData("unmap 3 iova=0x0 size=0x1000", "detach 1", "0", "EBUSY", false)]
    [InlineData("unmap 3 iova=0x0 size=0x1000", "observe", "0", "EINVAL", false)]
    [InlineData("unmap 3 iova=0x0 size=0x1000", "exec", "0", "not-run", true)]
    [InlineData("get-info 3 summary argsz=4096", "detach 1", "0x1234", "EINVAL", true)]
    [InlineData("get-info 3 summary argsz=4096", "detach 1", "EFAULT", "EINVAL", false)]
    [InlineData("pin 3 iova=0x0 pages=1", "detach 1", "0", "EINVAL", false)]
    public void A_call_beside_the_last_detach_may_find_the_instance_empty(string call, string beside, string observed, string allowed, bool isKnown)
    {
        var program = ProgramText.Parse($"vprog 1\nworld d0 mdev\npar {{\np0.t0: {call}\np0.t1: {beside}\n}}\n", "test.vprog").Program;
        var seen = new SeenViolation(
            new FindingKey("answer-allowed", Grade.None, ""), new Deviation(0, AnswerOf(observed), [AnswerOf(allowed)]), program, []);
        Assert.Equal(isKnown, KnownDefects.DetachedUnderway.Explains(seen));
    }

    private static Answer AnswerOf(string word) => word switch
    {
        "not-run" => Answer.NotRun,
        "none" => default,
        ['0', ..] => Answer.Ok(word.Length == 1 ? 0 : Convert.ToUInt64(word, 16)),
        _ => Answer.Fails(Enum.Parse<Errno>(word)),
    };

    [Theory]
    [InlineData(6, true)]
    [InlineData(5, true)]
    [InlineData(0, false)]
    [InlineData(4, false)]
    public void Amounts_are_sums_of_some_parts(ulong amount, bool isSum) => Assert.Equal(isSum, Amounts.IsSum(amount, [1, 5]));

    private const ulong Top = 0xffffffffffffe000;

    private static Operation MapOf(ulong iova, ulong size) =>
        Operation.Map(Make.P0, 3, new(iova), new(size), new(Limits.WindowBase), MapFlags.Read);

    private static Operation UnmapOf(ulong iova, ulong size) => Operation.Unmap(Make.P0, 3, new(iova), new(size));

    private static SeenViolation Amount(string rule, string place, long pages, Program program) => new(
        new FindingKey(rule, Grade.None, place), Deviation.OfPages((ulong)pages), program,
        [.. program.Lines.Select(_ => Answer.Ok())]);

    private static bool Reaches(KnownDefect defect, params ImmutableArray<Line> lines) =>
        defect.CanReach(new Program(Make.OneMdev, lines));
}
