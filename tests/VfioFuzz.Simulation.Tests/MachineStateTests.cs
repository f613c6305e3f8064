using System.Runtime.CompilerServices;
using VfioFuzz.Simulation.Hardware;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Tests;

/// <summary>The state is copied and compared by the million: its size is a decision.</summary>
public class MachineStateTests
{
    [Fact]
    public void The_whole_machine_is_a_small_plain_value()
    {
        Assert.False(RuntimeHelpers.IsReferenceOrContainsReferences<MachineState>());
        Assert.Equal((24, 32, 12, 32), (Unsafe.SizeOf<TaskState>(), Unsafe.SizeOf<Mapping>(), Unsafe.SizeOf<ExternalPin>(), Unsafe.SizeOf<Process>()));
        Assert.Equal((712, 1880), (Unsafe.SizeOf<HardwareState>(), Unsafe.SizeOf<MachineState>()));
    }
}
