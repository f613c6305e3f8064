namespace VfioFuzz.Programs;

/// <summary>What a run should do beyond running the lines.</summary>
/// <param name="ScheduleSeed">Seed of the scheduler's choices (simulated targets).</param>
/// <param name="Replay">When not null, the choices to take instead.</param>
/// <param name="Freeze">Whether a run that ends with a blocked task is frozen into each mode.</param>
/// <param name="Policy">How the scheduler chooses by its seed (simulated targets).</param>
/// <param name="GoesOn">Whether the scheduler chooses by its seed where <paramref name="Replay"/> ends, and not the lowest task (simulated targets).</param>
public readonly record struct RunRequest(
    ulong ScheduleSeed, Schedule? Replay = null, bool Freeze = true, SchedulePolicy Policy = default, bool GoesOn = false);

/// <summary>
/// Runs programs and yields histories: a simulated design under a schedule, or a real kernel in a VM. Programs are
/// independent of each other: the target is reset between them.
/// </summary>
public interface ITarget : IDisposable
{
    /// <summary>As on the command line: <c>sim/blocking</c>, <c>linux/6.1</c>.</summary>
    string Name { get; }

    /// <summary>What the target is; real kernels are started to know it.</summary>
    Platform Platform { get; }

    /// <summary>
    /// Runs <paramref name="programs"/> in order and yields the history of each, in order. The history is the target's
    /// own buffer and valid until the next is asked for. A target may draw a few programs ahead of the history it
    /// yields.
    /// </summary>
    IEnumerable<History> Run(IEnumerable<Program> programs, RunRequest request);
}
