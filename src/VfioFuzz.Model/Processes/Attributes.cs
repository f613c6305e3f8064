using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Processes;

/// <summary>VmLck, RLIMIT_MEMLOCK and CAP_IPC_LOCK of a process (type1-semantics 11).</summary>
internal static class Attributes
{
    public static Outcome Observe(in Step step) =>
        Outcome.Ok(RuleId.Observe, step.State.AddressSpaces[step.Process.AddressSpace].Locked);

    public static Outcome SetLimit(in Step step)
    {
        step.Process.Limit = Quantity.LimitInPages(step.Operation.X);
        return Outcome.Ok(RuleId.SetLimit);
    }

    /// <summary>
    /// do_mlock: pages of the range that are locked already count only when the whole would be too much. Unlike type1's charges, this one is refused
    /// by the caller's own limit and capability.
    /// </summary>
    public static Outcome Mlock(in Step step)
    {
        ref var space = ref step.State.AddressSpaces[step.Process.AddressSpace];
        var capable = step.HasLockCap;
        if (step.Process.Limit == 0 && !capable)
            return Outcome.Fails(Errno.EPERM, RuleId.MlockForbidden);
        var pages = Math.Min(step.Operation.Y, Limits.OwnPages);
        var locked = space.Locked + pages;
        if (locked > step.Process.Limit && !capable && locked - Math.Min(pages, space.Own) > step.Process.Limit)
            return Outcome.Fails(Errno.ENOMEM, RuleId.MlockLimit);
        var added = pages - Math.Min(pages, space.Own);
        space.Own += (byte)added;
        space.Locked += added;
        return Outcome.Ok(RuleId.Mlock);
    }

    public static Outcome Munlock(in Step step)
    {
        ref var space = ref step.State.AddressSpaces[step.Process.AddressSpace];
        space.Locked -= space.Own;
        space.Own = 0;
        return Outcome.Ok(RuleId.Mlock);
    }

    public static Outcome SetCapability(in Step step)
    {
        var bit = (byte)(1 << step.Task % Limits.ThreadsPerProcess);
        ref var process = ref step.Process;
        process.LockCaps = (step.Operation.Flags & 1) != 0
            ? (byte)(process.LockCaps | bit)
            : (byte)(process.LockCaps & ~bit);
        return Outcome.Ok(RuleId.SetLimit);
    }
}
