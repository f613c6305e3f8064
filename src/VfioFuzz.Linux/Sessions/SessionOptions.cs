namespace VfioFuzz.Linux.Sessions;

/// <summary>The times of a session and what it is told.</summary>
internal sealed record SessionOptions
{
    /// <summary>As <see cref="LinuxTargetOptions.SettleTime"/>.</summary>
    public TimeSpan? SettleTime { get; init; }

    /// <summary>A heartbeat that stands still for so long is a hang.</summary>
    public TimeSpan HangTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A program that takes longer is a hang although the executor lives: 64 blocked lines take two seconds.
    /// </summary>
    public TimeSpan ProgramTime { get; init; } = TimeSpan.FromSeconds(60);

    public IProgress<string>? Progress { get; init; }

    public CancellationToken Cancellation { get; init; }
}
