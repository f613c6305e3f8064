using System.Collections.Immutable;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>An outcome that the contract gives an operation.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="WhyUnreachable">Why no program reaches it on that platform, or null when programs do.</param>
public sealed record ExpectedOutcome(Outcome Outcome, Func<Platform, string?> WhyUnreachable);

/// <summary>The outcomes of each kind of operation; those that cannot be reached carry the reason.</summary>
public static class ExpectedOutcomes
{
    private static readonly Dictionary<OperationKind, ImmutableArray<ExpectedOutcome>> Rows = Table();

    public static ImmutableArray<ExpectedOutcome> Of(OperationKind kind) => Rows.GetValueOrDefault(kind, []);

    private static Dictionary<OperationKind, ImmutableArray<ExpectedOutcome>> Table()
    {
        var ok = Always(Outcome.Ok);
        var notRun = Always(new Outcome(AnswerKind.NotRun, Errno.None));
        var (busy, blocked) = (Waiting(new Outcome(AnswerKind.Busy, Errno.None)), Waiting(new Outcome(AnswerKind.Blocked, Errno.None)));
        var killedLate = new ExpectedOutcome(
            new Outcome(AnswerKind.Killed, Errno.None),
            _ => "a close that waits dies only after a third process has re-mapped the vaddr: three processes in step, left to hand-written programs");
        ExpectedOutcome noFd = Fails(Errno.EBADF), invalid = Fails(Errno.EINVAL), notTty = Fails(Errno.ENOTTY), noEntry = Fails(Errno.ENOENT);
        ExpectedOutcome inUse = Fails(Errno.EBUSY), noMemory = Fails(Errno.ENOMEM), fault = Fails(Errno.EFAULT);
        ExpectedOutcome noDevice = Fails(Errno.ENODEV), notAllowed = Fails(Errno.EPERM), again = Fails(Errno.EAGAIN);
        return new Dictionary<OperationKind, ImmutableArray<ExpectedOutcome>>
        {
            [OperationKind.OpenContainer] = [ok, notRun, busy],
            [OperationKind.OpenGroup] = [ok, noEntry, inUse, notRun, busy],
            [OperationKind.GetDevice] = [ok, noFd, invalid, noDevice, fault, notRun, busy],
            [OperationKind.Close] = [ok, noFd, notRun, busy, blocked, killedLate],
            [OperationKind.Dup] = [ok, noFd, notRun, busy],
            [OperationKind.Attach] = [ok, noFd, invalid, fault, notAllowed, notRun, busy],
            [OperationKind.Detach] = [ok, noFd, invalid, inUse, notRun, busy],
            [OperationKind.SetIommu] = [ok, noFd, invalid, noDevice, Unsafe(Errno.EPERM), notRun, busy],
            [OperationKind.CheckExtension] = [ok, noFd, notRun, busy],
            [OperationKind.GetApiVersion] = [ok, noFd, notRun, busy],
            [OperationKind.GetInfo] = [ok, noFd, invalid, fault, notTty, notRun, busy],
            [OperationKind.DirtyPages] = [ok, noFd, invalid, fault, notTty, Fails(Errno.EACCES), notRun, busy],
            [OperationKind.GroupStatus] = [ok, noFd, invalid, fault, notRun, busy],
            [OperationKind.UnknownIoctl] = [noFd, invalid, notTty, notRun, busy],
            [OperationKind.FileCall] = [noFd, invalid, noDevice, notRun, busy],
            [OperationKind.Map] = [ok, noFd, invalid, fault, Fails(Errno.EEXIST), Updating(Errno.ENOENT), noMemory, Fails(Errno.ENOSPC), notRun, busy],
            [OperationKind.Unmap] = [ok, noFd, invalid, fault, Excluding(Errno.EBUSY), notRun, busy],
            [OperationKind.Pin] = [ok, noFd, invalid, notAllowed, notTty, Fails(Errno.E2BIG), notRun, busy, blocked],
            [OperationKind.Unpin] = [ok, noFd, notTty, notRun, busy],
            [OperationKind.DmaRw] = [ok, noFd, invalid, notAllowed, notTty, notRun, busy, blocked],
            [OperationKind.SubmitPin] = [ok, invalid, notAllowed, noDevice, Waiting(Outcome.Fails(Errno.EBUSY)), notRun, busy, blocked],
            [OperationKind.SubmitUnpin] = [ok, noDevice, notRun, busy],
            [OperationKind.SubmitDmaRw] = [ok, invalid, notAllowed, noDevice, notRun, busy, blocked],
            [OperationKind.JoinWorker] = [ok, noDevice, notRun, busy, blocked],
            [OperationKind.Dma] = [ok, noDevice, fault, invalid, notRun, busy],
            [OperationKind.WritePage] = [ok, fault, notRun, busy],
            [OperationKind.ReadPage] = [ok, fault, notRun, busy],
            [OperationKind.Mmap] = [ok, invalid, notRun, busy],
            [OperationKind.Munmap] = [ok, invalid, notRun, busy],
            [OperationKind.Observe] = [ok, notRun, busy],
            [OperationKind.SetLimit] = [ok, notRun, busy],
            [OperationKind.SetCapability] = [ok, notRun, busy],
            [OperationKind.EntryLimit] = [ok, notRun, busy],
            [OperationKind.UnsafeInterrupts] = [ok, notRun, busy],
            [OperationKind.Sibling] = [ok, noDevice, inUse, notRun, busy],
            [OperationKind.DeviceMemory] = [ok],
            [OperationKind.Unbind] = [ok, noDevice, notRun, Always(new Outcome(AnswerKind.Blocked, Errno.None))],
            [OperationKind.Fork] = [ok, notRun, busy],
            [OperationKind.Exec] = [ok, notRun, busy],
            [OperationKind.Exit] = [ok, notRun, busy, blocked],
            [OperationKind.Kill] = [ok, Fails(Errno.ESRCH), notRun, busy, blocked],
            [OperationKind.SendFd] = [ok, noFd, again, Fails(Errno.ESRCH), notRun, busy],
            [OperationKind.ReceiveFd] = [ok, again, notRun, busy],
            [OperationKind.Mlock] = [ok, noMemory, notAllowed, notRun, busy],
            [OperationKind.Munlock] = [ok, notRun, busy],
        };
    }

    private static ExpectedOutcome Fails(Errno errno) => Always(Outcome.Fails(errno));

    private static ExpectedOutcome Always(Outcome outcome) => new(outcome, _ => null);

    /// <summary>Reached only where calls wait for user space.</summary>
    private static ExpectedOutcome Waiting(Outcome outcome) => new(outcome, platform => Keeps(platform, Promise.WaitsForVaddr)
        ? null
        : "no call of this dialect waits but an unbind, beside which each kind is seldom met: of rules, harness.busy is counted");

    /// <summary>Reached only where vaddr updates and mdevs exclude each other.</summary>
    private static ExpectedOutcome Excluding(Errno errno) => new(Outcome.Fails(errno), platform =>
        Keeps(platform, Promise.ExcludesEmulatedGroups) && Keeps(platform, Promise.UpdatesVaddr)
            ? null
            : "this dialect lets vaddrs be updated beside an mdev");

    /// <summary>Reached only behind an IOMMU that keeps no device from forging interrupts.</summary>
    private static ExpectedOutcome Unsafe(Errno errno) => new(Outcome.Fails(errno), platform =>
        platform.HasUnsafeInterrupts ? null : "the IOMMU remaps interrupts, so its groups are safe");

    /// <summary>Reached only where a mapping can be given a vaddr.</summary>
    private static ExpectedOutcome Updating(Errno errno) => new(Outcome.Fails(errno), platform =>
        Keeps(platform, Promise.UpdatesVaddr) ? null : "this dialect refuses the vaddr flag before it looks");

    private static bool Keeps(Platform platform, Promise promise) =>
        platform.Dialect != DialectName.Unspecified && Dialect.Of(platform.Dialect).Keeps(promise);
}
