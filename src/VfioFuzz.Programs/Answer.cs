namespace VfioFuzz.Programs;

/// <summary>How a line stands when it has settled.</summary>
public enum AnswerKind : byte
{
    /// <summary>Not settled, or not known.</summary>
    None = 0,

    /// <summary>The call returned: errno, and on success its value.</summary>
    Returned = 1,

    /// <summary>The call (or the worker it was submitted to) is asleep and nothing else can run.</summary>
    Blocked = 2,

    /// <summary>The harness's word: the thread is still inside an earlier line's call.</summary>
    Busy = 3,

    /// <summary>The harness's word: the line's process is gone or not yet made, or its slot is taken.</summary>
    NotRun = 4,

    /// <summary>The thread was killed inside the call, which never returns.</summary>
    Killed = 5,
}

/// <summary>
/// What a line answered. <see cref="Value"/> is meaningful only for a return without errno, as its kind says.
/// </summary>
public readonly record struct Answer(AnswerKind Kind, Errno Errno = Errno.None, ulong Value = 0)
{
    public static Answer Ok(ulong value = 0) => new(AnswerKind.Returned, Errno.None, value);

    public static Answer Fails(Errno errno) => new(AnswerKind.Returned, errno);

    public static Answer Blocked => new(AnswerKind.Blocked);

    public static Answer Busy => new(AnswerKind.Busy);

    public static Answer NotRun => new(AnswerKind.NotRun);

    public static Answer Killed => new(AnswerKind.Killed);

    public bool IsOk => Kind == AnswerKind.Returned && Errno == Errno.None;

    public override string ToString() => Kind switch
    {
        AnswerKind.Returned when Errno != Errno.None => Errno.ToString(),
        AnswerKind.Returned => Value == 0 ? "0" : $"0 value=0x{Value:x}",
        AnswerKind.Blocked => "blocked",
        AnswerKind.Busy => "busy",
        AnswerKind.NotRun => "not-run",
        AnswerKind.Killed => "killed",
        _ => "none",
    };
}
