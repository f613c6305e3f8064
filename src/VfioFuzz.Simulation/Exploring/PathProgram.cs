using System.Collections.Immutable;
using System.Numerics;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>
/// A path of a search as a program with its schedule. Operations that start while nothing else can run begin a new line; those that start
/// beside others share a <c>par</c> block with them. The schedule is what the simulator's scheduler is asked for on the same way.
/// </summary>
internal sealed class PathProgram<TDesign>(ExplorationSetup setup, ExploredKernel<TDesign> kernel)
    where TDesign : struct, IDesign
{
    public (Program Program, Schedule Schedule) Of(ImmutableArray<Choice> path)
    {
        kernel.Initial(out _);
        var starts = Starts(path);
        var lines = setup.Prologue.Select(operation => new Line(operation)).ToList();
        var choices = ImmutableArray.CreateBuilder<byte>();
        kernel.Initial(out _);
        var (at, block) = (0, 0);
        while (at < path.Length)
        {
            var end = at + 1;
            while (end < path.Length && !starts.Contains(end))
                end++;
            var together = path[at..end].Where(choice => choice.IsOperation).Select(choice => setup.Menu[choice.Number]).ToList();
            if (together.Count > 1)
                block++;
            lines.AddRange(together.Select(operation => new Line(operation, together.Count > 1 ? (byte)block : (byte)0)));
            Take(path[at..end], together, choices);
            at = end;
        }
        return (new Program(setup.World, [.. lines]), new Schedule(choices.ToImmutable()));
    }

    /// <summary>Places in the path at which an operation starts while nothing can run.</summary>
    private HashSet<int> Starts(ImmutableArray<Choice> path)
    {
        var starts = new HashSet<int>();
        for (var at = 0; at < path.Length; at++)
        {
            if (path[at].IsOperation && kernel.Machine.Runnable() == 0)
                starts.Add(at);
            Take(path[at]);
        }
        return starts;
    }

    private void Take(Choice choice)
    {
        if (choice.IsOperation)
            kernel.Machine.Start(setup.Menu[choice.Number].Task.Value, setup.Prologue.Length + choice.Number);
        else
            kernel.Machine.Advance(choice.Number);
    }

    /// <summary>One line or block: notes the scheduler's answer wherever it has more than one task to choose from.</summary>
    private void Take(ImmutableArray<Choice> path, List<Operation> together, ImmutableArray<byte>.Builder choices)
    {
        var pending = together.Count > 1 ? together.ToList() : [];
        foreach (var choice in path)
        {
            var candidates = kernel.Machine.Runnable();
            foreach (var operation in pending)
            {
                if (kernel.Machine.Readiness(operation.Task.Value) != AnswerKind.Busy)
                    candidates |= 1u << operation.Task.Value;
            }
            var task = choice.IsOperation ? setup.Menu[choice.Number].Task.Value : choice.Number;
            var isAsked = !choice.IsOperation || together.Count > 1;
            if (isAsked && BitOperations.PopCount(candidates) > 1)
                choices.Add((byte)BitOperations.PopCount(candidates & (1u << task) - 1));
            if (choice.IsOperation)
                pending.Remove(setup.Menu[choice.Number]);
            Take(choice);
        }
    }
}
