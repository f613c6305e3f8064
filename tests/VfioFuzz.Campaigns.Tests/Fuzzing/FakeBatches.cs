using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests.Fuzzing;

/// <summary>The fake machine behind a line: it draws so many inputs before it tells what the first of them showed, and leaves out those with an exit.</summary>
internal sealed class FakeBatches(FakeExecutor machine, int ahead) : IBatchExecutor
{
    public string Target => machine.Target;

    public KindSet Kinds => machine.Kinds;

    public bool IsRepeatable => false;

    public ReadOnlySpan<Reached> States => machine.States;

    public IEnumerable<(FuzzInput Input, ExecutedRun Run)> Execute(IEnumerable<FuzzInput> inputs)
    {
        var drawn = new Queue<FuzzInput>();
        foreach (var input in inputs.Where(input => !input.Program.Lines.Any(line => line.Operation.Kind == OperationKind.Exit)))
        {
            drawn.Enqueue(input);
            if (drawn.Count > ahead)
                yield return Told(drawn.Dequeue());
        }
        while (drawn.TryDequeue(out var input))
            yield return Told(input);
    }

    public ExecutedRun Execute(Program program, RunRequest request) => machine.Execute(program, request);

    public ReadOnlySpan<int> Unseen() => machine.Unseen();

    public void Features(List<int> into) => machine.Features(into);

    public void Dispose() => machine.Dispose();

    private (FuzzInput Input, ExecutedRun Run) Told(FuzzInput input) => (input, machine.Execute(input.Program, input.Request));
}
