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
