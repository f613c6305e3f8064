using System.Text;

namespace VfioFuzz.Programs;

/// <summary>
/// The text of an mdev driver's shape: <c>driver(by=worker lock=own callback=refuse:3 on-efault=retry:2)</c>; parts
/// left out are the first of their kind.
/// </summary>
internal static class DriverText
{
    /// <summary>What may stand between the brackets, for messages.</summary>
    public const string Expected =
        "by=worker|kthread|caller, lock=none|own|shared, callback=unpin|refuse:N|short|none, on-efault=stop|retry:N or )";

    public static void Print(StringBuilder text, DeviceSpec device)
    {
        text.Append("driver(by=").Append(device.By switch
        {
            DriverContext.Kthread => "kthread",
            DriverContext.Caller => "caller",
            _ => "worker",
        });
        if (device.Lock != DriverLock.None)
            text.Append(device.Lock == DriverLock.Own ? " lock=own" : " lock=shared");
        if (device.Callback == DriverCallback.Refuse)
            text.Append(" callback=refuse:").Append(device.RefuseCount);
        else if (device.Callback == DriverCallback.TooLittle)
            text.Append(" callback=short");
        else if (device.Callback == DriverCallback.None)
            text.Append(" callback=none");
        if (device.OnFault == DriverOnFault.Retry)
            text.Append(" on-efault=retry:").Append(device.RetryCount);
        text.Append(')');
    }

    /// <summary>Reads one part into <paramref name="device"/>; false when the word is none.</summary>
    public static bool TryPart(ReadOnlySpan<char> word, ref DeviceSpec device)
    {
        byte count;
        DeviceSpec? read = word switch
        {
            "by=worker" => device with { By = DriverContext.Worker },
            "by=kthread" => device with { By = DriverContext.Kthread },
            "by=caller" => device with { By = DriverContext.Caller },
            "lock=none" => device with { Lock = DriverLock.None },
            "lock=own" => device with { Lock = DriverLock.Own },
            "lock=shared" => device with { Lock = DriverLock.Shared },
            "callback=unpin" => device with { Callback = DriverCallback.Unpin },
            "callback=short" => device with { Callback = DriverCallback.TooLittle },
            "callback=none" => device with { Callback = DriverCallback.None },
            "on-efault=stop" => device with { OnFault = DriverOnFault.Stop },
            _ when TryCounted(word, "callback=refuse:", out count) =>
                device with { Callback = DriverCallback.Refuse, RefuseCount = count },
            _ when TryCounted(word, "on-efault=retry:", out count) =>
                device with { OnFault = DriverOnFault.Retry, RetryCount = count },
            _ => null,
        };
        device = read ?? device;
        return read is not null;
    }

    private static bool TryCounted(ReadOnlySpan<char> word, string before, out byte count)
    {
        count = 0;
        if (!word.StartsWith(before) || !OperandText.TryNumber(word[before.Length..], out var number) || number > byte.MaxValue)
            return false;
        count = (byte)number;
        return true;
    }
}
