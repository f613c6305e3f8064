using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Groups;

/// <summary>
/// A driver of the host comes to a device of a group, or leaves it: the driver core asks the iommu for the group's DMA on the driver's behalf
/// (really_probe, iommu_device_use_default_domain), and the harness lets one such call run at a time.
/// </summary>
internal static class Siblings
{
    public static Outcome Run(in Step step)
    {
        var number = (int)step.Operation.A;
        ref var device = ref step.State.Devices[number];
        var binds = step.Operation.Flags != 0;
        if (!step.Contract.World.Device(number).HasSibling || !binds && !device.HasBoundSibling)
            return Outcome.Fails(Errno.ENODEV, RuleId.Sibling);
        if (binds && device.HasBoundSibling)
            return Outcome.Fails(Errno.EBUSY, RuleId.SiblingBound);
        if (binds && device.IsClaimed)
        {
            if (step.Dialect.ClaimsGroups)
                return Outcome.Fails(Errno.EBUSY, RuleId.SiblingClaimed);
            step.Contract.Exceed("bug: a driver of the host comes to a group that is in use, before groups were claimed");
            return Outcome.Undecided;
        }
        device.HasBoundSibling = binds;
        return Outcome.Ok(RuleId.Sibling);
    }
}
