using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>Operands that no text can name: slots, processes and pages beyond the last.</summary>
public sealed class RawSlotTests
{
    private static readonly Program SetUp = Scripted.Parse(Scripted.Pci + "write page3");

    [Theory]
    [InlineData(OperationKind.Close, "EBADF")]
    [InlineData(OperationKind.SetIommu, "EBADF")]
    [InlineData(OperationKind.Detach, "EBADF")]
    [InlineData(OperationKind.GroupStatus, "EBADF")]
    [InlineData(OperationKind.Pin, "EBADF")]
    [InlineData(OperationKind.SendFd, "EBADF")]
    public void A_slot_beyond_the_last_is_empty(OperationKind kind, string expected)
    {
        for (var slot = Limits.SlotsMax; slot <= byte.MaxValue; slot++)
            Assert.Equal(expected, Answer(new Operation(kind, default, (byte)slot, 0, 0, 0, 0, 0)));
    }

    [Theory]
    [InlineData(OperationKind.WritePage)]
    [InlineData(OperationKind.ReadPage)]
    public void A_page_beyond_the_last_is_no_memory(OperationKind kind)
    {
        for (var page = Limits.WindowPages; page <= byte.MaxValue; page++)
            Assert.Equal("EFAULT", Answer(new Operation(kind, default, (byte)page, 0, 0, 0, 0, 0)));
    }

    [Theory]
    [InlineData(OperationKind.Kill)]
    [InlineData(OperationKind.SendFd)]
    public void A_process_beyond_the_last_never_was(OperationKind kind)
    {
        for (var process = Limits.ProcessesMax; process <= byte.MaxValue; process++)
            Assert.Equal("ESRCH", Answer(
                kind == OperationKind.Kill ? Operation.Kill(default, process) : Operation.SendFd(default, 0, process)));
    }

    [Fact]
    public void A_task_beyond_the_last_thread_runs_nothing()
    {
        for (var task = Limits.UserTasksMax; task <= byte.MaxValue; task++)
            Assert.Equal("not-run", Answer(SetUp.Lines[^1].Operation with { Task = new TaskId((byte)task) }));
    }

    private static string Answer(Operation operation)
    {
        var program = new Program(SetUp.World, [.. SetUp.Lines, SetUp.Lines[^1] with { Operation = operation }]);
        return new Predictor(Dialect.Of(DialectName.S61), Platform.Simulated).Expect(program)[^1].ToString();
    }
}
