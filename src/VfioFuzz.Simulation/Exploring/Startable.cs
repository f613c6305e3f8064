using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>Which operations a search need not try: those that would refuse at once a descriptor that is not there.</summary>
internal static class Startable
{
    /// <summary>Whether a thread can begin an operation that may do more than that.</summary>
    public static bool CanStart<TDesign>(Machine<TDesign> machine, in Operation operation)
        where TDesign : struct, IDesign
    {
        if (machine.Readiness(operation.Task.Value) != AnswerKind.None)
            return false;
        var process = operation.Task.Process;
        return operation.Kind switch
        {
            OperationKind.Close or OperationKind.Map or OperationKind.Unmap or OperationKind.Pin or OperationKind.Unpin
                or OperationKind.DmaRw or OperationKind.Attach or OperationKind.Detach or OperationKind.SetIommu
                or OperationKind.MapFile or OperationKind.ChangeMm or OperationKind.ChangeProcess => IsOpen(machine, process, operation.Slot),
            OperationKind.Dup or OperationKind.GetDevice =>
                IsOpen(machine, process, operation.Slot) && !IsOpen(machine, process, operation.At),
            OperationKind.OpenContainer or OperationKind.OpenGroup => !IsOpen(machine, process, operation.At),
            OperationKind.Fork => machine.State.Processes[operation.PeerProcess].State == ProcessState.NotBorn,
            OperationKind.Kill => machine.State.Processes[operation.PeerProcess].State is ProcessState.Alive or ProcessState.Exiting,
            _ => true,
        };
    }

    private static bool IsOpen<TDesign>(Machine<TDesign> machine, int process, int slot)
        where TDesign : struct, IDesign => machine.State.Processes[process].Slots[slot] != 0;
}
