using System.Collections.Immutable;

namespace VfioFuzz.Checking;

/// <summary>
/// Every rule a run is judged by, apart from the rules of single answers, which are the model's. The invariants are those of
/// type1-semantics 2.3 and are reported by the simulated machine under these names.
/// </summary>
public static class RuleBook
{
    public static Rule AnswerAllowed { get; } = new(
        "answer-allowed", "every answer is one that the dialect allows at that moment", "type1-semantics 1-7");

    public static Rule Deadlock { get; } = new(
        "deadlock", "once a process is killed each of its threads dies, and once all are killed every kernel task finishes",
        "deadlocks 8.2; design decision 5");

    public static Rule Livelock { get; } = new(
        "livelock", "once its users are killed no kernel task takes steps in a cycle that leads nowhere", "design decision 5");

    public static Rule Stuck { get; } = new(
        "stuck", "a call into a kernel that has nothing to wait for returns within the named time", "design decision 5");

    public static Rule StaleVaddr { get; } = new(
        "stale-vaddr", "a new translation uses the vaddr and mm that are current, valid and alive", "design decision 6");

    public static Rule LeakedPin { get; } = new(
        "leaked-pin", "a page that no mapping and no driver record accounts for is not pinned", "type1-semantics 2.3 I5-I6");

    public static Rule PinBalance { get; } = new(
        "pin-balance", "pages pinned by a run are unpinned when it is torn down", "type1-semantics 2.3 I6");

    public static Rule VisiblePage { get; } = new(
        "visible-page", "no page is visible to a device once its mapping is gone", "type1-semantics 2.3 I4");

    public static Rule LockedVm { get; } = new(
        "locked-vm", "locked_vm of each process is what its mappings charge, and zero after tear-down", "type1-semantics 2.3 I7, 6");

    public static Rule ConsoleClean { get; } = new(
        "console-clean", "the kernel's console shows no warning, lockdep report or hung task", "design, Rules");

    public static Rule KernelBug { get; } = new(
        "kernel-bug", "the kernel does not oops, panic, hit BUG or report an invalid access", "design, Rules");

    public static Rule Reset { get; } = new(
        "reset", "closing everything brings the kernel back to its initial state", "type1-semantics 3.2");

    public static Rule Blocks { get; } = new(
        "blocks", "some call waits for user space while its users are idle", "deadlocks 8.2", RuleMode.Sometimes);

    /// <summary>All rules in the order in which a run's violations are reported.</summary>
    public static ImmutableArray<Rule> All { get; } =
    [
        KernelBug, ConsoleClean, StaleVaddr, LeakedPin, VisiblePage, .. Invariants(), Deadlock, Livelock, Stuck, AnswerAllowed, LockedVm, PinBalance,
        Reset, Blocks,
    ];

    /// <summary>The rule of that name, or null.</summary>
    public static Rule? Find(string name) => All.FirstOrDefault(rule => rule.Name == name);

    private static IEnumerable<Rule> Invariants()
    {
        string[] statements =
        [
            "mappings are disjoint, not empty and aligned",
            "dma_avail plus the number of mappings is the limit read at SET_IOMMU",
            "vaddr_invalid_count is the number of mappings without a valid vaddr",
            "with a domain every mapping is in it with its own pages and protection, without one none is",
            "each external pin record is referenced and holds exactly one pin",
            "pins of a mapping are its iommu pages plus its external records",
            "a mapping charges its pages once each",
            "dirty tracking is on exactly while every mapping has a bitmap",
            "num_non_pinned_groups counts the iommu-backed groups without pinned scope",
            "with a domain every mapping lies in the valid iova list",
            "no mdev is attached while a vaddr is invalid, where the dialect excludes them",
            "no open mdev, no external pin record",
            "a container has an iommu instance exactly while it has groups and SET_IOMMU has succeeded",
        ];
        for (var i = 0; i < statements.Length; i++)
            yield return new Rule($"I{i + 1}", statements[i], $"type1-semantics 2.3 I{i + 1}");
    }
}
