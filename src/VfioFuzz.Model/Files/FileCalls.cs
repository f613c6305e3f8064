using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Files;

/// <summary>open of the container node, close, dup, what files do not know, and files sent between processes.</summary>
internal static class FileCalls
{
    public static Outcome OpenContainer(in Step step)
    {
        ref var state = ref step.State;
        var container = state.ContainerCount++;
        state.Containers[container] = default;
        var file = FileTable.Open(ref state, FileKind.Container, container);
        FileTable.Install(ref state, ref step.Process, step.Operation.At, file, step.Operation.CloseOnExec);
        return Outcome.Ok(RuleId.OpenContainer);
    }

    public static Outcome Close(in Step step)
    {
        if (FileTable.At(step.Process, step.Operation.Slot) < 0)
            return Outcome.Fails(Errno.EBADF, RuleId.EmptySlot);
        FileTable.Clear(ref step.State, ref step.Process, step.Operation.Slot, ref step.Call);
        return Outcome.Ok(RuleId.Close);
    }

    public static Outcome Dup(in Step step)
    {
        var file = FileTable.At(step.Process, step.Operation.Slot);
        if (file < 0)
            return Outcome.Fails(Errno.EBADF, RuleId.EmptySlot);
        FileTable.Install(ref step.State, ref step.Process, step.Operation.At, file, step.Operation.CloseOnExec);
        return Outcome.Ok(RuleId.Dup);
    }

    /// <summary>
    /// read, write and mmap (type1-semantics 1, corrections C21): a container had handlers that refused, later it has none, which mmap tells.
    /// </summary>
    public static Outcome Access(in Step step)
    {
        var file = FileTable.At(step.Process, step.Operation.Slot);
        if (file < 0)
            return Outcome.Fails(Errno.EBADF, RuleId.EmptySlot);
        var kind = step.State.Files[file].Kind;
        if (kind == FileKind.Device)
            return Outcome.DeviceIoctl;
        var mapsNothing = (FileCall)step.Operation.X == FileCall.Mmap
            && !(kind == FileKind.Container && step.Dialect.ContainersRefuseMmap);
        return Outcome.Fails(mapsNothing ? Errno.ENODEV : Errno.EINVAL, RuleId.FileCall);
    }

    /// <summary>Which of several refusals is answered first is the executor's business, not the contract's.</summary>
    public static Outcome Send(in Step step)
    {
        ref var state = ref step.State;
        var file = FileTable.At(step.Process, step.Operation.Slot);
        var peer = step.Operation.PeerProcess;
        var refused = Errno.None;
        if (peer >= Limits.ProcessesMax || state.Processes[peer].Life == Life.None)
            refused = Errno.ESRCH;
        else if (state.Processes[peer].MailCount == Limits.MailboxMax)
            refused = Errno.EAGAIN;
        if (file < 0 && (refused == Errno.None || step.Contract.Either()))
            return Outcome.Fails(Errno.EBADF, RuleId.SendFd);
        if (refused != Errno.None)
            return Outcome.Fails(refused, RuleId.SendFd);
        ref var receiver = ref state.Processes[peer];
        receiver.Mail[receiver.MailCount++] = (byte)(file + 1);
        state.Files[file].References++;
        return Outcome.Ok(RuleId.SendFd);
    }

    public static Outcome Receive(in Step step)
    {
        ref var process = ref step.Process;
        if (process.MailCount == 0)
            return Outcome.Fails(Errno.EAGAIN, RuleId.ReceiveFd);
        var file = process.Mail[0] - 1;
        for (var i = 1; i < process.MailCount; i++)
            process.Mail[i - 1] = process.Mail[i];
        process.Mail[--process.MailCount] = 0;
        FileTable.Install(ref step.State, ref process, step.Operation.At, file, step.Operation.CloseOnExec);
        step.State.Files[file].References--;
        return Outcome.Ok(RuleId.ReceiveFd);
    }
}
