using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// What a guest's supervisor tells of tasks that do not die: for each a line <c>p0.t1: state D in WCHAN</c>, then its kernel stack, innermost
/// frame first.
/// </summary>
internal static class StuckText
{
    private const string State = ": state ";
    private const string Frame = "[<0>] ";

    /// <summary>
    /// The tasks of a text. Each is placed at the first vfio function of its stack (what lies above it is the scheduler and the lock), else at its
    /// wait channel; it is doing the line it blocked in, else it is exiting.
    /// </summary>
    public static ImmutableArray<StuckTask> Tasks(string text, Program program, ImmutableArray<int> blockedLines)
    {
        var tasks = ImmutableArray.CreateBuilder<StuckTask>();
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var mark = lines[i].IndexOf(State, StringComparison.Ordinal);
            if (mark < 0 || TaskOf(lines[i][..mark]) is not { } task)
                continue;
            var (channel, place) = (WaitChannel(lines[i][(mark + State.Length)..]), "");
            while (i + 1 < lines.Length && lines[i + 1].StartsWith(Frame, StringComparison.Ordinal))
            {
                var frame = lines[++i][Frame.Length..];
                if (place.Length == 0 && frame.Contains("vfio", StringComparison.Ordinal))
                    place = KernelText.PlaceOf(frame);
            }
            tasks.Add(new StuckTask(task, Doing(task, program, blockedLines), place.Length > 0 ? place : channel, channel, null));
        }
        return tasks.ToImmutable();
    }

    private static string Doing(TaskId task, Program program, ImmutableArray<int> blockedLines)
    {
        foreach (var line in blockedLines)
        {
            var operation = program.Lines[line].Operation;
            var isOwn = task.IsWorker ? IsSubmittedTo(operation, task.Device) : !IsSubmit(operation) && operation.Task == task;
            if (isOwn)
                return OperationForm.Of(operation.Kind).Mnemonic;
        }
        return task.IsWorker ? "work" : "exit";
    }

    private static bool IsSubmittedTo(Operation operation, int device) => IsSubmit(operation) && operation.Device == device;

    private static bool IsSubmit(Operation operation) => operation.Kind
        is OperationKind.SubmitPin or OperationKind.SubmitUnpin or OperationKind.SubmitDmaRw;

    private static string WaitChannel(string state)
    {
        var place = state.IndexOf(" in ", StringComparison.Ordinal);
        return place < 0 ? "" : state[(place + " in ".Length)..].Trim();
    }

    /// <summary><c>p0.t1</c> or <c>d0.w0</c>.</summary>
    private static TaskId? TaskOf(string name)
    {
        var parts = name.Trim().Split('.');
        if (parts is not [{ Length: > 1 } owner, { Length: > 1 } part]
            || !int.TryParse(owner.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !int.TryParse(part.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var thread))
            return null;
        return (owner[0], part[0]) switch
        {
            ('p', 't') when number < Limits.ProcessesMax && thread < Limits.ThreadsPerProcess => TaskId.Of(number, thread),
            ('d', 'w') when number < Limits.DevicesMax => TaskId.WorkerOf(number),
            _ => null,
        };
    }
}
