namespace VfioFuzz.Programs.Generation;

/// <summary>Draws worlds: which devices there are, and how their drivers behave.</summary>
internal static class Worlds
{
    public static World Draw(Choices choices, GeneratorOptions options, Lanes lane)
    {
        var (mdevs, pcis) = Counts(choices, lane);
        mdevs = Math.Min(mdevs, options.MdevsMax);
        pcis = Math.Min(pcis, options.PcisMax);
        var world = default(World);
        var number = choices.Chance(1, 16) ? choices.Below(2) : 0;
        var pciFirst = choices.Chance(1, 3);
        // One at most: real kernels offer one.
        var sibling = pcis > 0 && choices.Chance(2, 5);
        for (; (mdevs > 0 || pcis > 0) && number < Limits.DevicesMax; number++)
        {
            var pci = pcis > 0 && (pciFirst || mdevs == 0);
            world = world.With(number, !pci ? Mdev(choices) : sibling ? DeviceSpec.PciWithSibling : DeviceSpec.Pci);
            sibling &= !pci;
            pcis -= pci ? 1 : 0;
            mdevs -= pci ? 0 : 1;
        }
        return world;
    }

    /// <summary>
    /// One group of a kind suffices for most; a second iommu group joins the domain that is there, a second emulated
    /// one the list of devices to notify.
    /// </summary>
    private static (int Mdevs, int Pcis) Counts(Choices choices, Lanes lane) => choices.Below(20) switch
    {
        < 9 => lane == Lanes.PciDevice ? (1, 1) : (1, 0),
        < 13 => (2, lane == Lanes.PciDevice ? 1 : 0),
        13 => (0, 1),
        14 => (0, 2),
        < 17 => (1, 1),
        17 => (1, 2),
        18 => (2, 1),
        _ => (2, 2),
    };

    private static DeviceSpec Mdev(Choices choices)
    {
        if (!choices.Chance(3, 5))
            return DeviceSpec.Mdev;
        var by = choices.Below(6) switch { < 4 => DriverContext.Worker, 4 => DriverContext.Kthread, _ => DriverContext.Caller };
        var held = choices.Below(8) switch { < 4 => DriverLock.None, < 7 => DriverLock.Own, _ => DriverLock.Shared };
        var callback = choices.Below(16) switch
        {
            < 11 => DriverCallback.Unpin,
            < 13 => DriverCallback.Refuse,
            < 15 => DriverCallback.TooLittle,
            _ => DriverCallback.None,
        };
        var onFault = choices.Chance(1, 4) ? DriverOnFault.Retry : DriverOnFault.Stop;
        // Ten refusals are the most that a kernel survives (corrections C20); one less leaves room for a second device.
        var refusals = callback == DriverCallback.Refuse ? choices.Between(1, 9) : 0;
        var retries = onFault == DriverOnFault.Retry ? choices.Between(1, 3) : 0;
        return new DeviceSpec(DeviceKind.Mdev, by, held, callback, (byte)refusals, onFault, (byte)retries);
    }
}
