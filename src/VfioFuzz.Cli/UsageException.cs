namespace VfioFuzz.Cli;

/// <summary>What the user got wrong: where, what was expected and what to do. Ends the command with exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
