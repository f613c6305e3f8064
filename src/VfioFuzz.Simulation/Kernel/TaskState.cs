namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// A user thread or a worker: where it is in the kernel, what it needs to run on, and the few locals that live across
/// steps. Which local means what is the path's business and said there.
/// </summary>
internal struct TaskState
{
    /// <summary>Result, or progress of the path.</summary>
    public ulong Value;

    public Label Label;

    /// <summary>What must be had before the step at <see cref="Label"/> runs (<see cref="Lock"/>, <see cref="Wait"/>); 0: nothing.</summary>
    public byte Wants;

    /// <summary>The line being executed.</summary>
    public byte Line;

    public TaskFlags Flags;

    public byte Errno;

    /// <summary>The objects that the path works on.</summary>
    public byte Instance;
    public byte Container;
    public byte Device;
    public byte Mapping;

    public byte Retries;
    public byte Cursor;

    /// <summary>Files referenced by the call in flight (fdget), plus one.</summary>
    public byte FileA;
    public byte FileB;

    /// <summary>task_works: newest file whose release is still to run, plus one.</summary>
    public byte NewWork;

    /// <summary>The batch of task_work_run that is being worked off, newest first, plus one.</summary>
    public byte Work;

    /// <summary>The file being released, plus one.</summary>
    public byte Releasing;
}

[Flags]
internal enum TaskFlags : byte
{
    None = 0,

    /// <summary>A fatal signal is pending.</summary>
    Killed = 1,

    /// <summary>exit_files has run: after the task work the thread is dead.</summary>
    Leaving = 2,

    /// <summary>The task's entry on the list of waiters is flagged: its device was closed.</summary>
    CloseFlagged = 4,
}
