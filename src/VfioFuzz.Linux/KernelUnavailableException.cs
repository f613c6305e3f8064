namespace VfioFuzz.Linux;

/// <summary>
/// Something that a real kernel needs is missing on this machine (a tool, the network, room on a disk, a kernel
/// option, a prepared kernel). The message says what it is and what to do; the command ends with exit code 4.
/// </summary>
public sealed class KernelUnavailableException : Exception
{
    public KernelUnavailableException()
    {
    }

    public KernelUnavailableException(string message)
        : base(message)
    {
    }

    public KernelUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
