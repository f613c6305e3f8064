using VfioFuzz.Model.Files;
using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Mappings;

/// <summary>
/// CHANGE_MM (deadlocks 8.4 D) and iommufd's CHANGE_PROCESS (iommufd-compat 10.2): all mappings of a container become the caller's, or none.
/// </summary>
internal static class ChangeOwner
{
    public static Outcome Run(in Step step)
    {
        // The last group was detached since the ioctl was dispatched.
        var number = FileTable.ContainerOf(step).InstancePlusOne - 1;
        if (number < 0)
            return Outcome.Fails(Errno.EINVAL, RuleId.NoDriver);
        ref var state = ref step.State;
        ref var instance = ref state.Instances[number];
        if (instance.MutexOwner != 0)
            return Outcome.Waits(RuleId.MutexWaits);
        ref var process = ref step.Process;
        long pages = 0;
        foreach (var index in instance.Mappings)
        {
            ref var mapping = ref state.Mappings[index];
            if (step.Operation.Kind == OperationKind.ChangeProcess && !mapping.IsFileBacked)
                return Outcome.Fails(Errno.EINVAL, RuleId.ChangeOwnerPrivate);
            if (mapping.AddressSpace != process.AddressSpace)
                pages += PagesOf(ref state, index);
        }
        if (Charging.Account(ref state.AddressSpaces[process.AddressSpace], pages, process.Limit, step.HasLockCap) != Errno.None)
            return Outcome.Fails(Errno.ENOMEM, RuleId.ChangeOwnerLimit);
        foreach (var index in instance.Mappings)
            Move(step, index);
        return Outcome.Ok(RuleId.ChangeOwner);
    }

    /// <summary>What is pinned now, whoever was charged for it.</summary>
    private static long PagesOf(ref ModelState state, int mapping) =>
        state.Mappings[mapping].IommuMapped ? state.Mappings[mapping].Chargeable : PinTable.Chargeable(ref state, mapping);

    private static void Move(in Step step, int index)
    {
        ref var mapping = ref step.State.Mappings[index];
        ref var process = ref step.Process;
        if (mapping.AddressSpace == process.AddressSpace)
            return;
        var pages = PagesOf(ref step.State, index);
        ref var former = ref step.State.AddressSpaces[mapping.AddressSpace];
        if (former.IsAlive)
            Charging.Uncharge(ref former, pages);
        mapping.Charged = pages;
        mapping.AddressSpace = process.AddressSpace;
        mapping.Process = (byte)step.ProcessNumber;
        mapping.Leader = process.Leader;
        mapping.LockCap = step.HasLockCap;
    }
}
