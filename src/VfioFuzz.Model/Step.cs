using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>One critical section of one call: who, what, and the state it changes in place.</summary>
internal readonly ref struct Step(Contract contract, ref ModelState state, int task, in Operation operation)
{
    public readonly Contract Contract = contract;
    public readonly ref ModelState State = ref state;
    public readonly ref readonly Operation Operation = ref operation;
    public readonly int Task = task;

    public Dialect Dialect => Contract.Dialect;

    public ref Call Call => ref State.Calls[Task];

    public bool IsWorker => Task >= Limits.UserTasksMax;

    /// <summary>The calling process; a worker has none.</summary>
    public int ProcessNumber => Task / Limits.ThreadsPerProcess;

    public ref Process Process => ref State.Processes[ProcessNumber];

    public bool HasLockCap => Process.HasLockCap(Task % Limits.ThreadsPerProcess);

    /// <summary>This task as the owner of a lock.</summary>
    public byte Owner => (byte)(Task + 1);

    public byte Tag => Programs.Tag.OfLine(Call.Line).Value;
}
