namespace VfioFuzz.Programs;

/// <summary>
/// Who runs: a user thread (<c>p0.t1</c>) or the kernel worker of a device (<c>d0.w0</c>). User threads are
/// 0..<see cref="Limits.UserTasksMax"/>-1, workers follow.
/// </summary>
public readonly record struct TaskId(byte Value)
{
    public static TaskId Of(int process, int thread) => new((byte)(process * Limits.ThreadsPerProcess + thread));

    public static TaskId WorkerOf(int device) => new((byte)(Limits.UserTasksMax + device));

    public bool IsWorker => Value >= Limits.UserTasksMax;

    /// <summary>The process of a user thread.</summary>
    public int Process => Value / Limits.ThreadsPerProcess;

    /// <summary>The thread's number in its process.</summary>
    public int Thread => Value % Limits.ThreadsPerProcess;

    /// <summary>The device of a worker.</summary>
    public int Device => Value - Limits.UserTasksMax;

    public override string ToString() => IsWorker ? $"d{Device}.w0" : $"p{Process}.t{Thread}";
}

/// <summary>
/// The program place that last wrote a page, as the one byte that is stored at the page's start.
/// 0 is a page never written; 1..64 is line + 1; <see cref="Initial"/> marks what the window held at the start.
/// </summary>
public readonly record struct Tag(byte Value)
{
    public static Tag OfLine(int line) => new((byte)(line + 1));

    /// <summary>
    /// Content of window page <paramref name="page"/> when a process image starts (p0's start, and after exec).
    /// </summary>
    public static Tag Initial(int page) => new((byte)(0xa0 + page));

    public override string ToString() => Value switch
    {
        0 => "zero",
        <= Limits.LinesMax => $"line{Value - 1}",
        >= 0xa0 and < 0xa0 + Limits.WindowPages => $"initial{Value - 0xa0}",
        _ => $"tag{Value}",
    };
}
