namespace VfioFuzz.Programs;

/// <summary>
/// A world in bytes: two bits a device (absent, pci, plain mdev, mdev with a shape), then for each shape its enums in
/// one byte and the counts that it has. A pci device with a sibling is the shape without a context.
/// </summary>
internal static class WorldBytes
{
    private const int Shaped = 3;

    /// <summary>In place of a context.</summary>
    private const int Sibling = 3;

    public static World Read(ReadOnlySpan<byte> bytes, ref int position)
    {
        var kinds = Next(bytes, ref position);
        var world = default(World);
        for (var number = 0; number < Limits.DevicesMax; number++)
        {
            world = world.With(number, ((kinds >> (2 * number)) & 3) switch
            {
                0 => default,
                1 => DeviceSpec.Pci,
                2 => DeviceSpec.Mdev,
                _ => ReadShape(bytes, ref position),
            });
        }
        return world;
    }

    /// <summary>Writes a canonical world; returns how many bytes.</summary>
    public static int Write(Span<byte> bytes, World world)
    {
        var length = 1;
        bytes[0] = 0;
        for (var number = 0; number < Limits.DevicesMax; number++)
        {
            var device = world.Device(number);
            var code = device == DeviceSpec.Mdev ? 2 : device.Kind == DeviceKind.Mdev || device.HasSibling ? Shaped : (int)device.Kind;
            bytes[0] |= (byte)(code << (2 * number));
            if (code != Shaped)
                continue;
            if (device.HasSibling)
            {
                bytes[length++] = Sibling;
                continue;
            }
            bytes[length++] = (byte)((int)device.By | (int)device.Lock << 2 | (int)device.Callback << 4 | (int)device.OnFault << 6);
            if (device.Callback == DriverCallback.Refuse)
                bytes[length++] = device.RefuseCount;
            if (device.OnFault == DriverOnFault.Retry)
                bytes[length++] = device.RetryCount;
        }
        return length;
    }

    private static DeviceSpec ReadShape(ReadOnlySpan<byte> bytes, ref int position)
    {
        var shape = Next(bytes, ref position);
        if ((shape & 3) == Sibling)
            return DeviceSpec.PciWithSibling;
        var device = new DeviceSpec(
            DeviceKind.Mdev,
            (DriverContext)(shape & 3),
            (DriverLock)(((shape >> 2) & 3) % 3),
            (DriverCallback)((shape >> 4) & 3),
            0,
            (DriverOnFault)((shape >> 6) & 1));
        if (device.Callback == DriverCallback.Refuse)
            device = device with { RefuseCount = Next(bytes, ref position) };
        return device.OnFault == DriverOnFault.Retry ? device with { RetryCount = Next(bytes, ref position) } : device;
    }

    private static byte Next(ReadOnlySpan<byte> bytes, ref int position) =>
        position < bytes.Length ? bytes[position++] : (byte)0;
}
