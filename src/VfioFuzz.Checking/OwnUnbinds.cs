using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Which programs can have a process wait in an unbind for a file that a process keeps which waits in an unbind itself, mostly for its own (OU-1). What
/// may be held is followed line by line: no call is believed to fail, nor a close where lines race.
/// </summary>
internal sealed class OwnUnbinds
{
    /// <summary>The devices that each process may hold by each slot, one bit a device.</summary>
    private readonly byte[,] held = new byte[Limits.ProcessesMax, Limits.SlotsMax];

    /// <summary>The devices that each process may be waiting for in an unbind.</summary>
    private readonly byte[] awaited = new byte[Limits.ProcessesMax];

    /// <summary>Devices whose fds were sent: a message holds its file, and whoever is stuck may hold the message.</summary>
    private byte sent;

    private OwnUnbinds()
    {
    }

    public static bool CanHappen(Program program)
    {
        if (!program.Lines.Any(line => line.Operation.Kind == OperationKind.Unbind))
            return false;
        var seen = new OwnUnbinds();
        foreach (var line in program.Lines)
        {
            // Lines of a block come in any order, so what they make is made before.
            if (line.IsParallel)
                foreach (var beside in program.Lines.Where(beside => beside.Block == line.Block))
                    seen.Make(beside.Operation);
            seen.Make(line.Operation);
            if (!line.IsParallel)
                seen.Take(line.Operation);
            if (seen.IsCircle())
                return true;
        }
        return false;
    }

    private void Make(in Operation operation)
    {
        var process = operation.Task.Process;
        switch (operation.Kind)
        {
            case OperationKind.GetDevice:
                held[process, operation.At % Limits.SlotsMax] |= Bit(operation.Device);
                break;
            case OperationKind.Dup:
                held[process, operation.At % Limits.SlotsMax] |= held[process, operation.A % Limits.SlotsMax];
                break;
            case OperationKind.SendFd:
                sent |= held[process, operation.A % Limits.SlotsMax];
                break;
            case OperationKind.ReceiveFd:
                held[process, operation.At % Limits.SlotsMax] |= sent;
                break;
            case OperationKind.Fork:
                for (var slot = 0; slot < Limits.SlotsMax; slot++)
                    held[operation.A % Limits.ProcessesMax, slot] |= held[process, slot];
                break;
            case OperationKind.Unbind:
                awaited[process] |= Bit(operation.A);
                break;
        }
    }

    /// <summary>Only a close: who is killed while it waits keeps its files, and who execs may have them anywhere.</summary>
    private void Take(in Operation operation)
    {
        if (operation.Kind == OperationKind.Close)
            held[operation.Task.Process, operation.A % Limits.SlotsMax] = 0;
    }

    /// <summary>Whether a process that may wait may hold what a process may wait for; waits for what nobody holds are over.</summary>
    private bool IsCircle()
    {
        var heldByAny = sent;
        for (var process = 0; process < Limits.ProcessesMax; process++)
            heldByAny |= HeldBy(process);
        byte awaitedByAny = 0;
        foreach (ref var waits in awaited.AsSpan())
            awaitedByAny |= waits &= heldByAny;
        for (var process = 0; process < Limits.ProcessesMax; process++)
            if (awaited[process] != 0 && ((HeldBy(process) | sent) & awaitedByAny) != 0)
                return true;
        return false;
    }

    private byte HeldBy(int process)
    {
        byte devices = 0;
        for (var slot = 0; slot < Limits.SlotsMax; slot++)
            devices |= held[process, slot];
        return devices;
    }

    private static byte Bit(int device) => (byte)(1 << (device % Limits.DevicesMax));
}
