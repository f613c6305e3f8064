namespace VfioFuzz.Cli;

/// <summary>How the command ends.</summary>
internal static class ExitCode
{
    public const int Clean = 0;

    /// <summary>Some rule was broken.</summary>
    public const int Finding = 1;

    /// <summary>The command line, or a file it names, is wrong.</summary>
    public const int Usage = 2;

    /// <summary>A named bound kept it from a verdict.</summary>
    public const int Inconclusive = 3;

    /// <summary>Something needed is missing on this machine; the message says what to do.</summary>
    public const int Skipped = 4;
}
