using VfioFuzz.Linux.Channels;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Sessions;

/// <summary>Which lane runs a program.</summary>
internal static class Lanes
{
    /// <summary>
    /// A program that changes what a long-lived process cannot take back (its children, image, limits, capabilities,
    /// messages) gets a process of its own, at the price of a fork.
    /// </summary>
    public static Lane Of(Program program)
    {
        foreach (var line in program.Lines)
            if (NeedsProcess(line.Operation.Kind))
                return Lane.Process;
        return Lane.InProcess;
    }

    public static bool NeedsProcess(OperationKind kind) => kind is
        OperationKind.Fork or OperationKind.Exec or OperationKind.Exit or OperationKind.Kill or OperationKind.SetLimit
        or OperationKind.SetCapability or OperationKind.SendFd or OperationKind.ReceiveFd;
}
