using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>What decides which outcomes of rules a run can come to.</summary>
/// <param name="Dialect">What the kernel promises.</param>
/// <param name="Platform">What the machine is.</param>
/// <param name="Races">Whether programs have <c>par</c> blocks.</param>
public readonly record struct RunConditions(Dialect Dialect, Platform Platform, bool Races);

/// <summary>
/// Which outcomes of rules no generated program comes to, each with the reason: data beside <see cref="Rules"/>, so that "never" in a report
/// means that something is missing.
/// </summary>
public static class RuleReach
{
    private const string NoWait = "no call of this dialect waits for user space (type1-semantics 0.1, 5.5)";

    private static readonly ImmutableArray<Row> Rows =
    [
        .. Without(Promise.WaitsForVaddr, NoWait,
            "attach.waits blocked", "unmap.callback-waits blocked", "pin.invalid-vaddr blocked", "pin.woken EFAULT",
            "driver.lock blocked", "join.ok blocked", "close.waits blocked", "group.lock-waits blocked", "container.lock-waits blocked",
            "container.mutex-waits blocked"),
        .. Unless(run => run.Dialect.WaitsForVaddr || CanUnbind(run), NoWait, "harness.busy busy", "process.threads-wait blocked"),
        new("process.killed killed", run => !run.Races && !run.Dialect.WaitsForVaddr && !CanUnbind(run),
            "a call that does not wait is over before another line can kill its thread; par blocks race them"),
        new("submit.state EBUSY", run => !run.Races && !run.Dialect.WaitsForVaddr,
            "work that does not wait is done when its line has answered; par blocks race it"),
        new("harness.reserved ENOTTY", _ => true, "the generator draws operations that only some designs know for those designs alone"),
        .. Unless(CanUnbind, "no driver of a simulated machine is unbound, but for one design's that is not judged by its answers; nor is how releases to v5.19 do it modelled",
            "group.gone ENODEV", "unbind.waits blocked", "unbind.ok ok", "unbind.ok ENODEV"),
        .. Without(Promise.ForeignContainerIsBadFd, "a foreign fd answers EINVAL in this dialect (corrections C6)", "attach.not-a-container EBADFD"),
        .. With(Promise.ForeignContainerIsBadFd, "a foreign fd answers EBADFD in this dialect (corrections C6)", "attach.not-a-container EINVAL"),
        new("attach.unsafe-interrupts EPERM", run => !run.Platform.HasUnsafeInterrupts,
            "the IOMMU remaps interrupts, so its groups are safe (type1-semantics 3.1 row 11)"),
        .. Without(Promise.ClaimsGroups, "a group beside a driver of the host is attached in this dialect, and gives no device (corrections C19)",
            "attach.not-viable EPERM", "sibling.claimed EBUSY"),
        .. With(Promise.ClaimsGroups, "a group beside a driver of the host is not attached in this dialect (corrections C19)",
            "get-device.not-viable EINVAL"),
        .. With(Promise.LocksGroups, "a group's lock lets no second attach in between in this dialect (type1-semantics 7.2)",
            "attach.twice EINVAL"),
        new("attach.twice EINVAL", run => !run.Races || !run.Dialect.WaitsForVaddr,
            "two attaches have both looked at the group when they queue behind a third that sleeps with the container; here none sleeps"),
        .. With(Promise.RecordsAddressSpace, "the address space recorded at MAP is charged even when it is dead (bug-zoo L8)",
            "attach.mapper-gone ESRCH"),
        .. Without(Promise.ChecksOverflow, "ranges that wrap answer EINVAL in this dialect (type1-semantics 1.5)",
            "map.empty EINVAL", "map.overflow EOVERFLOW", "unmap.wrap EOVERFLOW", "pin.wrap EOVERFLOW", "dirty-get.empty EINVAL",
            "dirty-get.wrap EOVERFLOW"),
        .. With(Promise.ChecksOverflow, "ranges that wrap answer EOVERFLOW in this dialect, and may end at 2^64 (type1-semantics 1.5, 1.6)",
            "map.wrap EINVAL", "unmap.wrap EINVAL", "unmap.top ok", "dirty-get.wrap EINVAL"),
        .. Without(Promise.UpdatesVaddr, "this dialect has no vaddr flags (type1-semantics 0.1)",
            "map-vaddr.none ENOENT", "map-vaddr.mismatch EINVAL", "map-vaddr.ok ok", "unmap-vaddr.twice EINVAL", "unmap-vaddr.ok ok"),
        .. Without(Promise.ChangesOwner, "MAP+VADDR moves no charge in this dialect (type1-semantics 4.4)", "map-vaddr.limit ENOMEM"),
        .. Without(Promise.ExcludesEmulatedGroups, "this dialect lets vaddrs be updated beside an mdev (type1-semantics 1.6 row 5)",
            "attach.invalid-vaddr EBUSY", "unmap-vaddr.emulated EBUSY"),
        .. With(Promise.ExcludesEmulatedGroups, run => !run.Dialect.UpdatesVaddr, "this dialect has no vaddr flags (type1-semantics 0.1)",
            "attach.invalid-vaddr EBUSY", "unmap-vaddr.emulated EBUSY", "map-vaddr.limit ENOMEM"),
        .. Without(Promise.KnowsNesting, "this dialect knows no nesting: ENODEV (type1-semantics 1.2)", "set-iommu.nesting EINVAL"),
        .. Without(Promise.KnowsUnmapAll, "this dialect knows no extension that type1 does not open: ENODEV (type1-semantics 1.3)",
            "set-iommu.type EINVAL"),
        .. Without(Promise.KnowsUnmapAll, "this dialect has no ALL (type1-semantics 0.1)", "unmap.all-range EINVAL"),
        new("unmap.bitmap-alone EINVAL", run => !run.Dialect.KnowsUnmapAll && !run.Dialect.UpdatesVaddr,
            "this dialect knows no flag to set beside it (type1-semantics 0.1)"),
        .. Without(Promise.LocksGroups, "a group's calls go by its user count in this dialect (type1-semantics 7.2)", "group.lock-waits blocked"),
        .. With(Promise.NotifiesByChain, "no call of this dialect sleeps with the iommu mutex held (deadlocks DL-08'')",
            "container.mutex-waits blocked"),
        .. Without(Promise.RefusesPinWithoutCallback, "a driver without a callback may pin beside one that has it in this dialect", "pin.no-callback EINVAL"),
        .. With(Promise.RefusesPinWithoutCallback, run => !run.Races || run.Dialect.RegistersFirst,
            "a driver without a callback is refused before: only a pin between the open of a device and its registration meets no registered one (corrections C5)",
            "pin.unregistered EINVAL"),
        .. Without(Promise.RefusesPinOfDeviceMemory, "this dialect gives drivers the pages of a device (type1-semantics 5.2 row 8)",
            "pin.device EINVAL"),
        .. Without(Promise.KnowsMapFile, "no kernel has MAP_FILE or cuts the world's file; designs do", "file.size ok"),
        new("change-owner ok", run => !ChangesProcess(run), "no kernel's type1 has CHANGE_MM or CHANGE_PROCESS; designs do"),
        new("change-owner.limit ENOMEM", run => !ChangesProcess(run), "no kernel's type1 has CHANGE_MM or CHANGE_PROCESS; designs do"),
        .. Without(Promise.KnowsChangeProcess, "no kernel's type1 has CHANGE_PROCESS; a design does", "change-owner.private EINVAL"),
    ];

    /// <summary>Every outcome that has a row, as <c>rule outcome</c>: each must be one that its rule states.</summary>
    public static IEnumerable<string> Named => Rows.Select(row => row.Use).Distinct(StringComparer.Ordinal);

    /// <summary>Why no program of such a run comes to this outcome of a rule, or null when programs do.</summary>
    public static string? WhyNot(string rule, string outcome, in RunConditions run)
    {
        foreach (var row in Rows)
            if (row.Use.Length == rule.Length + 1 + outcome.Length && row.Use.StartsWith(rule, StringComparison.Ordinal)
                && row.Use.EndsWith(outcome, StringComparison.Ordinal) && row.IsOut(run))
                return row.Because;
        return null;
    }

    private static bool ChangesProcess(RunConditions run) => run.Dialect.KnowsChangeMm || run.Dialect.KnowsChangeProcess;

    private static bool CanUnbind(RunConditions run) => !run.Platform.IsSimulated && run.Dialect.LocksGroups;

    private static IEnumerable<Row> Unless(Func<RunConditions, bool> can, string because, params string[] uses) =>
        uses.Select(use => new Row(use, run => !can(run), because));

    private static IEnumerable<Row> Without(Promise promise, string because, params string[] uses) =>
        uses.Select(use => new Row(use, run => !run.Dialect.Keeps(promise), because));

    private static IEnumerable<Row> With(Promise promise, string because, params string[] uses) => With(promise, _ => true, because, uses);

    private static IEnumerable<Row> With(Promise promise, Func<RunConditions, bool> besides, string because, params string[] uses) =>
        uses.Select(use => new Row(use, run => run.Dialect.Keeps(promise) && besides(run), because));

    /// <summary>One outcome, when it is out of reach, and why; of several rows the first that applies is told.</summary>
    private sealed record Row(string Use, Func<RunConditions, bool> IsOut, string Because);
}
