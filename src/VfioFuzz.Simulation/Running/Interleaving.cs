using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Running;

/// <summary>A run, step by step: what each task did and what the machine was after it.</summary>
/// <param name="Moments">One for each line that was started and each atomic step, in the order of time.</param>
public sealed record Interleaving(ImmutableArray<Moment> Moments);

/// <summary>One atomic step and the machine after it.</summary>
/// <param name="Line">The line that was being run.</param>
/// <param name="Task">Who took the step.</param>
/// <param name="Step">The kernel function and the point in it, or the words of the line that the step starts.</param>
/// <param name="Starts">Whether the step is the beginning of the line.</param>
/// <param name="Answers">Lines that this step answered.</param>
/// <param name="Tasks">Every task that is inside the kernel now.</param>
/// <param name="Mappings">Every mapping: its range, vaddr and whether that is valid, owner, translated or not.</param>
/// <param name="Pins">Every external pin: its iova and who holds records of it.</param>
public sealed record Moment(
    int Line,
    TaskId Task,
    string Step,
    bool Starts,
    ImmutableArray<(int Line, Answer Answer)> Answers,
    ImmutableArray<TaskMoment> Tasks,
    ImmutableArray<string> Mappings,
    ImmutableArray<string> Pins);

/// <summary>Where a task is.</summary>
/// <param name="Task">The task.</param>
/// <param name="Place">The kernel function and the point in it at which its next step begins.</param>
/// <param name="WaitsFor">What must be had before that step, when it cannot be had now; empty when the task can run.</param>
/// <param name="Holder">The task that must move before, where it is one.</param>
/// <param name="Holds">The locks that it holds.</param>
public sealed record TaskMoment(TaskId Task, string Place, string WaitsFor, TaskId? Holder, ImmutableArray<string> Holds);
