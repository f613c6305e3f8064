using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Hardware;

namespace VfioFuzz.Simulation.Kernel;

/// <summary>
/// The whole simulated machine between two steps: one plain value with named capacities (design decision 2). An index of
/// <see cref="Nobody"/> is no object; a zeroed state is a machine before p0 was started.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MachineState
{
    public const int MappingsMax = 8;
    public const int ExternalPinsMax = 24;
    public const int FilesMax = 16;
    public const int ContainersMax = 8;

    /// <summary>One IOMMU instance needs one group, so there are never more.</summary>
    public const int InstancesMax = Limits.DevicesMax;

    /// <summary>Records that a driver can hold of one page (<see cref="ExternalPin.Records"/>).</summary>
    public const int RecordsMax = 7;

    /// <summary>No object. Where zero must mean nobody, indices are stored plus one.</summary>
    public const byte Nobody = 0xff;

    // A search keeps equal parts of states once, 32 and 256 bytes at a time, and the first 256 by themselves (Checking's StateTree). So what nearly
    // every step changes comes first: locks and the tasks of most programs. Then files and processes, and memory last.
    public Locks Locks;

    /// <summary>Module parameter dma_entry_limit, read at SET_IOMMU.</summary>
    public ushort EntryLimit;

    /// <summary>Bit t: task t is inside the kernel (asleep or not).</summary>
    public ushort Active;

    public Tasks Tasks;
    public Devices Devices;
    public Files Files;
    public Processes Processes;
    public Containers Containers;
    public ExternalPins Pins;
    public HardwareState Hardware;
    public Mappings Mappings;
    public Instances Instances;
}

[InlineArray(MachineState.MappingsMax)]
internal struct Mappings
{
    private Mapping first;
}

[InlineArray(Limits.TasksMax)]
internal struct Tasks
{
    private TaskState first;
}

[InlineArray(MachineState.ExternalPinsMax)]
internal struct ExternalPins
{
    private ExternalPin first;
}

[InlineArray(Limits.ProcessesMax)]
internal struct Processes
{
    private Process first;
}

[InlineArray(MachineState.InstancesMax)]
internal struct Instances
{
    private Instance first;
}

[InlineArray(MachineState.FilesMax)]
internal struct Files
{
    private OpenFile first;
}

[InlineArray(Limits.DevicesMax)]
internal struct Devices
{
    private Device first;
}

[InlineArray(MachineState.ContainersMax)]
internal struct Containers
{
    private Container first;
}

/// <summary>0: free. 1..12: held by that task, minus one. <see cref="Lock.Readers"/> + n: held by n readers.</summary>
[InlineArray(Lock.Count)]
internal struct Locks
{
    private byte first;
}
