using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Mappings;

/// <summary>
/// vfio_iommu_replay: every mapping of an instance that gets its first iommu domain is pinned from the <i>attacher's</i> address space
/// and charged to the mapper (type1-semantics 3.1 Replay, bug-zoo L1). Failure leaves nothing behind, except a dead mapper's charge.
/// </summary>
internal static class Replay
{
    public static Outcome Run(in Step step, ref Instance instance)
    {
        if (MapDma.IsInterrupted(step))
            return Outcome.Interrupted;
        for (var position = 0; position < instance.Mappings.Length; position++)
        {
            var refused = MapOne(step, instance.Mappings[position]);
            if (refused.Answer.IsOk)
                continue;
            foreach (var mapped in instance.Mappings[..position])
                Unwind(step, mapped);
            return refused;
        }
        return Outcome.Ok(RuleId.Attach);
    }

    /// <summary>
    /// One mapping, run by run of physically contiguous pages. How long the runs are is a fact of physical memory: where it decides,
    /// both answers are allowed (corrections C7).
    /// </summary>
    private static Outcome MapOne(in Step step, int index)
    {
        ref var state = ref step.State;
        ref var mapping = ref state.Mappings[index];
        ulong pages = 0;
        var charged = 0L;
        for (; pages < mapping.Pages; pages++)
        {
            var frame = Window.PinnedFrame(step.Dialect, ref state, ref step.Process, mapping, mapping.Vaddr + pages * Limits.PageSize);
            if (frame == 0)
                break;
            mapping.Translate((int)pages, frame);
            var (isReserved, pin) = (ModelState.IsReserved(frame), PinTable.Find(ref state, index, mapping.Iova + pages * Limits.PageSize));
            if (pin >= 0)
                state.HasUnevenCharge |= isReserved != ModelState.IsReserved(state.Pins[pin].Frame);
            else if (!isReserved)
                charged++;
        }
        var isWhole = pages == mapping.Pages;
        var isBeyond = mapping.Last > step.Contract.ApertureLast;
        var limit = CheckAttacher(step, mapping, charged);
        // Beyond the aperture the first run already fails in the iommu, unless its first page meets the limit before.
        if (isBeyond && limit == Verdict.Refused && !IsFirstPageRefused(step, index))
            limit = Verdict.Open;
        if (limit == Verdict.Refused || (limit == Verdict.Open && step.Contract.Either()))
            return Refuse(ref mapping, Errno.ENOMEM, RuleId.AttachAttacherLimit);
        if (!isWhole || isBeyond)
            return RefuseAfterRuns(step, ref mapping, charged, isWhole);
        var errno = Charging.Charge(step.Contract, ref state, ref mapping, charged);
        if (errno != Errno.None)
            return RefuseCharge(ref mapping, errno);
        mapping.IommuMapped = true;
        return Outcome.Ok(RuleId.Attach);
    }

    private static bool IsFirstPageRefused(in Step step, int index)
    {
        ref var mapping = ref step.State.Mappings[index];
        return step.State.AddressSpaces[step.Process.AddressSpace].Locked + 1 > step.Process.Limit
            && !ModelState.IsReserved(mapping.FrameOf(0)) && PinTable.Find(ref step.State, index, mapping.Iova) < 0;
    }

    private enum Verdict
    {
        Passed,
        Refused,
        Open,
    }

    /// <summary>
    /// The optimistic check of vfio_pin_pages_remote: the attacher's VmLck and the pages of the present run against the attacher's limit.
    /// Earlier runs count only when attacher and mapper share the address space.
    /// </summary>
    private static Verdict CheckAttacher(in Step step, in Mapping mapping, long charged)
    {
        if (mapping.LockCap || charged == 0)
            return Verdict.Passed;
        var locked = step.State.AddressSpaces[step.Process.AddressSpace].Locked;
        var limit = step.Process.Limit;
        if (locked + (ulong)charged <= limit)
            return Verdict.Passed;
        if (locked + 1 > limit)
            return Verdict.Refused;
        var charges = step.Dialect.RecordsAddressSpace
            ? mapping.AddressSpace
            : Charging.SpaceOfTask(ref step.State, mapping);
        return charges == step.Process.AddressSpace ? Verdict.Refused : Verdict.Open;
    }

    /// <summary>
    /// A page is missing, or lies beyond the aperture: EFAULT, unless the mapper cannot even be charged for a run before it. Whether a
    /// run ends before it is open.
    /// </summary>
    private static Outcome RefuseAfterRuns(in Step step, ref Mapping mapping, long charged, bool isWhole)
    {
        ref var state = ref step.State;
        var rule = isWhole ? RuleId.AttachAperture : RuleId.AttachPin;
        var trial = mapping;
        var errno = Charging.Charge(step.Contract, ref state, ref trial, charged);
        if (errno == Errno.None)
            Charging.Charge(step.Contract, ref state, ref trial, -charged);
        if (errno != Errno.None && step.Contract.Either())
            return RefuseCharge(ref mapping, errno);
        return Refuse(ref mapping, Errno.EFAULT, rule);
    }

    private static Outcome RefuseCharge(ref Mapping mapping, Errno errno) =>
        Refuse(ref mapping, errno, errno == Errno.ESRCH ? RuleId.AttachMapperGone : RuleId.AttachMapperLimit);

    private static Outcome Refuse(ref Mapping mapping, Errno errno, RuleId rule)
    {
        mapping.Forget();
        return Outcome.Fails(errno, rule);
    }

    /// <summary>Unpins what this replay pinned and uncharges it, which a dead address space cannot be.</summary>
    private static void Unwind(in Step step, int index)
    {
        ref var state = ref step.State;
        ref var mapping = ref state.Mappings[index];
        var charged = mapping.Chargeable - PinTable.PagesPinned(ref state, index);
        mapping.Forget();
        Charging.Recharge(step.Contract, ref state, ref mapping, -charged);
    }
}
