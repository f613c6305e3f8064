using System.Runtime.CompilerServices;
using VfioFuzz.Programs;
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
        Assert.Equal((720, 1888), (Unsafe.SizeOf<HardwareState>(), Unsafe.SizeOf<MachineState>()));
    }

    /// <summary>A search keeps the first 256 bytes of a state apart, and 32 bytes at a time (Checking's StateTree).</summary>
    [Fact]
    public void What_nearly_every_step_changes_is_in_the_first_256_bytes_and_a_file_table_begins_a_leaf()
    {
        var state = default(MachineState);
        Assert.Equal((0, 40), (OffsetOf(ref state, ref state.Locks), OffsetOf(ref state, ref state.Tasks)));
        Assert.InRange(OffsetOf(ref state, ref state.Active), 0, 255);
        Assert.Equal(256, OffsetOf(ref state, ref state.Tasks[TaskId.WorkerOf(1).Value]));
        Assert.Equal((0, 0), (OffsetOf(ref state, ref state.Files) % 32, OffsetOf(ref state, ref state.Processes) % 32));
    }

    private static int OffsetOf<T>(ref MachineState state, ref T field) =>
        (int)Unsafe.ByteOffset(ref Unsafe.As<MachineState, byte>(ref state), ref Unsafe.As<T, byte>(ref field));
}
