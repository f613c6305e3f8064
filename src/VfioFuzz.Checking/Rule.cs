namespace VfioFuzz.Checking;

/// <summary>How a rule is met by many runs together.</summary>
public enum RuleMode
{
    /// <summary>One run that breaks it is a finding.</summary>
    Always,

    /// <summary>Some run must witness it; a campaign that saw none says so and ends inconclusive.</summary>
    Sometimes,
}

/// <summary>A named statement that runs are judged by.</summary>
/// <param name="Name">As in finding files and on the command line.</param>
/// <param name="Statement">What must hold, in one sentence.</param>
/// <param name="Authority">Where the statement comes from.</param>
/// <param name="Mode">Whether it must always hold or sometimes be seen.</param>
public sealed record Rule(string Name, string Statement, string Authority, RuleMode Mode = RuleMode.Always);
